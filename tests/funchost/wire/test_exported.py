"""Histories exported by the management API of a real deployment, which tells neither ids nor episodes."""

from __future__ import annotations

from typing import Any

import pytest

from funchost.model import history as h
from funchost.wire.exported import decode_export, is_export
from funchost.wire.golden import GoldenError

EXPORT: dict[str, Any] = {
    "name": "order",
    "instanceId": "a1",
    "runtimeStatus": "Completed",
    "input": '["pen", "ink"]',
    "customStatus": None,
    "output": "shipped",
    "createdTime": "2026-01-02T03:04:05Z",
    "lastUpdatedTime": "2026-01-02T03:05:05Z",
    "historyEvents": [
        {
            "EventType": "ExecutionStarted",
            "Correlation": None,
            "ScheduledStartTime": None,
            "Generation": 0,
            "Timestamp": "2026-01-02T03:04:05.0000001Z",
            "FunctionName": "order",
            "Input": '"[\\"pen\\", \\"ink\\"]"',
        },
        {
            "EventType": "TaskCompleted",
            "Result": 4,
            "Timestamp": "2026-01-02T03:04:06.2Z",
            "ScheduledTime": "2026-01-02T03:04:05.1000002Z",
            "FunctionName": "price",
            "Input": '"ink"',
        },
        {
            "EventType": "TaskFailed",
            "Reason": "no stock",
            "Details": "…",
            "FailureDetails": None,
            "Timestamp": "2026-01-02T03:04:06.1Z",
            "ScheduledTime": "2026-01-02T03:04:05.1Z",
            "FunctionName": "price",
            "Input": '"pen"',
        },
        {"EventType": "TimerCreated", "FireAt": "2026-01-02T03:04:16.5Z", "Timestamp": "2026-01-02T03:04:06.5Z"},
        {"EventType": "TimerFired", "FireAt": "2026-01-02T03:04:16.5Z", "Timestamp": "2026-01-02T03:04:16.5Z"},
        {
            "EventType": "EventSent",
            "InstanceId": "@counter@all",
            "Name": "op",
            "Input": '{"op": "get", "input": "\\"null\\"", "id": "r-1"}',
            "Timestamp": "2026-01-02T03:04:17Z",
        },
        {
            "EventType": "EventRaised",
            "Name": "r-1",
            "Input": '{"result": "3"}',
            "Timestamp": "2026-01-02T03:04:17.5Z",
        },
        {"EventType": "EventRaised", "Name": "Paid", "Input": '{"by": 1}', "Timestamp": "2026-01-02T03:04:18Z"},
        {
            "EventType": "SubOrchestrationInstanceCreated",
            "InstanceId": "child",
            "Input": None,
            "Name": "send",
            "Timestamp": "2026-01-02T03:04:19Z",
        },
        {
            "EventType": "ExecutionCompleted",
            "OrchestrationStatus": "Completed",
            "Result": "shipped",
            "Timestamp": "2026-01-02T03:05:05Z",
        },
    ],
}


def with_events(*events: dict[str, Any]) -> dict[str, Any]:
    return {**EXPORT, "historyEvents": [EXPORT["historyEvents"][0], *events]}


def test_a_status_with_history_is_an_export_and_others_are_not() -> None:
    assert is_export(EXPORT)
    assert not is_export({"format": "funchost history 1"})
    assert not is_export([])


def test_everything_scheduled_is_numbered_by_its_time_and_completions_point_at_it() -> None:
    events = decode_export(EXPORT).events
    numbered = {e.event_id: e for e in events if hasattr(e, "event_id")}
    assert [type(numbered[number]).__name__ for number in sorted(numbered)] == [
        "TaskScheduled",
        "TaskScheduled",
        "TimerCreated",
        "EventSent",
        "SubOrchestrationInstanceCreated",
        "ExecutionCompleted",
    ]
    assert numbered[0].input == '"pen"'  # type: ignore[union-attr]
    assert [e.task_scheduled_id for e in events if isinstance(e, h.TaskCompleted | h.TaskFailed)] == [1, 0]
    assert [e.timer_id for e in events if isinstance(e, h.TimerFired)] == [2]


def test_each_completion_gets_an_episode_at_a_time_that_grows() -> None:
    events = decode_export(EXPORT).events
    starts = [e.timestamp for e in events if isinstance(e, h.OrchestratorStarted)]
    assert len(starts) == 6
    assert starts == sorted(set(starts))
    fired = next(e for e in events if isinstance(e, h.TimerFired))
    assert starts[3] >= fired.fire_at


def test_a_request_to_an_entity_stands_before_its_answer() -> None:
    events = decode_export(EXPORT).events
    sent = next(i for i, e in enumerate(events) if isinstance(e, h.EventSent))
    answered = next(i for i, e in enumerate(events) if isinstance(e, h.EventRaised) and e.name == "r-1")
    assert sent < answered
    assert events[sent].operation == "get"  # type: ignore[union-attr]


def test_the_input_is_what_the_orchestrator_was_given() -> None:
    assert decode_export(EXPORT).input == '["pen", "ink"]'
    assert decode_export({**EXPORT, "input": {"a": 1}}).input == '{"a": 1}'


def test_an_export_of_the_extension_is_told_from_one_of_funchost() -> None:
    assert decode_export(EXPORT).from_extension
    assert not decode_export({**EXPORT, "history": []}).from_extension


@pytest.mark.parametrize(
    ("content", "complaint"),
    [
        ({**EXPORT, "historyEvents": []}, "has not run yet"),
        (
            {**EXPORT, "input": None, "historyEvents": [{"EventType": "ExecutionStarted"}]},
            "the inputs are missing: export it again with showHistory=true",
        ),
        (
            with_events({k: v for k, v in EXPORT["historyEvents"][1].items() if k != "Result"}),
            "lacks the key 'Result': export it again",
        ),
        (with_events(EXPORT["historyEvents"][4]), "but none was created"),
        (
            with_events({"EventType": "ExecutionRewound", "Timestamp": "2026-01-02T03:04:19Z"}),
            "event number 2 is ExecutionRewound",
        ),
        (with_events({**EXPORT["historyEvents"][5], "Input": None}), "has no readable Input"),
        (with_events("x"), "not a status with history"),  # type: ignore[arg-type]
    ],
)
def test_what_cannot_be_reconstructed_is_refused(content: dict[str, Any], complaint: str) -> None:
    with pytest.raises(GoldenError) as caught:
        decode_export(content)
    assert complaint in str(caught.value)
