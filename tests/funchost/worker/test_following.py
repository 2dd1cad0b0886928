"""Worker processes go on with the episode that an activity's success leads to."""

from __future__ import annotations

import asyncio
import json
from datetime import datetime, timedelta, timezone
from typing import Any

import azure.durable_functions as df
import pytest

from funchost.model.history import (
    ExecutionStarted,
    HistoryEvent,
    OrchestratorCompleted,
    OrchestratorStarted,
    TaskScheduled,
)
from funchost.wire.out_of_proc import encode_context, encode_event, encode_following
from funchost.wire.timestamps import format_time
from funchost.worker.contract import Failed, Following, Invocation, Session, Succeeded
from funchost.worker.following import events_of, time_of
from funchost.worker.process import ProcessWorkers
from tests.funchost.worker.calls import Log, processes

START = datetime(2024, 5, 1, 10, 0, tzinfo=timezone.utc)
KEY = "execution"
BEGINNING: list[HistoryEvent] = [
    OrchestratorStarted(timestamp=START),
    ExecutionStarted(timestamp=START, name="pair", version="", input=None, instance_id="i", execution_id=KEY),
]
SCHEDULED: list[HistoryEvent] = [
    TaskScheduled(timestamp=START, event_id=0, name="activity", input=None),
    OrchestratorCompleted(timestamp=START),
]


def following(*, known_actions: int = 1, not_before: datetime = START) -> Following:
    return Following(
        invocation_id="episode",
        function_name="pair",
        session=Session(key=KEY, known_events=2, known_actions=known_actions, events=6),
        events=encode_following(SCHEDULED, 0),
        not_before=format_time(not_before),
    )


async def begin(workers: ProcessWorkers, activity: str) -> None:
    """The first episode of an orchestrator that calls an activity twice; it is kept alive."""
    trigger = encode_context(
        instance_id="i",
        parent_instance_id=None,
        input_text=json.dumps(activity),
        encoded_history=map(encode_event, BEGINNING),
    )
    first = Invocation(invocation_id="first", function_name="pair", trigger=trigger, session=Session(key=KEY))
    result = await workers.invoke(first)
    assert isinstance(result, Succeeded)
    assert result.session_kept


async def run(workers: ProcessWorkers, activity: str, value: Any, then: Following) -> Any:
    return await workers.invoke(
        Invocation(invocation_id="activity", function_name=activity, trigger=json.dumps(value), following=then)
    )


@pytest.mark.parametrize("activity", ["say_hello", "same"], ids=["in a thread", "on the event loop"])
def test_the_episode_follows_and_has_seen_the_result(activity: str) -> None:
    async def scenario() -> None:
        log = Log()
        async with processes("worker_following", log=log) as (workers, _):
            await begin(workers, activity)
            result = await run(workers, activity, "Rome", following())
            assert result.value in ('"Hello Rome!"', '"Rome"')
            assert result.followed_at > format_time(START)
            episode = await result.episode
            assert episode.session_kept
            (actions,) = json.loads(episode.value)["actions"]
            assert [action["input"] for action in actions] == [result.value]
        first, second = [line for line in log if line.message.startswith(("ran", "pair"))]
        assert (first.invocation_id, first.message) == ("activity", f"ran {activity}")
        assert (second.invocation_id, second.function_name) == ("episode", "pair")
        assert second.message == f"pair at {result.followed_at[:26]}"

    asyncio.run(scenario())


def test_after_a_failure_nothing_follows() -> None:
    async def scenario() -> None:
        async with processes("worker_following") as (workers, _):
            await begin(workers, "fails")
            assert isinstance(await run(workers, "fails", 1, following()), Failed)
            # The orchestrator is as it was.
            result = await run(workers, "say_hello", "Rome", following())
            assert result.episode is not None

    asyncio.run(scenario())


def test_where_another_state_is_kept_nothing_follows() -> None:
    async def scenario() -> None:
        async with processes("worker_following") as (workers, _):
            await begin(workers, "say_hello")
            result = await run(workers, "say_hello", "Rome", following(known_actions=2))
            assert (result.value, result.followed_at, result.episode) == ('"Hello Rome!"', None, None)

    asyncio.run(scenario())


def test_an_episode_is_never_before_its_earliest_time() -> None:
    later = START + timedelta(microseconds=1)
    assert time_of(following(not_before=later), START) == format_time(later)
    assert time_of(following(not_before=START), later) == format_time(later)


@pytest.mark.parametrize(("value", "result"), [("null", None), ('"Rome"', '"Rome"')])
def test_the_worker_adds_the_time_and_the_result(value: str, result: str | None) -> None:
    started, completed = events_of(following(), value, "2024-05-01T10:00:07.000000Z")
    assert (started["EventType"], started["Timestamp"]) == (12, "2024-05-01T10:00:07.000000Z")
    assert (completed["EventType"], completed["Timestamp"]) == (5, "2024-05-01T10:00:07.000000Z")
    assert (completed["TaskScheduledId"], completed["Result"]) == (0, result)


@pytest.mark.parametrize("event", SCHEDULED, ids=lambda event: type(event).__name__)
def test_the_sdk_passes_over_what_is_not_told(event: HistoryEvent) -> None:
    def orchestrator(context: df.DurableOrchestrationContext) -> Any:
        yield context.call_activity("activity", 1)

    handler = df.Orchestrator(orchestrator)
    text = encode_context(
        instance_id="i", parent_instance_id=None, input_text=None, encoded_history=map(encode_event, BEGINNING)
    )
    context = df.DurableOrchestrationContext.from_json(text)
    handler.handle(context)
    executor = handler.task_orchestration_executor
    before = {**vars(executor), **vars(context)}
    executor.process_event(type(context._histories[0])(**json.loads(encode_event(event))))
    assert {**vars(executor), **vars(context)} == before
