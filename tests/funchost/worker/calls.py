"""Helpers to call the functions of the apps in ``tests/apps``."""

from __future__ import annotations

import asyncio
import itertools
import json
import os
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from funchost.app.environment import WorkerEnvironment, choose_environment
from funchost.app.index import AppIndex
from funchost.worker.contract import (
    Failed,
    HttpRequestData,
    HttpResponseData,
    Invocation,
    InvocationResult,
    LogLine,
    Succeeded,
    TriggerValue,
    Workers,
)
from funchost.worker.in_process import InProcessWorkers
from funchost.worker.process import ProcessWorkers

APPS = Path(__file__).parents[2] / "apps"
CLIENT = json.dumps(
    {
        "taskHubName": "TheHub",
        "creationUrls": {},
        "managementUrls": {"id": "INSTANCEID", "statusQueryGetUri": "http://localhost:7071/instances/INSTANCEID"},
        "rpcBaseUrl": "http://127.0.0.1:17071/durabletask/",
    }
)
_numbers = itertools.count(1)


def request(
    url: str = "http://localhost:7071/api/x", method: str = "GET", body: bytes = b"", **headers: str
) -> HttpRequestData:
    return HttpRequestData(
        method=method,
        url=url,
        headers=tuple((name.replace("_", "-"), value) for name, value in headers.items()),
        route_params={},
        body=body,
    )


def invocation(name: str, trigger: TriggerValue, **inputs: str) -> Invocation:
    return Invocation(
        invocation_id=f"invocation-{next(_numbers)}", function_name=name, trigger=trigger, inputs=inputs
    )


async def call(workers: Workers, name: str, trigger: TriggerValue, **inputs: str) -> InvocationResult:
    return await workers.invoke(invocation(name, trigger, **inputs))


async def text(workers: Workers, name: str, trigger: TriggerValue, **inputs: str) -> str:
    """What a durable function returned, or the body of an HTTP function's response."""
    result = await call(workers, name, trigger, **inputs)
    assert isinstance(result, Succeeded), result
    if isinstance(result.value, HttpResponseData):
        return result.value.body.decode()
    assert isinstance(result.value, str)
    return result.value


async def failure(workers: Workers, name: str, trigger: TriggerValue, **inputs: str) -> Failed:
    result = await call(workers, name, trigger, **inputs)
    assert isinstance(result, Failed), result
    return result


def environment(interpreter: str = sys.executable) -> WorkerEnvironment:
    return choose_environment(APPS / "worker_basic", dict(os.environ), python=interpreter)


class Log(list[LogLine]):
    """Collects lines, and lets a test wait for one."""

    def messages(self) -> list[str]:
        return [line.message for line in self]

    async def wait_for(self, wanted: Callable[[LogLine], bool], timeout: float = 30) -> LogLine:
        await until(lambda: any(map(wanted, self)), timeout)
        return next(filter(wanted, self))


@asynccontextmanager
async def processes(
    app: str | Path = "worker_basic", log: Log | None = None, **options: Any
) -> AsyncIterator[tuple[ProcessWorkers, AppIndex]]:
    """An app of ``tests/apps`` in worker processes, and its index."""
    settings = options.pop("settings", {})
    workers = ProcessWorkers(
        APPS / app,
        options.pop("environment", None) or environment(),
        settings={**os.environ, **settings},
        on_log=log.append if log is not None else lambda line: None,
        **options,
    )
    try:
        yield workers, await workers.start()
    finally:
        await workers.stop()


@asynccontextmanager
async def in_process(
    app: str | Path = "worker_basic", log: Log | None = None, **settings: str
) -> AsyncIterator[tuple[InProcessWorkers, AppIndex]]:
    """An app of ``tests/apps`` in this process, and its index."""
    workers = InProcessWorkers(
        APPS / app, settings=settings, on_log=log.append if log is not None else lambda line: None
    )
    try:
        yield workers, await workers.start()
    finally:
        await workers.stop()


async def until(condition: Callable[[], object], timeout: float = 30) -> None:
    """Wait until a condition holds that nothing announces: a file, the end of a process."""

    async def look() -> None:
        while not condition():  # noqa: ASYNC110 - there is no event to wait for
            await asyncio.sleep(0.005)

    await asyncio.wait_for(look(), timeout)


async def appears(path: Path) -> str:
    """Wait for a file with something in it; give that."""
    await until(lambda: path.exists() and path.read_text())
    return await asyncio.to_thread(path.read_text)
