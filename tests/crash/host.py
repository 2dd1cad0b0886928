"""``python -m tests.crash.host``: funchost's own host, put together as ever, with something waiting to kill it.

Nothing in funchost knows of this: the places where a kill may come are wrapped here, in the test's process.

Each kill is written to the file of ``--marks`` just before it happens, one line per point.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import itertools
import os
import signal
import sqlite3
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from starlette.types import ASGIApp, Message, Receive, Scope, Send

import funchost.host
from funchost.errors import FuncHostError
from funchost.host import HostOptions
from funchost.store import group
from funchost.worker.contract import Invocation, InvocationResult
from funchost.worker.process import ProcessWorkers
from tests.crash.points import Kind, Point


class Fate:
    """Counts the moments of each kind, and kills when one of them has come."""

    def __init__(self, points: list[Point], marks: Path) -> None:
        self._awaited = sorted(points, key=lambda point: point.number)
        self._marks = os.open(marks, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o644)

    def has_come(self, kind: Kind, number: int) -> bool:
        """Whether a point of this kind is due: at its number, or later where its own moment was missed."""
        for point in self._awaited:
            if point.kind is kind and point.number <= number:
                self._awaited.remove(point)
                return True
        return False

    def mark(self, kind: Kind) -> None:
        """Write a point down; what is written to a file outlives its writer."""
        os.write(self._marks, f"{kind.name}\n".encode())

    def strike(self, kind: Kind) -> None:
        """Kill this process and its workers, or this process alone."""
        self.mark(kind)
        if kind is Kind.HOST_ONLY:
            os.kill(os.getpid(), signal.SIGKILL)
        os.killpg(0, signal.SIGKILL)


def wrap_commits(fate: Fate) -> None:
    """Kill around the transaction of a group of changes; "within" is when all is written but COMMIT."""
    real_write, real_flush, numbers = group.write, group.flush, itertools.count(1)
    number = 0

    def write(connection: sqlite3.Connection, plans: Any) -> None:
        nonlocal number
        number = next(numbers)
        if fate.has_come(Kind.COMMIT_BEFORE, number):
            fate.strike(Kind.COMMIT_BEFORE)
        real_write(connection, plans)
        if fate.has_come(Kind.COMMIT_DURING, number):
            fate.strike(Kind.COMMIT_DURING)

    def flush(connection: sqlite3.Connection) -> float:
        seconds = real_flush(connection)
        for kind in (Kind.COMMIT_AFTER, Kind.HOST_ONLY):
            if fate.has_come(kind, number):
                fate.strike(kind)
        return seconds

    group.write, group.flush = write, flush


def wrap_invocations(fate: Fate) -> None:
    """Kill once a worker has an invocation, or once its result is there and nothing is decided on it."""
    real, numbers = ProcessWorkers.invoke, itertools.count(1)

    async def invoke(self: ProcessWorkers, invocation: Invocation, **options: Any) -> InvocationResult:
        number = next(numbers)
        running = asyncio.ensure_future(real(self, invocation, **options))
        if fate.has_come(Kind.INVOCATION_BEGUN, number):
            await asyncio.sleep(0)  # the invocation is on its way to a worker
            fate.strike(Kind.INVOCATION_BEGUN)
        if self.process_ids and fate.has_come(Kind.WORKER, number):
            worker = self.process_ids[0]
            await asyncio.sleep(0)
            with contextlib.suppress(ProcessLookupError):  # it is dead by now: an earlier point's work
                os.kill(worker, signal.SIGKILL)
                fate.mark(Kind.WORKER)
        result = await running
        if fate.has_come(Kind.INVOCATION_ENDED, number):
            fate.strike(Kind.INVOCATION_ENDED)
        return result

    ProcessWorkers.invoke = invoke  # type: ignore[method-assign]


def wrap_requests(fate: Fate) -> None:
    """Kill where the answer to a request that changes something is ready, or has been sent."""
    numbers = itertools.count(1)
    for name in ("public_application", "rpc_application"):
        make = getattr(funchost.host, name)

        def wrapped(make: Any = make, **parts: Any) -> ASGIApp:
            return _watched(make(**parts), fate, numbers)

        setattr(funchost.host, name, wrapped)


def _watched(app: ASGIApp, fate: Fate, numbers: Iterator[int]) -> ASGIApp:
    async def watched(scope: Scope, receive: Receive, send: Send) -> None:
        if scope.get("method") == "GET":
            await app(scope, receive, send)
            return
        number = next(numbers)

        async def watched_send(message: Message) -> None:
            if message["type"] == "http.response.start" and fate.has_come(Kind.REQUEST_DECIDED, number):
                fate.strike(Kind.REQUEST_DECIDED)
            await send(message)  # the server hands it to the kernel before it returns
            is_last = message["type"] == "http.response.body" and not message.get("more_body", False)
            if is_last and fate.has_come(Kind.REQUEST_ACKNOWLEDGED, number):
                fate.strike(Kind.REQUEST_ACKNOWLEDGED)

        await app(scope, receive, watched_send)

    return watched


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.crash.host", description=__doc__)
    parser.add_argument("--app", type=Path, required=True)
    parser.add_argument("--state", type=Path, required=True)
    parser.add_argument("--marks", type=Path, required=True)
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--workers", type=int, default=1)
    parser.add_argument("points", nargs="*", type=Point.parse, help="such as COMMIT_AFTER:12")
    given = parser.parse_args()
    fate = Fate(given.points, given.marks)
    wrap_commits(fate)
    wrap_invocations(fate)
    wrap_requests(fate)
    options = HostOptions(
        script_root=given.app, state=given.state, port=given.port, workers=given.workers, python=sys.executable
    )
    try:
        asyncio.run(funchost.host.run(options, os.environ))
    except FuncHostError as error:
        sys.exit(str(error))


if __name__ == "__main__":
    main()
