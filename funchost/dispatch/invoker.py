"""Calls the app's functions through the workers: invocation ids, time limits, and word of it to the log."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from time import perf_counter
from typing import TypeAlias

from funchost.ids import IdSource, as_guid
from funchost.wire.timestamps import format_time_span
from funchost.worker.contract import (
    Failed,
    Invocation,
    InvocationResult,
    Session,
    TriggerValue,
    WorkerLost,
    Workers,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Executing:
    """A function is about to run. ``reason`` is the host's word for why."""

    function_name: str
    invocation_id: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Executed:
    """A function has run. ``failure`` is None where it succeeded."""

    function_name: str
    invocation_id: str
    duration_ms: float
    failure: Failed | None


@dataclass(frozen=True, slots=True, kw_only=True)
class TimedOut:
    """A function ran longer than ``functionTimeout``; its worker process is restarted."""

    function_name: str
    invocation_id: str
    limit: timedelta


TIMEOUT_ERROR = "FunctionTimeoutException"
"""The type of the failure of a function that ran out of time; all others are Python's."""

InvocationEvent: TypeAlias = Executing | Executed | TimedOut
OnInvocation: TypeAlias = Callable[[InvocationEvent], None]


def poison_text(kind: str, times: int) -> str:
    """Why that is given up which no worker survives; ``kind`` is orchestrator, activity or operation."""
    return (
        f"the worker process died each of the {times} times this {kind} ran. Look for a crash in native code, "
        "os._exit, or a process killed for lack of memory."
    )


class Invoker:
    """The one way from the host to user code."""

    def __init__(
        self,
        workers: Workers,
        ids: IdSource,
        *,
        on_invocation: OnInvocation,
        function_timeout: timedelta | None,
    ) -> None:
        self._workers = workers
        self._ids = ids
        self._on_invocation = on_invocation
        self._function_timeout = function_timeout

    async def invoke(
        self,
        function_name: str,
        trigger: TriggerValue,
        *,
        reason: str = "(null)",
        inputs: Mapping[str, str] | None = None,
        session: Session | None = None,
        alone: bool = False,
    ) -> InvocationResult:
        """Run one function to its end, its failure or its time limit. Raises WorkerLost."""
        invocation_id = as_guid(self._ids.next())
        self._on_invocation(Executing(function_name=function_name, invocation_id=invocation_id, reason=reason))
        began = perf_counter()
        failure: Failed | None = None
        try:
            result = await self._run(
                Invocation(
                    invocation_id=invocation_id,
                    function_name=function_name,
                    trigger=trigger,
                    inputs=inputs or {},
                    session=session,
                    alone=alone,
                )
            )
            failure = result if isinstance(result, Failed) else None
            return result
        except WorkerLost as lost:
            failure = Failed(error_type="WorkerLost", message=str(lost), stack="")
            raise
        finally:
            self._on_invocation(
                Executed(
                    function_name=function_name,
                    invocation_id=invocation_id,
                    duration_ms=(perf_counter() - began) * 1000,
                    failure=failure,
                )
            )

    async def _run(self, invocation: Invocation) -> InvocationResult:
        limit = self._function_timeout
        if limit is None:
            return await self._workers.invoke(invocation)
        watch = _Watch(self._workers, invocation, limit, self._on_invocation)
        # A timer and no task of its own: most invocations end in well under a millisecond.
        timer = asyncio.get_running_loop().call_later(limit.total_seconds(), watch.time_out)
        try:
            return await self._workers.invoke(invocation)
        except (WorkerLost, asyncio.CancelledError):
            if not watch.has_timed_out:
                raise
            return await watch.failure()
        finally:
            timer.cancel()


class _Watch:
    """Ends an invocation that runs out of time, and its worker process with it."""

    def __init__(
        self, workers: Workers, invocation: Invocation, limit: timedelta, on_invocation: OnInvocation
    ) -> None:
        self._workers = workers
        self._invocation = invocation
        self._limit = limit
        self._on_invocation = on_invocation
        self._waiting = asyncio.current_task()
        self._ending: asyncio.Task[None] | None = None
        self._is_over = False

    @property
    def has_timed_out(self) -> bool:
        return self._ending is not None

    def time_out(self) -> None:
        name, invocation_id = self._invocation.function_name, self._invocation.invocation_id
        self._on_invocation(TimedOut(function_name=name, invocation_id=invocation_id, limit=self._limit))
        self._ending = asyncio.ensure_future(self._end())

    async def _end(self) -> None:
        await self._workers.abandon(self._invocation.invocation_id)
        await asyncio.sleep(0)  # now it hears of the death of its worker, where it had one
        if self._waiting is not None and not self._is_over:
            self._waiting.cancel()  # it still waited for a worker, and must not run any more

    async def failure(self) -> Failed:
        """What the invocation has come to; once its process has ended."""
        assert self._ending is not None
        was_cancelled, self._is_over = self._ending.done(), True
        await self._ending
        uncancel = getattr(self._waiting, "uncancel", None)
        if was_cancelled and uncancel is not None:  # Python 3.11 and later count
            uncancel()
        return Failed(
            error_type=TIMEOUT_ERROR,
            message=(
                f"Timeout value of {format_time_span(self._limit)} was exceeded by function: "
                f"Functions.{self._invocation.function_name}"
            ),
            stack="",
        )
