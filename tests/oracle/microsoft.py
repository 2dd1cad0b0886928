"""An app indexed and invoked by Microsoft's own worker code."""

from __future__ import annotations

import asyncio
import json
import os
import uuid
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

from funchost.app.model_v1 import script_of
from funchost.worker.contract import HttpRequestData, TriggerValue
from funchost.worker.http_values import NO_CONTENT, request_parts, response_from_text
from tests.oracle import messages
from tests.oracle.calls import Call
from tests.oracle.ours import shown


class Worker:
    """Knows the functions of the app in ``root``, which is on ``sys.path``."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.functions: dict[str, dict[str, Any]] = {}
        self.refused: dict[str, str] = {}
        script = os.environ.get("PYTHON_SCRIPT_FILE_NAME") or "function_app.py"
        self._triggers: dict[str, Any] = {}
        if (root / script).is_file():
            self._package = self._v2(script)
        else:
            self._package = self._v1()

    def _v2(self, script: str) -> ModuleType:
        import azure_functions_runtime.handle_event as package
        from azure_functions_runtime.bindings.meta import load_binding_registry
        from azure_functions_runtime.loader import index_function_app

        load_binding_registry()
        for function in index_function_app(str(self.root / script)):
            name = function.get_function_name()
            try:
                info = package._functions.add_indexed_function(function=function, protos=messages)
            except Exception as problem:
                self.refused[name] = _text(problem)
            else:
                self._know(info, function.get_trigger(), [json.loads(raw) for raw in function.get_raw_bindings()])
        return package

    def _v1(self) -> ModuleType:
        import azure_functions_runtime_v1.handle_event as package
        from azure_functions_runtime_v1.bindings.meta import load_binding_registry
        from azure_functions_runtime_v1.loader import install, load_function

        load_binding_registry()
        install()
        for definition in sorted(self.root.glob("*/function.json")):
            folder, name = definition.parent, definition.parent.name
            try:
                fields = json.loads(definition.read_text())
                script = script_of(folder, fields.get("scriptFile"))  # which file it is, the host says
                function = load_function(name, str(folder), str(script), fields.get("entryPoint"))
                bindings = {
                    b["name"]: messages.BindingInfo(
                        type=b["type"], data_type=0, direction=messages.DIRECTIONS[b.get("direction", "in")]
                    )
                    for b in fields["bindings"]
                }
                metadata = SimpleNamespace(name=name, directory=str(folder), bindings=bindings)
                identity = str(uuid.uuid5(uuid.NAMESPACE_OID, name))
                package._functions.add_function(identity, function, metadata, messages)
            except Exception as problem:
                self.refused[name] = _text(problem)
            else:
                trigger = next(b for b in fields["bindings"] if b["type"].lower().endswith("trigger"))
                self._know(
                    package._functions.get_function(identity), SimpleNamespace(**trigger), fields["bindings"]
                )
        return package

    def _know(self, info: Any, trigger: Any, bindings: list[dict[str, Any]]) -> None:
        self._triggers[info.name] = trigger
        self.functions[info.name] = {
            "bindings": sorted(
                ({**binding, "direction": binding.get("direction", "in").lower()} for binding in bindings),
                key=lambda binding: str(binding["name"]),
            ),
            "inputs": {name: kind.binding_name for name, kind in sorted(info.input_types.items())},
            "outputs": {name: kind.binding_name for name, kind in sorted(info.output_types.items())},
            "returns": info.return_type.binding_name if info.has_return else None,
            "context": info.requires_context,
            "directory": info.directory,
        }

    def invoke(self, call: Call) -> dict[str, Any]:
        """The outcome of a call, in the form that ``ours.Worker.invoke`` has too."""
        trigger = self._triggers[call.function]
        inputs = [(trigger.name, _typed(trigger.type, call.trigger))]
        inputs += [(name, messages.TypedData(string=text)) for name, text in call.inputs.items()]
        self._package.protos = messages
        request = SimpleNamespace(
            invocation_id="an-invocation",
            function_id=str(uuid.uuid5(uuid.NAMESPACE_OID, call.function)),
            input_data=[messages.ParameterBinding(name=name, data=data) for name, data in inputs],
            **messages.no_trace(),
        )
        asked = SimpleNamespace(request=SimpleNamespace(invocation_request=request))
        answer = asyncio.run(self._package.invocation_request(asked))
        if answer.result.status == messages.StatusResult.Failure:
            return {"failed": answer.result.exception.message}
        values = [answer.return_value, *(binding.data for binding in answer.output_data)]
        value = next((value for value in values if value is not None), None)
        if trigger.type == "httpTrigger" and not hasattr(value, "http"):
            # What the host, not the worker, makes of a text or of nothing.
            return shown(NO_CONTENT if value is None else response_from_text(value.string))
        return _outcome(value)


def _text(problem: Exception) -> str:
    """The text of an exception, put together where it was left as a template and what to put in."""
    template, *values = problem.args or ("",)
    return str(template) % tuple(values) if values else str(problem)


def _typed(trigger_type: str, value: TriggerValue) -> messages.TypedData:
    if isinstance(value, HttpRequestData):
        parts = request_parts(value)
        parts["body"] = messages.TypedData(bytes=parts["body"])
        return messages.TypedData(http=SimpleNamespace(**parts))
    return messages.TypedData(**{"json" if trigger_type == "timerTrigger" else "string": value})


def _outcome(value: messages.TypedData | None) -> dict[str, Any]:
    if value is None:
        return {"text": None}
    if (http := getattr(value, "http", None)) is None:
        (text,) = vars(value).values()
        return {"text": text}
    (body,) = vars(http.body).values()
    return {
        "status": int(http.status_code),
        "headers": {name.lower(): text for name, text in http.headers.items()},
        "cookies": [[cookie.name, cookie.value] for cookie in http.cookies or ()],
        "body": body.hex(),
    }
