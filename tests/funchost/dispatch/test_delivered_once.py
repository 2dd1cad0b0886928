"""A message that the store has shown already, before the host came to deliver it, is still handled once."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import azure.durable_functions as df

from funchost.model.entities import EntityId
from funchost.store.base import Change
from funchost.store.sqlite import SqliteStore
from tests.funchost.dispatch.conftest import ScriptedApp, running_hub


def make_app() -> ScriptedApp:
    app = ScriptedApp()

    @app.entity
    def log(context: df.DurableEntityContext) -> None:
        context.set_state([*context.get_state(list), context.get_input()])

    @app.orchestrator
    def hears_two(context: df.DurableOrchestrationContext) -> Any:
        first = yield context.wait_for_external_event("word")
        return [first, (yield context.wait_for_external_event("word"))]

    return app


def hold_back(kept: asyncio.Event, release: asyncio.Event, text: str) -> Callable[[SqliteStore], None]:
    """Have the change with ``text`` in a message kept at once (``kept``), but reported only on ``release``."""

    def wrap(store: SqliteStore) -> None:
        commit = store.commit

        async def held(change: Change, *, urgent: bool = True) -> None:
            await commit(change, urgent=urgent)
            if any(text in str(message.body) for message in change.add_messages):
                kept.set()
                await release.wait()

        store.commit = held  # type: ignore[method-assign]

    return wrap


def test_a_signal_seen_in_the_store_before_it_was_delivered_is_handled_once() -> None:
    async def scenario() -> None:
        kept, release = asyncio.Event(), asyncio.Event()
        async with running_hub(make_app(), on_store=hold_back(kept, release, "early")) as hub:
            key = EntityId("log", "k")
            early = asyncio.ensure_future(hub.hub.signal_entity(key, "add", '"early"'))
            await kept.wait()
            await hub.hub.signal_entity(key, "add", '"late"')  # wakes the entity, which reads the store
            await hub.settle()
            release.set()
            await early
            await hub.settle()
            entity = await hub.hub.get_entity(key)
            assert entity is not None
            assert sorted(entity.state[1:-1].replace('"', "").split(", ")) == ["early", "late"]

    asyncio.run(scenario())


def test_an_event_seen_in_the_store_before_it_was_delivered_is_heard_once() -> None:
    async def scenario() -> None:
        kept, release = asyncio.Event(), asyncio.Event()
        async with running_hub(make_app(), on_store=hold_back(kept, release, "early")) as hub:
            await hub.start("hears_two", instance_id="i")
            await hub.settle()
            hub.hub._orchestrations.forget("i")  # as after a long idle time
            early = asyncio.ensure_future(hub.hub.raise_event("i", "word", '"early"'))
            await kept.wait()
            hub.hub._orchestrations.wake("i")
            await hub.settle()
            release.set()
            await early
            await hub.hub.raise_event("i", "word", '"late"')
            assert await hub.output("i") == ["early", "late"]

    asyncio.run(scenario())
