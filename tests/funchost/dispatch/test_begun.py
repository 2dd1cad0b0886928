"""An instance that this host has started is worked on without reading it from the store."""

from __future__ import annotations

import asyncio
from typing import Any

import azure.durable_functions as df
import pytest

from funchost.dispatch.settings import HubSettings
from funchost.store.sqlite import SqliteStore
from tests.funchost.dispatch.conftest import ScriptedApp, running_hub


def make_app() -> ScriptedApp:
    app = ScriptedApp()

    @app.activity
    def double(number: int) -> int:
        return 2 * number

    @app.orchestrator
    def child(context: df.DurableOrchestrationContext) -> Any:
        return (yield context.call_activity("double", context.get_input()))

    @app.orchestrator
    def parent(context: df.DurableOrchestrationContext) -> Any:
        return (yield context.call_sub_orchestrator("child", context.get_input()))

    @app.orchestrator
    def waits(context: df.DurableOrchestrationContext) -> Any:
        return (yield context.wait_for_external_event("go"))

    @app.orchestrator
    def counts_down(context: df.DurableOrchestrationContext) -> Any:
        left = context.get_input()
        value = yield context.wait_for_external_event("go")
        if left == 0:
            return value
        context.continue_as_new(left - 1)

    return app


def test_neither_it_nor_its_children_are_read(monkeypatch: pytest.MonkeyPatch) -> None:
    read: list[str] = []
    real = SqliteStore.history

    async def history(self: SqliteStore, instance_id: str, execution_id: str) -> Any:
        read.append(instance_id)
        return await real(self, instance_id, execution_id)

    monkeypatch.setattr(SqliteStore, "history", history)

    async def scenario() -> None:
        async with running_hub(make_app()) as hub:
            await hub.start("parent", 4, "i")
            await hub.settle()
            assert read == []
            assert await hub.output("i") == 8

    asyncio.run(scenario())


def test_an_event_raised_as_soon_as_it_is_there_reaches_it() -> None:
    async def scenario() -> None:
        async with running_hub(make_app()) as hub:
            await hub.start("waits", instance_id="i")
            await hub.hub.raise_event("i", "go", '"went"')
            await hub.settle()
            assert await hub.output("i") == "went"

    asyncio.run(scenario())


def test_an_id_that_is_used_again_begins_with_nothing_of_the_one_before() -> None:
    async def scenario() -> None:
        async with running_hub(make_app()) as hub:
            for number in range(3):
                await hub.start("parent", number, "i")
                await hub.settle()
                assert await hub.output("i") == 2 * number

    asyncio.run(scenario())


def test_one_that_replaces_another_at_work_begins_with_nothing_of_it() -> None:
    async def scenario() -> None:
        settings = HubSettings(function_timeout=None, replace_live_instances=True)
        async with running_hub(make_app(), settings=settings) as hub:
            await hub.start("waits", instance_id="i")
            await hub.settle()
            await hub.start("waits", instance_id="i")
            await hub.settle()
            await hub.hub.raise_event("i", "go", "2")
            await hub.settle()
            assert await hub.output("i") == 2

    asyncio.run(scenario())


def test_events_that_wait_while_it_continues_as_new_are_not_lost() -> None:
    async def scenario() -> None:
        async with running_hub(make_app()) as hub:
            await hub.start("counts_down", 2, "i")
            for number in range(3):
                await hub.hub.raise_event("i", "go", str(number))
            await hub.settle()
            assert await hub.output("i") == 2

    asyncio.run(scenario())


def test_it_runs_while_its_start_is_being_kept_and_is_acknowledged_after() -> None:
    async def scenario() -> None:
        held, ran = asyncio.Event(), asyncio.Event()
        app = make_app()

        @app.orchestrator
        def says_so(context: df.DurableOrchestrationContext) -> Any:
            ran.set()
            return (yield context.call_activity("double", 1))

        def hold(store: SqliteStore) -> None:
            commit = store.commit

            async def held_commit(change: Any, *, urgent: bool = True) -> None:
                await held.wait()
                await commit(change, urgent=urgent)

            store.commit = held_commit  # type: ignore[assignment, method-assign]

        async with running_hub(app, on_store=hold) as hub:
            starting = asyncio.ensure_future(hub.start("says_so"))
            await ran.wait()
            assert app.calls == []  # nothing has come of it
            assert not starting.done()
            held.set()
            assert await hub.output(await starting) == 2

    asyncio.run(scenario())
