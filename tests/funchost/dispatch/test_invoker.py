"""One call of user code: word of it to the log, and its time limit."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any

import pytest

from funchost.app.index import AppIndex
from funchost.dispatch.invoker import Executed, Executing, Invoker, TimedOut
from funchost.ids import RandomIds
from funchost.worker.contract import Failed, Invocation, InvocationResult, Succeeded, WorkerLost

SOON = timedelta(milliseconds=20)


class HangingWorkers:
    """Functions never return; ``abandon`` ends the process of one that runs, where ``holds`` says there is one."""

    def __init__(self, *, holds: bool) -> None:
        self.holds = holds
        self.abandoned: list[str] = []
        self.was_cancelled = False
        self.answer: asyncio.Future[InvocationResult] | None = None

    async def start(self) -> AppIndex:
        raise AssertionError("not started in these tests")

    async def stop(self) -> None:
        pass

    async def invoke(self, invocation: Invocation) -> InvocationResult:
        self.answer = asyncio.get_running_loop().create_future()
        try:
            return await self.answer
        except asyncio.CancelledError:
            self.was_cancelled = True
            raise

    async def abandon(self, invocation_id: str) -> None:
        self.abandoned.append(invocation_id)
        if self.holds and self.answer is not None:
            self.answer.set_exception(WorkerLost("killed"))


async def invoke(workers: Any, limit: timedelta | None) -> tuple[InvocationResult, list[Any]]:
    events: list[Any] = []
    invoker = Invoker(workers, RandomIds(), on_invocation=events.append, function_timeout=limit)
    result = await invoker.invoke("slow", "null")
    # Whoever called goes on undisturbed.
    await asyncio.sleep(0)
    return result, events


@pytest.mark.parametrize("holds", [True, False], ids=["in a worker", "waiting for a worker"])
def test_a_function_that_runs_out_of_time_fails_with_the_host_s_text(holds: bool) -> None:
    workers = HangingWorkers(holds=holds)
    result, events = asyncio.run(invoke(workers, SOON))
    assert isinstance(result, Failed)
    assert result.error_type == "FunctionTimeoutException"
    assert result.message == "Timeout value of 00:00:00.0200000 was exceeded by function: Functions.slow"
    assert [type(event) for event in events] == [Executing, TimedOut, Executed]
    assert workers.abandoned == [events[0].invocation_id]
    assert workers.was_cancelled is not holds


def test_a_function_that_ends_in_time_is_left_alone() -> None:
    class Quick(HangingWorkers):
        async def invoke(self, invocation: Invocation) -> InvocationResult:
            return Succeeded(value="1")

    workers = Quick(holds=True)
    result, events = asyncio.run(invoke(workers, SOON))
    assert result == Succeeded(value="1")
    assert [type(event) for event in events] == [Executing, Executed]
    assert workers.abandoned == []


def test_a_worker_that_dies_by_itself_is_not_a_timeout() -> None:
    class Dying(HangingWorkers):
        async def invoke(self, invocation: Invocation) -> InvocationResult:
            raise WorkerLost("gone")

    with pytest.raises(WorkerLost, match="gone"):
        asyncio.run(invoke(Dying(holds=True), SOON))


def test_a_host_that_stops_cancels_what_it_waits_for() -> None:
    async def stop_while_running() -> HangingWorkers:
        workers = HangingWorkers(holds=True)
        running = asyncio.ensure_future(invoke(workers, timedelta(hours=1)))
        await asyncio.sleep(0)
        running.cancel()
        with pytest.raises(asyncio.CancelledError):
            await running
        return workers

    workers = asyncio.run(stop_while_running())
    assert workers.was_cancelled
    assert workers.abandoned == []
