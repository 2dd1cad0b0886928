"""Sub-orchestrations, continue-as-new, and the management verbs on running instances."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any

import azure.durable_functions as df
import pytest

from funchost.errors import InstanceExists, InstanceFinished, InstanceNotFinished, InvalidTransition, RewindRefused
from funchost.model.records import InstanceQuery

from .conftest import ScriptedApp, running_hub

app = ScriptedApp()
broken = {"now": False}


@app.activity
def double(value: int) -> int:
    return value * 2


@app.activity
def may_break(value: Any) -> Any:
    if broken["now"]:
        raise RuntimeError("the service is down")
    return value


@app.orchestrator
def child(context: df.DurableOrchestrationContext) -> Any:
    doubled = yield context.call_activity("double", context.get_input())
    return {"doubled": doubled, "parent": context.parent_instance_id}


@app.orchestrator
def failing_child(context: df.DurableOrchestrationContext) -> Any:
    raise ValueError("no luck")


@app.orchestrator
def parent(context: df.DurableOrchestrationContext) -> Any:
    results = yield context.task_all([context.call_sub_orchestrator("child", n) for n in (1, 2)])
    return results


@app.orchestrator
def unlucky_parent(context: df.DurableOrchestrationContext) -> Any:
    try:
        yield context.call_sub_orchestrator(context.get_input(), None, "given-id")
    except Exception as error:
        return str(error).splitlines()[0].strip()


@app.orchestrator
def counts_down(context: df.DurableOrchestrationContext) -> Any:
    remaining = context.get_input()
    context.set_custom_status({"remaining": remaining})
    if remaining == 0:
        return "landed"
    yield context.call_activity("double", remaining)
    context.continue_as_new(remaining - 1)


@app.orchestrator
def collects(context: df.DurableOrchestrationContext) -> Any:
    got = context.get_input() or []
    if len(got) == 3:
        return got
    event = yield context.wait_for_external_event("item")
    context.continue_as_new([*got, event])


@app.orchestrator
def waits(context: df.DurableOrchestrationContext) -> Any:
    event = yield context.wait_for_external_event("go")
    doubled = yield context.call_activity("double", 21)
    return [event, doubled]


@app.orchestrator
def sleeps(context: df.DurableOrchestrationContext) -> Any:
    yield context.create_timer(context.current_utc_datetime + timedelta(hours=1))
    return "slept"


@app.orchestrator
def needs_the_service(context: df.DurableOrchestrationContext) -> Any:
    first = yield context.call_activity("double", 1)
    second = yield context.call_activity("may_break", "worked")
    return [first, second]


@app.orchestrator
def needs_a_child(context: df.DurableOrchestrationContext) -> Any:
    result = yield context.call_sub_orchestrator("needs_the_service")
    return result


def run(scenario: Any) -> Any:
    async def main() -> Any:
        async with running_hub(app) as hub:
            return await scenario(hub)

    return asyncio.run(main())


def test_children_run_and_know_their_parent() -> None:
    async def scenario(hub: Any) -> None:
        instance = await hub.start("parent", instance_id="p")
        assert await hub.output(instance) == [{"doubled": 2, "parent": "p"}, {"doubled": 4, "parent": "p"}]

    run(scenario)


def test_a_failed_child_fails_its_parent_s_task_with_the_child_s_text() -> None:
    assert (
        run(lambda hub: hub.run("unlucky_parent", "failing_child"))
        == "Orchestrator function 'failing_child' failed: no luck"
    )


def test_an_unknown_child_is_a_failure_and_not_a_wait_for_ever() -> None:
    text = run(lambda hub: hub.run("unlucky_parent", "nobody"))
    assert text.startswith("The function 'nobody' doesn't exist, is disabled, or is not an orchestrator function.")


def test_a_terminated_child_fails_its_parent_s_task() -> None:
    async def scenario(hub: Any) -> None:
        instance = await hub.start("unlucky_parent", "waits")
        await hub.settle()
        await hub.hub.terminate("given-id", "enough")
        assert await hub.output(instance) == "enough"

    run(scenario)


def test_continue_as_new_begins_a_new_execution_with_a_fresh_history() -> None:
    async def scenario(hub: Any) -> None:
        instance = await hub.start("counts_down", 20)
        assert await hub.output(instance) == "landed"
        assert len(await hub.event_names(instance)) == 4
        assert (await hub.record(instance)).custom_status == '{"remaining": 0}'

    run(scenario)


def test_events_sent_at_once_survive_continue_as_new_in_order() -> None:
    async def scenario(hub: Any) -> None:
        instance = await hub.start("collects")
        for item in ("1", "2", "3"):
            await hub.hub.raise_event(instance, "item", item)
        assert await hub.output(instance) == [1, 2, 3]

    run(scenario)


def test_a_suspended_instance_takes_nothing_until_it_is_resumed() -> None:
    async def scenario(hub: Any) -> None:
        instance = await hub.start("waits")
        await hub.settle()
        await hub.hub.suspend(instance, "lunch")
        await hub.settle()
        await hub.hub.raise_event(instance, "go", '"now"')
        await hub.settle()
        assert (await hub.record(instance)).runtime_status.value == "Suspended"
        with pytest.raises(InvalidTransition, match="Cannot suspend the orchestration instance"):
            await hub.hub.suspend(instance, "again")
        await hub.hub.resume(instance, "back")
        assert await hub.output(instance) == ["now", 42]

    run(scenario)


def test_terminate_ends_an_instance_whatever_it_waits_for() -> None:
    async def scenario(hub: Any) -> None:
        instance = await hub.start("sleeps")
        await hub.settle()
        await hub.hub.terminate(instance, "stop it")
        await hub.settle()
        record = await hub.record(instance)
        assert (record.runtime_status.value, record.output) == ("Terminated", '"stop it"')
        with pytest.raises(InstanceFinished):
            await hub.hub.raise_event(instance, "go", None)
        await hub.advance(hours=2)
        assert (await hub.record(instance)).runtime_status.value == "Terminated"

    run(scenario)


def test_an_id_in_use_is_refused_and_a_finished_one_replaced() -> None:
    async def scenario(hub: Any) -> None:
        await hub.start("sleeps", instance_id="same")
        with pytest.raises(
            InstanceExists, match="An Orchestration instance with the status Pending already exists"
        ):
            await hub.start("sleeps", instance_id="same")
        await hub.advance(hours=1)
        await hub.start("sleeps", instance_id="same")
        await hub.settle()
        assert (await hub.record("same")).runtime_status.value == "Running"

    run(scenario)


def test_only_finished_instances_are_purged() -> None:
    async def scenario(hub: Any) -> None:
        await hub.start("sleeps", instance_id="a")
        await hub.settle()
        with pytest.raises(InstanceNotFinished):
            await hub.hub.purge("a")
        assert await hub.hub.purge_many(InstanceQuery()) == 0
        await hub.advance(hours=1)
        assert await hub.hub.purge_many(InstanceQuery()) == 1
        assert await hub.hub.get_instance("a") is None
        assert await hub.hub.purge("a") == 0

    run(scenario)


def test_restart_runs_the_same_input_again_under_a_new_id() -> None:
    async def scenario(hub: Any) -> None:
        first = await hub.start("counts_down", 1)
        await hub.output(first)
        again = await hub.hub.restart(first, new_instance_id=True)
        assert again != first
        assert await hub.output(again) == "landed"

    run(scenario)


@pytest.mark.parametrize("name", ["needs_the_service", "needs_a_child"])
def test_rewind_runs_what_failed_again_and_nothing_else(name: str) -> None:
    async def scenario(hub: Any) -> None:
        broken["now"] = True
        instance = await hub.start(name)
        await hub.failure(instance)
        broken["now"] = False
        hub.app.calls.clear()
        await hub.hub.rewind(instance, "the service is back")
        assert await hub.output(instance) == [2, "worked"]
        assert hub.app.calls == [("may_break", "worked")]
        with pytest.raises(RewindRefused, match="only supported on failed orchestration instances"):
            await hub.hub.rewind(instance, "again")

    run(scenario)
