"""A store that cannot be read any more is not passed over in silence: the host hears of it and stops."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from funchost.errors import StoreError
from funchost.model.entities import EntityId

from .conftest import ScriptedApp, running_hub
from .programs import make_app


@pytest.mark.parametrize("reading", ["instance", "history", "messages", "entity"])
def test_a_read_that_fails_reaches_the_host(reading: str) -> None:
    async def scenario(app: ScriptedApp) -> list[StoreError]:
        broken: dict[str, Any] = {}

        def prepare(store: Any) -> None:
            sound = getattr(store, reading)

            async def read(*arguments: Any) -> Any:
                if broken:
                    raise StoreError("the disk does not answer")
                return await sound(*arguments)

            setattr(store, reading, read)

        async with running_hub(app, on_store=prepare) as hub:
            hub.expects_failures = True
            instance = await hub.start("interpret", [["timer", 10]])
            await hub.settle()
            hub.hub._orchestrations.forget(instance)  # as if it had been idle for long
            broken["yes"] = True
            hub.hub._orchestrations.wake(instance)
            hub.hub._entities.wake(str(EntityId("total", "x")))
            await hub.settle()
            return list(hub.failures)

    failures = asyncio.run(scenario(make_app()))
    assert failures
    assert str(failures[0]) == "the disk does not answer"
