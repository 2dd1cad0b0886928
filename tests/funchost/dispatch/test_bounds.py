"""What waits in memory is bounded, and who fills it waits."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any

import azure.durable_functions as df
import pytest

from funchost.dispatch import outbox as outbox_module
from funchost.dispatch import timers as timers_module
from funchost.dispatch.outbox import Outbox
from funchost.dispatch.timers import Timers
from funchost.store.base import Change
from tests.funchost.dispatch.conftest import START, ManualClock, ScriptedApp, running_hub


class _SlowStore:
    """Keeps nothing until it is told to."""

    def __init__(self) -> None:
        self.waiting: list[asyncio.Future[None]] = []

    def commit(self, change: Change, *, urgent: bool = True) -> asyncio.Future[None]:
        kept: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.waiting.append(kept)
        return kept


def make_outbox(store: Any) -> Outbox:
    return Outbox(
        store,
        on_instance=lambda record: None,
        on_message=lambda message: None,
        on_task=lambda task: None,
        on_failure=lambda error: None,
    )


def test_there_is_room_again_once_the_disk_has_caught_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(outbox_module, "MOST_IN_FLIGHT", 2)

    async def scenario() -> None:
        store = _SlowStore()
        outbox = make_outbox(store)
        outbox.publish_soon(Change())
        await asyncio.wait_for(outbox.room(), 1)
        outbox.publish_soon(Change())
        waiting = asyncio.ensure_future(outbox.room())
        await asyncio.sleep(0)
        assert not waiting.done()
        store.waiting[0].set_result(None)
        await asyncio.wait_for(waiting, 1)

    asyncio.run(scenario())


def test_a_fan_out_wider_than_what_may_wait_for_the_disk_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(outbox_module, "MOST_IN_FLIGHT", 3)
    app = ScriptedApp()

    @app.activity
    def double(number: int) -> int:
        return 2 * number

    @app.orchestrator
    def fan_out(context: df.DurableOrchestrationContext) -> Any:
        results = yield context.task_all([context.call_activity("double", number) for number in range(50)])
        return sum(results)

    async def scenario() -> None:
        async with running_hub(app) as hub:
            await hub.start("fan_out", instance_id="i")
            await hub.settle()
            assert await hub.output("i") == 2450

    asyncio.run(scenario())


def test_timers_that_were_cancelled_are_forgotten_long_before_they_are_due() -> None:
    timers: Timers[int] = Timers(ManualClock(), on_due=lambda key: None)
    timers.set(-1, START + timedelta(days=1))
    for number in range(10_000):
        timers.set(number, START + timedelta(days=3))
        timers.cancel(number)
    assert len(timers._heap) <= timers_module.FEWEST_TO_CLEAR + 3
    assert timers.next_due == START + timedelta(days=1)
