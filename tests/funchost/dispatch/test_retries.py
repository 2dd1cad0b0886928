"""Retries: run by the host, counted by the SDK. The numbers must agree or results go astray."""

from __future__ import annotations

import asyncio
from typing import Any

import azure.durable_functions as df
import pytest

from .conftest import ScriptedApp, running_hub

FIVE_SECONDS = df.RetryOptions(first_retry_interval_in_milliseconds=5000, max_number_of_attempts=3)


class Flaky:
    """An app whose activity fails a given number of times per input."""

    def __init__(self, failures: dict[str, int]) -> None:
        self.app = ScriptedApp()
        self.failures = failures
        for function in (self.flaky, self.echo):
            self.app.activity(function)
        for orchestrator in (once, exhausted, parallel, child_retried, sometimes_failing_child):
            self.app.orchestrator(orchestrator)

    def flaky(self, name: str) -> str:
        if self.failures.get(name, 0) > 0:
            self.failures[name] -= 1
            raise ValueError(f"{name} is not ready")
        return f"{name} ok"

    def echo(self, value: Any) -> Any:
        return value


def once(context: df.DurableOrchestrationContext) -> Any:
    result = yield context.call_activity_with_retry("flaky", FIVE_SECONDS, "a")
    after = yield context.call_activity("echo", "after")
    return [result, after]


def exhausted(context: df.DurableOrchestrationContext) -> Any:
    try:
        yield context.call_activity_with_retry("flaky", FIVE_SECONDS, "a")
    except Exception as error:
        after = yield context.call_activity("echo", "compensated")
        return [str(error).splitlines()[0].strip(), after]


def parallel(context: df.DurableOrchestrationContext) -> Any:
    tasks = [context.call_activity_with_retry("flaky", FIVE_SECONDS, name) for name in ("a", "b")]
    tasks.append(context.call_activity("echo", "plain"))
    results = yield context.task_all(tasks)
    last = yield context.call_activity("echo", "last")
    return [*results, last]


def sometimes_failing_child(context: df.DurableOrchestrationContext) -> Any:
    result = yield context.call_activity("flaky", "child")
    return result


def child_retried(context: df.DurableOrchestrationContext) -> Any:
    result = yield context.call_sub_orchestrator_with_retry(
        "sometimes_failing_child", FIVE_SECONDS, None, context.get_input()
    )
    return result


def run(flaky: Flaky, scenario: Any) -> Any:
    async def main() -> Any:
        async with running_hub(flaky.app) as hub:
            return await scenario(hub)

    return asyncio.run(main())


@pytest.mark.parametrize("failures", [0, 1, 2])
def test_a_retried_activity_succeeds_in_the_end_and_what_follows_gets_its_own_result(failures: int) -> None:
    async def scenario(hub: Any) -> None:
        instance = await hub.start("once")
        await hub.advance(seconds=11)
        assert await hub.output(instance) == ["a ok", "after"]

    run(Flaky({"a": failures}), scenario)


def test_no_attempt_is_made_before_its_interval_has_passed() -> None:
    async def scenario(hub: Any) -> None:
        await hub.start("once")
        await hub.advance(seconds=4)
        assert [name for name, _ in hub.app.calls] == ["flaky"]
        await hub.advance(seconds=1.1)
        assert [name for name, _ in hub.app.calls] == ["flaky", "flaky", "echo"]

    run(Flaky({"a": 1}), scenario)


def test_after_the_last_attempt_the_error_is_raised_and_the_next_task_gets_its_own_result() -> None:
    async def scenario(hub: Any) -> None:
        instance = await hub.start("exhausted")
        await hub.advance(seconds=11)
        assert await hub.output(instance) == [
            "Activity function 'flaky' failed:  ValueError: a is not ready",
            "compensated",
        ]
        # attempt 0, timer 1, attempt 2, timer 3, attempt 4, timer 5 (due at once), then the handler's activity
        scheduled = [e.event_id for e in await hub.hub.get_history(instance) if hasattr(e, "event_id")]
        assert scheduled == [0, 1, 2, 3, 4, 5, 6, 7]

    run(Flaky({"a": 99}), scenario)


def test_two_retries_beside_a_plain_activity_do_not_mix_up_results() -> None:
    async def scenario(hub: Any) -> None:
        instance = await hub.start("parallel")
        await hub.advance(seconds=30)
        assert await hub.output(instance) == ["a ok", "b ok", "plain", "last"]

    run(Flaky({"a": 2, "b": 1}), scenario)


@pytest.mark.parametrize("child_id", [None, "fixed-child"])
def test_a_sub_orchestration_is_retried_under_a_new_id_or_its_given_one(child_id: str | None) -> None:
    async def scenario(hub: Any) -> None:
        instance = await hub.start("child_retried", child_id)
        await hub.advance(seconds=11)
        assert await hub.output(instance) == "child ok"

    run(Flaky({"child": 2}), scenario)
