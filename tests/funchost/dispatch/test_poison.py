"""What takes its worker down each time fails after three times, with a text that says so; the rest goes on."""

from __future__ import annotations

import asyncio
from typing import Any

import azure.durable_functions as df
import pytest

from .conftest import ScriptedApp, running_hub

DIED = "the worker process died each of the 3 times this"


def make_app(deaths: list[str]) -> ScriptedApp:
    app = ScriptedApp(die_next=list(deaths))

    @app.activity
    def work(value: Any) -> Any:
        return value

    @app.activity
    def other(value: Any) -> Any:
        return value

    @app.entity
    def keeper(context: df.DurableEntityContext) -> None:
        context.set_result("kept")

    @app.orchestrator
    def works(context: df.DurableOrchestrationContext) -> Any:
        return (yield context.call_activity("work", 1))

    @app.orchestrator
    def asks(context: df.DurableOrchestrationContext) -> Any:
        return (yield context.call_entity(df.EntityId("keeper", "k"), "get"))

    @app.orchestrator
    def bystander(context: df.DurableOrchestrationContext) -> Any:
        return (yield context.call_activity("other", "unharmed"))

    return app


@pytest.mark.parametrize(
    ("orchestrator", "deadly", "kind"),
    [("works", "work", "activity"), ("works", "works", "orchestrator"), ("asks", "keeper", "operation")],
)
def test_three_deaths_are_one_too_many(orchestrator: str, deadly: str, kind: str) -> None:
    async def scenario() -> None:
        async with running_hub(make_app([deadly] * 3)) as hub:
            poisoned = await hub.start(orchestrator)
            assert f"{DIED} {kind} ran" in await hub.failure(poisoned)
            assert await hub.run("bystander") == "unharmed"
            assert hub.app.die_next == []

    asyncio.run(scenario())


@pytest.mark.parametrize(
    ("orchestrator", "deadly", "output"),
    [("works", "work", 1), ("works", "works", 1), ("asks", "keeper", "kept")],
)
def test_two_deaths_are_lived_through(orchestrator: str, deadly: str, output: Any) -> None:
    async def scenario() -> None:
        async with running_hub(make_app([deadly] * 2)) as hub:
            assert await hub.run(orchestrator) == output

    asyncio.run(scenario())
