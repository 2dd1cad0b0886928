"""Which waiting messages an instance takes in an episode, and which stay."""

from __future__ import annotations

import pytest

from funchost.model.actions import CallActivity, CreateTimer, WaitForExternalEvent, WhenAny
from funchost.model.history import (
    EventRaised,
    ExecutionResumed,
    ExecutionSuspended,
    ExecutionTerminated,
    RetryOptions,
    TaskCompleted,
    TaskFailed,
    TimerFired,
)

from .builders import EXECUTION, Instance, at, kinds, running_instance, started

ACTIVITY = CallActivity(name="a", input=None)
RETRIED = CallActivity(
    name="a", input=None, retry=RetryOptions(first_retry_interval_ms=5000, max_number_of_attempts=3)
)


def done(task: int) -> TaskCompleted:
    return TaskCompleted(timestamp=at(1), task_scheduled_id=task, result="1")


def failed(task: int) -> TaskFailed:
    return TaskFailed(timestamp=at(1), task_scheduled_id=task, reason="no", details="")


def raised(name: str, value: str = "1") -> EventRaised:
    return EventRaised(timestamp=at(1), name=name, input=value)


def test_completions_that_piled_up_are_taken_together() -> None:
    instance = running_instance(ACTIVITY, ACTIVITY)
    instance.receive(done(1))
    instance.receive(done(0))
    episode = instance.open()
    assert episode is not None
    assert kinds(episode.new_events) == ["OrchestratorStarted", "TaskCompleted", "TaskCompleted"]


def test_a_second_completion_of_a_task_is_dropped() -> None:
    instance = running_instance(ACTIVITY)
    first, second = instance.receive(done(0)), instance.receive(done(0))
    episode = instance.open()
    assert episode is not None
    assert (episode.taken, episode.dropped) == ((first.message_id,), (second.message_id,))


def test_messages_for_an_earlier_execution_are_dropped() -> None:
    instance = running_instance(ACTIVITY)
    instance.receive(done(0), execution_id="another")
    episode = instance.open()
    assert episode is not None
    assert episode.is_empty
    assert len(episode.dropped) == 1


@pytest.mark.parametrize("late", [done(1), failed(1), raised("go")])
def test_the_failure_of_a_retried_task_is_alone_in_its_episode(late: object) -> None:
    instance = running_instance(RETRIED, ACTIVITY, WaitForExternalEvent(name="go"))
    instance.receive(failed(0))
    instance.receive(late, execution_id=None if isinstance(late, EventRaised) else EXECUTION)  # type: ignore[arg-type]
    episode = instance.open()
    assert episode is not None
    assert kinds(episode.new_events) == ["OrchestratorStarted", "TaskFailed"]


def test_what_came_before_a_retried_failure_is_taken_before_it() -> None:
    instance = running_instance(RETRIED, ACTIVITY)
    instance.receive(done(1))
    instance.receive(failed(0))
    assert kinds(instance.turn().events) == ["OrchestratorStarted", "TaskCompleted", "OrchestratorCompleted"]
    assert "TaskFailed" in kinds(instance.turn().events)


def test_an_external_event_waits_until_somebody_waits_for_it() -> None:
    instance = running_instance(ACTIVITY)
    instance.receive(raised("go"), execution_id=None)
    assert instance.open() is None
    instance.receive(done(0))
    instance.turn(WaitForExternalEvent(name="go"))
    assert kinds(instance.turn().events) == ["OrchestratorStarted", "EventRaised", "OrchestratorCompleted"]


def test_one_wait_takes_one_event_and_the_next_stays() -> None:
    instance = running_instance(WaitForExternalEvent(name="go"))
    instance.receive(raised("go", "1"), execution_id=None)
    second = instance.receive(raised("go", "2"), execution_id=None)
    instance.turn()
    assert instance.inbox == [second]


def test_event_names_ignore_case_and_enter_history_as_they_are_waited_for() -> None:
    instance = running_instance(WaitForExternalEvent(name="Approval"))
    instance.receive(raised("approval"), execution_id=None)
    episode = instance.open()
    assert episode is not None
    assert isinstance(episode.new_events[1], EventRaised)
    assert episode.new_events[1].name == "Approval"


def test_a_suspended_instance_leaves_everything_until_it_is_resumed() -> None:
    instance = running_instance(ACTIVITY)
    instance.receive(ExecutionSuspended(timestamp=at(1), reason=""), execution_id=None)
    instance.receive(done(0))
    assert instance.turn().status.value == "Suspended"
    assert instance.open() is None
    instance.receive(ExecutionResumed(timestamp=at(1), reason=""), execution_id=None)
    # The completion arrived first, but nothing is taken before the resume that lets it be.
    assert kinds(instance.turn().events) == ["OrchestratorStarted", "ExecutionResumed", "OrchestratorCompleted"]
    assert "TaskCompleted" in kinds(instance.turn().events)


def test_terminate_goes_through_whatever_else_waits() -> None:
    instance = running_instance(ACTIVITY)
    instance.receive(ExecutionSuspended(timestamp=at(1), reason=""), execution_id=None)
    instance.turn()
    instance.receive(done(0))
    instance.receive(ExecutionTerminated(timestamp=at(1), reason="enough"), execution_id=None)
    episode = instance.open()
    assert episode is not None
    assert not episode.runs_code
    outcome = instance.turn()
    assert (outcome.status.value, outcome.output) == ("Terminated", '"enough"')


def test_a_finished_instance_takes_nothing_more() -> None:
    instance = running_instance(ACTIVITY)
    instance.receive(done(0))
    instance.turn(is_done=True, output="1")
    instance.receive(raised("go"), execution_id=None)
    episode = instance.open()
    assert episode is not None
    assert episode.is_empty


def test_an_episode_is_never_before_the_timer_that_fires_in_it_though_the_clock_went_back() -> None:
    fire_at = at(100)
    instance = running_instance(CreateTimer(fire_at=fire_at, is_canceled=False))
    instance.receive(TimerFired(timestamp=fire_at, timer_id=0, fire_at=fire_at))
    episode = instance.open()
    assert episode is not None
    assert episode.started_at == fire_at


def test_episodes_follow_each_other_in_time_though_the_clock_went_back() -> None:
    instance = running_instance(ACTIVITY)
    before = instance.execution.last_episode_at
    instance.seconds = -1000
    instance.receive(done(0))
    episode = instance.open()
    assert episode is not None
    assert before is not None
    assert episode.started_at > before


def test_a_timer_that_was_cancelled_fires_into_nothing() -> None:
    timer = CreateTimer(fire_at=at(100), is_canceled=False)
    instance = running_instance(WhenAny(children=(ACTIVITY, timer)))
    instance.receive(done(0))
    instance.turn(ACTIVITY, canceled_timers=(0,))
    instance.receive(TimerFired(timestamp=at(100), timer_id=1, fire_at=at(100)))
    episode = instance.open()
    assert episode is not None
    assert episode.is_empty


def test_a_new_instance_begins_with_its_start_even_where_an_event_came_with_it() -> None:
    instance = Instance()
    instance.receive(started())
    instance.receive(raised("go"), execution_id=None)
    assert kinds(instance.turn(WaitForExternalEvent(name="go")).events) == [
        "OrchestratorStarted",
        "ExecutionStarted",
        "OrchestratorCompleted",
    ]
