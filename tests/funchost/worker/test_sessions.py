"""Orchestrators are kept alive while they may be fed again, and no longer."""

from __future__ import annotations

import asyncio
from typing import Any

import azure.durable_functions as df

from funchost.dispatch.settings import HubSettings
from funchost.worker.sessions import IDLE_SECONDS, Sessions
from tests.funchost.dispatch.conftest import RunningHub, ScriptedApp, running_hub


def make_app(sessions: Sessions) -> ScriptedApp:
    app = ScriptedApp(sessions=sessions)

    @app.orchestrator
    def waits_twice(context: df.DurableOrchestrationContext) -> Any:
        first = yield context.wait_for_external_event("go")
        return [first, (yield context.wait_for_external_event("go"))]

    return app


async def go(hub: RunningHub, instance_id: str) -> None:
    await hub.hub.raise_event(instance_id, "go", '"went"')
    await hub.settle()


def test_an_orchestrator_that_has_returned_is_let_go() -> None:
    sessions = Sessions()

    async def scenario() -> None:
        settings = HubSettings(function_timeout=None, extended_sessions=True)
        async with running_hub(make_app(sessions), settings=settings) as hub:
            await hub.start("waits_twice", instance_id="i")
            await hub.settle()
            assert len(sessions) == 1
            await go(hub, "i")
            await go(hub, "i")
            assert await hub.output("i") == ["went", "went"]

    asyncio.run(scenario())
    assert len(sessions) == 0


def test_one_that_is_fed_nothing_is_let_go_once_another_runs_and_goes_on_by_replay() -> None:
    now = [0.0]
    sessions = Sessions(clock=lambda: now[0])

    async def scenario() -> None:
        settings = HubSettings(function_timeout=None, extended_sessions=True)
        async with running_hub(make_app(sessions), settings=settings) as hub:
            await hub.start("waits_twice", instance_id="idle")
            await hub.settle()
            now[0] = IDLE_SECONDS + 1
            await hub.start("waits_twice", instance_id="busy")
            await hub.settle()
            assert len(sessions) == 1
            await go(hub, "idle")
            await go(hub, "idle")
            assert await hub.output("idle") == ["went", "went"]

    asyncio.run(scenario())


def test_no_more_are_kept_than_the_limit_says() -> None:
    sessions = Sessions(limit=2)

    async def scenario() -> None:
        settings = HubSettings(function_timeout=None, extended_sessions=True)
        async with running_hub(make_app(sessions), settings=settings) as hub:
            for _ in range(4):
                await hub.start("waits_twice")
            await hub.settle()

    asyncio.run(scenario())
    assert len(sessions) == 2
