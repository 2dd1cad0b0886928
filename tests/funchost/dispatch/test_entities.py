"""Entities: signals, calls, state, order, and failures that stay with the operation."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import azure.durable_functions as df

from funchost.model.entities import EntityId

from .conftest import ScriptedApp, running_hub

app = ScriptedApp()


@app.entity
def counter(context: df.DurableEntityContext) -> None:
    value = context.get_state(lambda: 0)
    match context.operation_name:
        case "add":
            context.set_state(value + context.get_input())
        case "get":
            context.set_result(value)
        case "append":
            context.set_state([*(value or []), context.get_input()])
        case "reset":
            context.destruct_on_exit()
        case "fail":
            raise ValueError("the counter jams")


@app.orchestrator
def counts(context: df.DurableOrchestrationContext) -> Any:
    entity = df.EntityId("Counter", context.get_input())
    context.signal_entity(entity, "add", 3)
    context.signal_entity(entity, "add", 4)
    value = yield context.call_entity(entity, "get")
    return value


@app.orchestrator
def meets_a_failure(context: df.DurableOrchestrationContext) -> Any:
    try:
        yield context.call_entity(df.EntityId("counter", "x"), "fail")
    except Exception as error:
        return str(error)


@app.orchestrator
def calls_nobody(context: df.DurableOrchestrationContext) -> Any:
    try:
        yield context.call_entity(df.EntityId("nobody", "x"), "get")
    except Exception as error:
        return str(error)


def run(scenario: Any) -> Any:
    async def main() -> Any:
        async with running_hub(app) as hub:
            return await scenario(hub)

    return asyncio.run(main())


def test_signals_are_handled_in_order_before_the_call_that_follows() -> None:
    assert run(lambda hub: hub.run("counts", "k@1")) == 7


def test_an_operation_s_failure_is_its_caller_s() -> None:
    assert run(lambda hub: hub.run("meets_a_failure")) == "the counter jams"


def test_calling_an_unknown_entity_is_a_failure() -> None:
    assert "is not an entity function" in run(lambda hub: hub.run("calls_nobody"))


def test_signals_from_clients_keep_their_order_and_their_inputs() -> None:
    async def scenario(hub: Any) -> None:
        entity = EntityId("counter", "list")
        await hub.hub.signal_entity(entity, "reset", None)
        for n in range(120):
            await hub.hub.signal_entity(entity, "append", json.dumps(json.dumps(n)))
        await hub.settle()
        record = await hub.hub.get_entity(entity)
        assert json.loads(record.state) == list(range(120))

    run(scenario)


def test_a_failing_signal_leaves_the_others_and_the_state_alone() -> None:
    async def scenario(hub: Any) -> None:
        entity = EntityId("counter", "x")
        await hub.hub.signal_entity(entity, "add", "5")
        await hub.hub.signal_entity(entity, "fail", None)
        await hub.hub.signal_entity(entity, "add", "6")
        await hub.settle()
        assert (await hub.hub.get_entity(entity)).state == "11"

    run(scenario)


def test_a_destructed_entity_no_longer_exists() -> None:
    async def scenario(hub: Any) -> None:
        entity = EntityId("counter", "x")
        await hub.hub.signal_entity(entity, "add", "5")
        await hub.hub.signal_entity(entity, "reset", None)
        await hub.settle()
        record = await hub.hub.get_entity(entity)
        assert (record.exists, record.state) == (False, None)

    run(scenario)
