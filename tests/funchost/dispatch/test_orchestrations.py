"""What an orchestrator may ask for, and what comes of it, on the real SDK."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from pathlib import Path
from typing import Any

import azure.durable_functions as df

from funchost.dispatch.settings import HubSettings
from funchost.engine.versions import VersionFailure, VersionMatch, VersionRule

from .conftest import ScriptedApp, running_hub

app = ScriptedApp()


@app.activity
def double(value: int) -> int:
    return value * 2


@app.activity
def fail(text: str) -> None:
    raise ValueError(text)


@app.orchestrator
def chain(context: df.DurableOrchestrationContext) -> Any:
    value = context.get_input()
    for _ in range(5):
        value = yield context.call_activity("double", value)
    return value


@app.orchestrator
def fan_out(context: df.DurableOrchestrationContext) -> Any:
    results = yield context.task_all([context.call_activity("double", n) for n in range(context.get_input())])
    return sum(results)


@app.orchestrator
def wait_three_days(context: df.DurableOrchestrationContext) -> Any:
    yield context.create_timer(context.current_utc_datetime + timedelta(hours=72))
    return "done"


@app.orchestrator
def approval(context: df.DurableOrchestrationContext) -> Any:
    timeout = context.create_timer(context.current_utc_datetime + timedelta(hours=72))
    approved = context.wait_for_external_event("Approval")
    winner = yield context.task_any([approved, timeout])
    if winner == approved:
        timeout.cancel()
        return {"approved": approved.result}
    return "escalated"


@app.orchestrator
def forgets_to_cancel(context: df.DurableOrchestrationContext) -> Any:
    timeout = context.create_timer(context.current_utc_datetime + timedelta(hours=72))
    approved = context.wait_for_external_event("Approval")
    yield context.task_any([approved, timeout])
    return "done"


@app.orchestrator
def lets_it_fail(context: df.DurableOrchestrationContext) -> Any:
    yield context.call_activity("fail", "boom")


@app.orchestrator
def catches(context: df.DurableOrchestrationContext) -> Any:
    try:
        yield context.call_activity("fail", "boom")
    except Exception as error:
        return str(error).splitlines()[0]


def run(scenario: Any) -> Any:
    async def main() -> Any:
        async with running_hub(app) as hub:
            return await scenario(hub)

    return asyncio.run(main())


def test_a_chain_of_activities_passes_each_result_on() -> None:
    assert run(lambda hub: hub.run("chain", 1)) == 32


def test_a_fan_out_gathers_every_result() -> None:
    assert run(lambda hub: hub.run("fan_out", 200)) == sum(2 * n for n in range(200))


def test_a_timer_of_three_days_fires_when_time_has_come() -> None:
    async def scenario(hub: Any) -> None:
        instance = await hub.start("wait_three_days")
        await hub.advance(hours=71)
        assert (await hub.record(instance)).runtime_status.value == "Running"
        await hub.advance(hours=1)
        assert await hub.output(instance) == "done"

    run(scenario)


def test_an_event_wins_over_its_timeout() -> None:
    async def scenario(hub: Any) -> None:
        instance = await hub.start("approval")
        await hub.settle()
        await hub.hub.raise_event(instance, "approval", '{"by": "Ada"}')
        assert await hub.output(instance) == {"approved": {"by": "Ada"}}
        assert hub.hub.next_timer_due is None

    run(scenario)


def test_a_timeout_wins_over_an_event_that_comes_too_late() -> None:
    async def scenario(hub: Any) -> None:
        instance = await hub.start("approval")
        await hub.advance(hours=73)
        assert await hub.output(instance) == "escalated"

    run(scenario)


def test_an_event_raised_before_anyone_waits_is_kept() -> None:
    async def scenario(hub: Any) -> None:
        instance = await hub.start("approval", instance_id="early")
        await hub.hub.raise_event(instance, "Approval", "1")
        assert await hub.output(instance) == {"approved": 1}

    run(scenario)


def test_an_uncancelled_timer_keeps_the_instance_running_as_the_framework_does() -> None:
    async def scenario(hub: Any) -> None:
        instance = await hub.start("forgets_to_cancel")
        await hub.settle()
        await hub.hub.raise_event(instance, "Approval", "1")
        await hub.settle()
        assert (await hub.record(instance)).runtime_status.value == "Running"
        await hub.advance(hours=72)
        assert await hub.output(instance) == "done"

    run(scenario)


def test_a_failure_nobody_catches_fails_the_instance_with_the_extension_s_text() -> None:
    async def scenario(hub: Any) -> None:
        text = await hub.failure(await hub.start("lets_it_fail"))
        assert text.startswith(
            "Orchestrator function 'lets_it_fail' failed: Activity function 'fail' failed:  ValueError: boom \n "
        )

    run(scenario)


def test_a_failure_can_be_caught() -> None:
    assert run(lambda hub: hub.run("catches")) == "Activity function 'fail' failed:  ValueError: boom "


def test_history_has_the_events_of_the_framework_in_its_order() -> None:
    async def scenario(hub: Any) -> None:
        instance = await hub.start("lets_it_fail")
        await hub.failure(instance)
        assert await hub.event_names(instance) == [
            "OrchestratorStarted",
            "ExecutionStarted",
            "TaskScheduled",
            "OrchestratorCompleted",
            "OrchestratorStarted",
            "TaskFailed",
            "ExecutionCompleted",
            "OrchestratorCompleted",
        ]

    run(scenario)


@app.orchestrator
def tells_version(context: df.DurableOrchestrationContext) -> Any:
    yield context.wait_for_external_event("go")
    return context.version


def versions(failure: VersionFailure) -> HubSettings:
    rule = VersionRule(app_version="1.0", match=VersionMatch.CURRENT_OR_OLDER, failure=failure)
    return HubSettings(function_timeout=None, versions=rule)


def test_an_instance_of_a_newer_version_waits_for_an_app_that_may_run_it(tmp_path: Path) -> None:
    async def scenario() -> None:
        path = tmp_path / "hub.db"
        async with running_hub(app, path=path, settings=versions(VersionFailure.REJECT)) as older:
            await older.hub.start_orchestration("tells_version", instance_id="new", version="2.0")
            await older.hub.start_orchestration("tells_version", instance_id="old", version="0.9")
            for instance_id in ("new", "old"):
                await older.hub.raise_event(instance_id, "go", None)
            assert await older.output("old") == "0.9"
            assert (await older.record("new")).runtime_status.value == "Pending"
        async with running_hub(app, path=path) as newer:
            assert await newer.output("new") == "2.0"

    asyncio.run(scenario())


def test_an_instance_of_a_newer_version_fails_where_the_app_says_so() -> None:
    async def scenario() -> None:
        async with running_hub(app, settings=versions(VersionFailure.FAIL)) as hub:
            started = await hub.hub.start_orchestration("tells_version", version="2.0")
            assert (await hub.failure(started)).startswith(
                "Orchestrator function 'tells_version' failed: The version '2.0' of this orchestration does not fit"
            )

    asyncio.run(scenario())


def test_an_instance_that_is_left_alone_can_be_terminated() -> None:
    async def scenario() -> None:
        async with running_hub(app, settings=versions(VersionFailure.REJECT)) as hub:
            started = await hub.hub.start_orchestration("tells_version", version="2.0")
            await hub.settle()
            await hub.hub.terminate(started, "not ours")
            await hub.settle()
            assert (await hub.record(started)).runtime_status.value == "Terminated"

    asyncio.run(scenario())
