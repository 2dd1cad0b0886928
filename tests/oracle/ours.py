"""An app indexed and invoked by funchost's worker, told in the form in which ``microsoft`` tells it."""

from __future__ import annotations

import asyncio
import threading
from http.cookies import SimpleCookie
from pathlib import Path
from typing import Any

from funchost.app.loader import load_app
from funchost.worker.contract import Failed, HttpResponseData, Invocation, InvocationResult
from funchost.worker.functions import FunctionRunner
from tests.oracle.calls import Call


class Worker:
    """Knows the functions of the app in ``root``, which is on ``sys.path``."""

    def __init__(self, root: Path) -> None:
        self._app = load_app(root)
        self.refused = {p.function_name: p.message for p in self._app.index.problems}
        self.functions = {
            name: {
                "bindings": sorted(
                    (
                        {"name": b.name, "type": b.type, "direction": b.direction, **b.properties}
                        for b in loaded.info.bindings
                    ),
                    key=lambda binding: str(binding["name"]),
                ),
                "inputs": {n: p.converter for n, p in sorted(loaded.signature.inputs.items())},
                "outputs": {n: p.converter for n, p in sorted(loaded.signature.outputs.items())},
                "returns": loaded.signature.returns.converter if loaded.signature.returns else None,
                "context": loaded.signature.wants_context,
                "directory": loaded.info.directory,
            }
            for name, loaded in self._app.functions.items()
        }

    def invoke(self, call: Call) -> dict[str, Any]:
        """The outcome of a call."""
        loop = asyncio.new_event_loop()
        thread = threading.Thread(target=loop.run_forever, daemon=True)
        thread.start()
        runner = FunctionRunner(self._app, loop, threads=1)
        ended = threading.Event()
        results: list[InvocationResult] = []

        def done(result: InvocationResult) -> None:
            results.append(result)
            ended.set()

        runner.start(
            Invocation(
                invocation_id="an-invocation",
                function_name=call.function,
                trigger=call.trigger,
                inputs=call.inputs,
            ),
            done,
        )
        ended.wait()
        loop.call_soon_threadsafe(runner.close)
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        return _outcome(results[0])


def _outcome(result: InvocationResult) -> dict[str, Any]:
    if isinstance(result, Failed):
        return {"failed": result.text}
    return shown(result.value) if isinstance(result.value, HttpResponseData) else {"text": result.value}


def shown(response: HttpResponseData) -> dict[str, Any]:
    """A response, its cookies taken apart, its body as hexadecimal digits."""
    jar: SimpleCookie = SimpleCookie()
    for name, text in response.headers:
        if name.lower() == "set-cookie":
            jar.load(text)
    return {
        "status": response.status_code,
        "headers": {name.lower(): text for name, text in response.headers if name.lower() != "set-cookie"},
        "cookies": [[cookie.key, cookie.value] for cookie in jar.values()],
        "body": response.body.hex(),
    }
