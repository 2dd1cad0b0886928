"""Calls the app's functions through the workers: invocation ids, time limits, and word of it to the log."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from time import perf_counter
from typing import Any, TypeAlias

from funchost.ids import IdSource, as_guid
from funchost.prompt import PromptFuture
from funchost.record import record
from funchost.wire.timestamps import format_time_span
from funchost.worker.contract import (
    Failed,
    Following,
    Invocation,
    InvocationResult,
    Session,
    TriggerValue,
    WorkerLost,
    Workers,
)


@record
class UnderWay:
    """An episode that a worker has gone on with by itself, after the activity that it ``following`` waited for.

    ``message_id`` is of the message with the activity's result, ``at`` the time that the worker gave the episode.
    """

    following: Following
    message_id: int
    at: datetime
    answer: Awaitable[InvocationResult]


@record
class Executing:
    """A function is about to run. ``reason`` is the host's word for why."""

    function_name: str
    invocation_id: str
    reason: str


@record
class Executed:
    """A function has run. ``failure`` is None where it succeeded."""

    function_name: str
    invocation_id: str
    duration_ms: float
    failure: Failed | None


@record
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
        self._watches: dict[str, _Watch] = {}
        self._timer: asyncio.TimerHandle | None = None

    def new_id(self) -> str:
        """An invocation's id."""
        return as_guid(self._ids.next())

    def invoke(
        self,
        function_name: str,
        trigger: TriggerValue,
        *,
        reason: str = "(null)",
        inputs: Mapping[str, str] | None = None,
        session: Session | None = None,
        alone: bool = False,
        following: Following | None = None,
    ) -> Awaitable[InvocationResult]:
        """Run one function to its end, its failure or its time limit. Raises WorkerLost."""
        invocation = Invocation(
            invocation_id=self.new_id(),
            function_name=function_name,
            trigger=trigger,
            inputs=inputs or {},
            session=session,
            alone=alone,
            following=following,
        )
        return self._attend(function_name, invocation.invocation_id, reason, invocation)

    def wait_for(self, under_way: UnderWay) -> Awaitable[InvocationResult]:
        """The end of an episode that is in a worker already. Raises WorkerLost."""
        following = under_way.following
        return self._attend(following.function_name, following.invocation_id, "(null)", under_way.answer)

    async def _attend(
        self,
        function_name: str,
        invocation_id: str,
        reason: str,
        work: Invocation | Awaitable[InvocationResult],
    ) -> InvocationResult:
        """Call a worker, or wait for what it does already, for no longer than the limit; and say so."""
        self._on_invocation(Executing(function_name=function_name, invocation_id=invocation_id, reason=reason))
        began = perf_counter()
        answer = self._workers.invoke(work) if isinstance(work, Invocation) else work
        watch: _Watch | None = None
        if (limit := self._function_timeout) is not None:
            # A process that is ended answers; who still waits for one is cancelled instead.
            waiting = None if isinstance(answer, PromptFuture) else asyncio.current_task()
            watch = self._watches[invocation_id] = _Watch(
                function_name, invocation_id, limit, began + limit.total_seconds(), waiting
            )
            if self._timer is None:
                self._set_timer(watch)
        try:
            result = await answer
        except (WorkerLost, asyncio.CancelledError) as error:
            if watch is None or not watch.has_timed_out:
                if isinstance(error, WorkerLost):  # else the host is stopping, and nobody knows how it ends
                    lost = Failed(error_type="WorkerLost", message=str(error), stack="")
                    self._say_executed(function_name, invocation_id, began, lost)
                raise
            result = await self._timed_out(watch)
        finally:
            self._watches.pop(invocation_id, None)
        self._say_executed(function_name, invocation_id, began, result if isinstance(result, Failed) else None)
        return result

    def _say_executed(self, function_name: str, invocation_id: str, began: float, failure: Failed | None) -> None:
        self._on_invocation(
            Executed(
                function_name=function_name,
                invocation_id=invocation_id,
                duration_ms=(perf_counter() - began) * 1000,
                failure=failure,
            )
        )

    # -- Time limits ----------------------------------------------------------------------------------------

    def _set_timer(self, first: _Watch) -> None:
        """One timer for all, as most invocations end in well under a millisecond."""
        self._timer = asyncio.get_running_loop().call_later(first.ends - perf_counter(), self._time_out)

    def _time_out(self) -> None:
        """End the invocations whose time is over; then wait for the next, if any runs.

        All have the same limit, so they are in the order in which their times end.
        """
        self._timer = None
        for watch in tuple(self._watches.values()):
            if watch.ends > perf_counter():
                self._set_timer(watch)
                return
            if not watch.has_timed_out:
                self._on_invocation(
                    TimedOut(
                        function_name=watch.function_name, invocation_id=watch.invocation_id, limit=watch.limit
                    )
                )
                watch.ending = asyncio.ensure_future(self._end(watch))

    async def _end(self, watch: _Watch) -> None:
        """End an invocation, and its worker process with it."""
        await self._workers.abandon(watch.invocation_id)
        await asyncio.sleep(0)  # now it hears of the death of its worker, where it had one
        if watch.waiting is not None and not watch.is_over:
            watch.waiting.cancel()  # it still waited for a worker, and must not run any more

    async def _timed_out(self, watch: _Watch) -> Failed:
        """What an invocation has come to whose time was over; once its process has ended."""
        assert watch.ending is not None
        was_cancelled, watch.is_over = watch.ending.done(), True
        await watch.ending
        uncancel = getattr(watch.waiting, "uncancel", None)
        if was_cancelled and uncancel is not None:  # Python 3.11 and later count
            uncancel()
        return Failed(
            error_type=TIMEOUT_ERROR,
            message=(
                f"Timeout value of {format_time_span(watch.limit)} was exceeded by function: "
                f"Functions.{watch.function_name}"
            ),
            stack="",
        )


@dataclass(slots=True)
class _Watch:
    """An invocation whose time ``ends``, by ``perf_counter``; ``waiting`` is its task, if it may have no worker."""

    function_name: str
    invocation_id: str
    limit: timedelta
    ends: float
    waiting: asyncio.Task[Any] | None
    ending: asyncio.Task[None] | None = None
    is_over: bool = False

    @property
    def has_timed_out(self) -> bool:
        return self.ending is not None
