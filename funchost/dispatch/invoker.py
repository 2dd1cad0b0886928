"""Calls the app's functions through the workers: invocation ids, time limits, and word of it to the log."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from time import perf_counter
from typing import TypeAlias

from funchost.ids import IdSource, as_guid
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
        running = asyncio.ensure_future(self._workers.invoke(invocation))
        try:
            return await asyncio.wait_for(asyncio.shield(running), limit.total_seconds())
        except asyncio.TimeoutError:
            self._on_invocation(
                TimedOut(
                    function_name=invocation.function_name, invocation_id=invocation.invocation_id, limit=limit
                )
            )
            running.add_done_callback(lambda future: future.cancelled() or future.exception())
            await self._workers.abandon(invocation.invocation_id)
            running.cancel()  # where it still waited for a worker: it must not run any more
            return Failed(
                error_type="FunctionTimeoutException",
                message=(
                    f"Timeout value of {limit} exceeded by function: {invocation.function_name} "
                    f"(Id: '{invocation.invocation_id}'). Initiating cancellation."
                ),
                stack="",
            )
        except asyncio.CancelledError:
            running.cancel()
            raise
