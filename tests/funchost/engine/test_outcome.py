"""What an orchestrator's reply leads to: events, numbers, status."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest

from funchost.engine.execution import fold
from funchost.engine.outcome import EngineSettings, answer_to_parent, retry_delay
from funchost.model.actions import (
    CallActivity,
    CallEntity,
    CallHttp,
    CallSubOrchestrator,
    ContinueAsNewAction,
    CreateTimer,
    SignalEntity,
    WaitForExternalEvent,
    WhenAll,
    WhenAny,
)
from funchost.model.history import (
    EventSent,
    ParentInstance,
    RetryOptions,
    SubOrchestrationInstanceCompleted,
    SubOrchestrationInstanceCreated,
    SubOrchestrationInstanceFailed,
    TaskCompleted,
    TaskFailed,
    TaskScheduled,
    TimerCreated,
    TimerFired,
)
from funchost.model.status import RuntimeStatus

from .builders import EXECUTION, Instance, at, kinds, running_instance, started

A = CallActivity(name="a", input='"x"')
B = CallActivity(name="b", input=None)
TIMER = CreateTimer(fire_at=at(3600), is_canceled=False)
THREE = RetryOptions(first_retry_interval_ms=5000, max_number_of_attempts=3)


def done(task: int) -> TaskCompleted:
    return TaskCompleted(timestamp=at(1), task_scheduled_id=task, result="1")


def failed(task: int) -> TaskFailed:
    return TaskFailed(timestamp=at(1), task_scheduled_id=task, reason="no", details="")


def test_every_action_becomes_its_event_numbered_depth_first_and_waits_take_no_number() -> None:
    instance = running_instance(
        WhenAll(children=(A, WhenAny(children=(TIMER, WaitForExternalEvent(name="go"))), B)),
        SignalEntity(instance_id="@e@k", operation="add", input="1"),
        CallEntity(instance_id="@e@k", operation="get", input="null"),
        CallSubOrchestrator(name="child", input=None, instance_id=None, version=None),
        CallHttp(request="{}"),
    )
    scheduled = [e for e in instance.history if hasattr(e, "event_id")]
    assert [(type(e).__name__, e.event_id) for e in scheduled] == [
        ("TaskScheduled", 0),
        ("TimerCreated", 1),
        ("TaskScheduled", 2),
        ("EventSent", 3),
        ("EventSent", 4),
        ("SubOrchestrationInstanceCreated", 5),
        ("TaskScheduled", 6),
    ]
    child = scheduled[5]
    assert isinstance(child, SubOrchestrationInstanceCreated)
    assert child.instance_id == f"{EXECUTION}:5"
    signal, call = scheduled[3], scheduled[4]
    assert isinstance(signal, EventSent)
    assert isinstance(call, EventSent)
    assert (signal.is_signal, call.is_signal) == (True, False)
    assert signal.input == '"1"', "an entity's SDK decodes its input twice"


def test_only_actions_that_are_new_are_scheduled() -> None:
    instance = running_instance(A)
    instance.receive(done(0))
    events = instance.turn(B).events
    assert [e.name for e in events if isinstance(e, TaskScheduled)] == ["b"]


def test_an_instance_completes_with_its_output() -> None:
    instance = running_instance(A)
    instance.receive(done(0))
    outcome = instance.turn(is_done=True, output="[1]", custom_status='"ok"')
    assert (outcome.status, outcome.output, outcome.custom_status) == (RuntimeStatus.COMPLETED, "[1]", '"ok"')
    assert kinds(outcome.events)[-2:] == ["ExecutionCompleted", "OrchestratorCompleted"]


def test_code_that_has_returned_leaves_its_instance_running_while_something_is_out() -> None:
    instance = running_instance(WhenAny(children=(A, TIMER)))
    instance.receive(done(0))
    assert instance.turn(is_done=True, output="1").status is RuntimeStatus.RUNNING
    assert instance.execution.has_returned
    instance.receive(TimerFired(timestamp=at(3600), timer_id=1, fire_at=at(3600)))
    assert instance.turn(is_done=True, output="1").status is RuntimeStatus.COMPLETED


def test_a_cancelled_timer_holds_nothing_up() -> None:
    instance = running_instance(WhenAny(children=(A, TIMER)))
    instance.receive(done(0))
    outcome = instance.turn(is_done=True, output="1", canceled_timers=(0,))
    assert outcome.status is RuntimeStatus.COMPLETED


def test_a_failure_carries_the_extension_s_words_and_the_output_is_its_text() -> None:
    instance = running_instance(A)
    instance.receive(failed(0))
    outcome = instance.turn(error="out of stock")
    assert outcome.status is RuntimeStatus.FAILED
    assert json.loads(outcome.output or "") == "Orchestrator function 'orch' failed: out of stock"


def test_a_failure_wins_over_continue_as_new() -> None:
    instance = running_instance(A)
    instance.receive(done(0))
    outcome = instance.turn(ContinueAsNewAction(input="1"), error="too late", is_done=True)
    assert outcome.status is RuntimeStatus.FAILED


def test_continue_as_new_is_known_by_its_action_and_its_output_is_ignored() -> None:
    instance = running_instance(A)
    instance.receive(done(0))
    outcome = instance.turn(ContinueAsNewAction(input='{"n": 1}'), is_done=True, output="1")
    assert outcome.continued is not None
    assert json.loads(json.loads(outcome.continued.result or "")) == {"n": 1}


@pytest.mark.parametrize("now", [(), (B,), (WhenAll(children=(A,)),)], ids=["gone", "another", "nested"])
def test_code_that_asks_for_something_else_fails_its_instance_and_says_what_changed(
    now: tuple[CallActivity],
) -> None:
    instance = running_instance(A)
    instance.receive(done(0))
    instance.actions.clear()
    outcome = instance.turn(*now)
    assert outcome.status is RuntimeStatus.FAILED
    text = json.loads(outcome.output or "")
    assert text.startswith(
        "Non-Deterministic workflow detected: A previous execution of this orchestration scheduled activity a"
    )


def test_a_run_that_broke_before_it_said_anything_fails_with_its_text() -> None:
    instance = running_instance(A)
    instance.receive(done(0))
    outcome = instance.turn(actions=None, error="'int' object has no attribute '_is_scheduled'")
    assert "'int' object has no attribute" in json.loads(outcome.output or "")


def test_a_custom_status_outlives_continue_as_new_by_one_episode() -> None:
    instance = Instance(custom_status='"of the execution before"')
    instance.receive(started())
    assert instance.turn(A).custom_status == '"of the execution before"'
    instance.receive(done(0))
    assert instance.turn().custom_status is None


def test_a_custom_status_outlives_one_generation_and_not_two() -> None:
    instance = Instance(custom_status='"old"')
    instance.receive(started())
    assert instance.turn(ContinueAsNewAction(input="1"), is_done=True).custom_status is None


def test_a_custom_status_of_the_first_episode_replaces_that_of_the_execution_before() -> None:
    instance = Instance(custom_status='"old"')
    instance.receive(started())
    assert instance.turn(A, custom_status='"new"').custom_status == '"new"'


def test_a_custom_status_beyond_its_limit_fails_the_instance() -> None:
    instance = running_instance(A)
    instance.receive(done(0))
    outcome = instance.turn(custom_status=json.dumps("x" * 9000))
    assert "must not exceed 16 KB. The current payload size is 18 KB." in json.loads(outcome.output or "")


def test_more_actions_than_allowed_fail_the_instance() -> None:
    instance = running_instance(A)
    instance.settings = EngineSettings(max_orchestration_actions=1)
    instance.receive(done(0))
    text = json.loads(instance.turn(B).output or "")
    assert "Maximum amount of orchestration actions (1) has been reached." in text


def test_a_retry_takes_its_number_before_the_new_actions_of_its_episode() -> None:
    instance = running_instance(CallActivity(name="a", input=None, retry=THREE), B)
    instance.receive(failed(0))
    timer = instance.turn().events[2]
    assert isinstance(timer, TimerCreated)
    assert (timer.event_id, timer.retry_of) == (2, 0)
    assert timer.fire_at - instance.execution.last_episode_at == timedelta(seconds=5)  # type: ignore[operator]
    instance.receive(TimerFired(timestamp=timer.fire_at, timer_id=2, fire_at=timer.fire_at))
    again = instance.turn().events[2]
    assert isinstance(again, TaskScheduled)
    assert (again.event_id, again.name, again.attempt) == (3, "a", 2)


def test_after_the_last_attempt_a_timer_due_at_once_keeps_the_numbers_aligned() -> None:
    once = RetryOptions(first_retry_interval_ms=5000, max_number_of_attempts=1)
    instance = running_instance(CallActivity(name="a", input=None, retry=once))
    instance.receive(failed(0))
    timer = instance.turn().events[2]
    assert isinstance(timer, TimerCreated)
    assert timer.fire_at == instance.execution.last_episode_at
    instance.receive(TimerFired(timestamp=timer.fire_at, timer_id=1, fire_at=timer.fire_at))
    outcome = instance.turn(error="no")
    assert kinds(outcome.events) == [
        "OrchestratorStarted",
        "TimerFired",
        "ExecutionCompleted",
        "OrchestratorCompleted",
    ]


@pytest.mark.parametrize(
    ("options", "attempt", "seconds"),
    [
        (THREE, 1, 5),
        (THREE, 2, 5),
        (RetryOptions(first_retry_interval_ms=1000, max_number_of_attempts=9, backoff_coefficient=2), 4, 8),
        (
            RetryOptions(
                first_retry_interval_ms=1000,
                max_number_of_attempts=9,
                backoff_coefficient=2,
                max_retry_interval_ms=3000,
            ),
            4,
            3,
        ),
        (RetryOptions(first_retry_interval_ms=10**12, max_number_of_attempts=9), 1, 6 * 24 * 3600),
    ],
    ids=["first", "constant", "doubling", "capped", "never beyond six days"],
)
def test_retry_delays(options: RetryOptions, attempt: int, seconds: float) -> None:
    assert retry_delay(options, attempt) == timedelta(seconds=seconds)


def test_a_finished_child_answers_its_parent() -> None:
    parent = ParentInstance(name="p", instance_id="p", execution_id="pe", task_scheduled_id=4)
    instance = running_instance(A)
    instance.receive(done(0))
    completed = answer_to_parent(parent, instance.turn(is_done=True, output="5"))
    assert isinstance(completed, SubOrchestrationInstanceCompleted)
    assert (completed.task_scheduled_id, completed.result) == (4, "5")
    other = running_instance(A)
    other.receive(failed(0))
    answer = answer_to_parent(parent, other.turn(error="no"))
    assert isinstance(answer, SubOrchestrationInstanceFailed)
    assert answer.reason == "Orchestrator function 'orch' failed: no"


def test_the_state_folded_from_the_history_is_the_state_that_was_there() -> None:
    instance = running_instance(
        CallActivity(name="a", input=None, retry=THREE),
        WhenAny(children=(B, TIMER)),
        WaitForExternalEvent(name="go"),
    )
    for body in (failed(0), done(1)):
        instance.receive(body)
        instance.turn(canceled_timers=(0,) if body == done(1) else ())
    assert vars(fold(instance.history)) == vars(instance.execution)
