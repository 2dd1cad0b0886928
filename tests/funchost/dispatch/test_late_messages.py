"""What comes for an instance that has finished: it is dropped, also where a killed host had no time to."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import azure.durable_functions as df

from funchost.model.history import EventRaised, ExecutionTerminated
from funchost.model.messages import TaskMessage
from funchost.store.base import Change
from funchost.store.sqlite import SqliteStore
from tests.funchost.dispatch.conftest import START, ScriptedApp, running_hub

FIRST_FREE = 1000


def make_app() -> ScriptedApp:
    app = ScriptedApp()

    @app.orchestrator
    def waits(context: df.DurableOrchestrationContext) -> Any:
        return (yield context.wait_for_external_event("go"))

    return app


async def leave_messages(path: Path) -> None:
    """As a host leaves them that was killed between an instance's last commit and the next."""
    store = SqliteStore(path, hub_name="TestHub")
    await store.open()
    bodies = (
        EventRaised(timestamp=START, name="go", input='"again"'),
        ExecutionTerminated(timestamp=START, reason="enough"),
    )
    messages = [TaskMessage(message_id=FIRST_FREE + n, instance_id="i", body=body) for n, body in enumerate(bodies)]
    await store.commit(Change(add_messages=tuple(messages)))
    await store.close()


def test_messages_that_a_killed_host_left_for_a_finished_instance_are_dropped_at_the_next_start(
    tmp_path: Path,
) -> None:
    async def scenario() -> None:
        path = tmp_path / "TestHub.db"
        async with running_hub(make_app(), path=path) as hub:
            await hub.start("waits", instance_id="i")
            await hub.hub.raise_event("i", "go", '"once"')
            assert await hub.output("i") == "once"
        await leave_messages(path)
        async with running_hub(make_app(), path=path) as hub:
            await hub.settle()
            assert await hub.output("i") == "once"
        store = SqliteStore(path, hub_name="TestHub")
        await store.open()
        assert await store.messages("i") == []
        assert await store.waiting() == []
        await store.close()

    asyncio.run(scenario())


def test_an_instance_started_anew_while_late_messages_are_dropped_keeps_its_own(tmp_path: Path) -> None:
    async def scenario() -> None:
        path = tmp_path / "TestHub.db"
        async with running_hub(make_app(), path=path) as hub:
            await hub.start("waits", instance_id="i")
            await hub.hub.raise_event("i", "go", '"once"')
            assert await hub.output("i") == "once"
        await leave_messages(path)
        async with running_hub(make_app(), path=path) as hub:  # dropping has begun
            await hub.start("waits", instance_id="i")
            await hub.hub.raise_event("i", "go", '"anew"')
            assert await hub.output("i") == "anew"

    asyncio.run(scenario())
