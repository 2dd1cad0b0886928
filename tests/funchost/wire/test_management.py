"""The JSON of the Durable HTTP API."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from funchost.model import history as h
from funchost.model.entities import EntityId
from funchost.model.records import EntityRecord, InstanceRecord
from funchost.model.status import RuntimeStatus
from funchost.wire import management as wire

START = datetime(2026, 1, 2, 3, 4, 5, 678900, tzinfo=timezone.utc)


def record(**changes: Any) -> InstanceRecord:
    made = InstanceRecord(
        instance_id="abc",
        execution_id="e1",
        name="Orch",
        version="",
        runtime_status=RuntimeStatus.COMPLETED,
        input=None,
        output='["x"]',
        custom_status=None,
        created_at=START,
        last_updated_at=START + timedelta(seconds=1),
    )
    return replace(made, **changes)


def test_a_status_object_has_the_extensions_keys_in_the_extensions_order() -> None:
    assert wire.dump_status(record()) == (
        b'{"name":"Orch","instanceId":"abc","runtimeStatus":"Completed","input":null,"customStatus":null,'
        b'"output":["x"],"createdTime":"2026-01-02T03:04:05Z","lastUpdatedTime":"2026-01-02T03:04:06Z"}'
    )


VALUES = [
    pytest.param(None, None, id="nothing stored"),
    pytest.param('{"a": 1}', {"a": 1}, id="posted by an HTTP client"),
    pytest.param('"{\\"a\\": 1}"', '{"a": 1}', id="posted by the SDK, so shown as text"),
    pytest.param("null", None, id="null"),
    pytest.param("because", "because", id="not JSON"),
    pytest.param("1" * 5000, "1" * 5000, id="a number too long for Python"),
]


@pytest.mark.parametrize(("stored", "shown"), VALUES)
def test_stored_texts_are_parsed_once(stored: str | None, shown: Any) -> None:
    status = wire.encode_status(record(input=stored, output=stored, custom_status=stored))
    assert (status["input"], status["output"], status["customStatus"]) == (shown, shown, shown)


def test_without_show_input_the_key_stays_and_holds_null() -> None:
    assert wire.encode_status(record(input='"secret"'), show_input=False)["input"] is None


@pytest.mark.parametrize("depth", [10, 900, 950, 970, 975, 980, 985, 990, 5_000, 200_000])
def test_a_value_nested_too_deeply_to_be_written_is_shown_as_its_text(depth: int) -> None:
    deep = "[" * depth + "]" * depth
    body = wire.dump_status(record(output=deep), history=[]).decode()
    assert f'"output":{deep},' in body or f'"output":"{deep}",' in body


def test_half_a_surrogate_pair_survives() -> None:
    assert json.loads(wire.dump_status(record(output='"\\ud800"')))["output"] == "\ud800"


def test_the_year_one_is_written_with_four_digits() -> None:
    early = datetime(1, 1, 1, tzinfo=timezone.utc)
    assert wire.encode_status(record(created_at=early))["createdTime"] == "0001-01-01T00:00:00Z"


@given(
    status=st.sampled_from(RuntimeStatus),
    value=st.none() | st.integers() | st.text() | st.lists(st.booleans()),
    seconds=st.integers(0, 10**9),
)
def test_a_status_reads_back_as_the_record_it_came_from(status: RuntimeStatus, value: Any, seconds: int) -> None:
    text = None if value is None else json.dumps(value)
    moment = datetime(2000, 1, 1, tzinfo=timezone.utc) + timedelta(seconds=seconds)
    stored = record(
        runtime_status=status,
        input=text,
        output=text,
        custom_status=text,
        created_at=moment,
        last_updated_at=moment,
    )
    assert wire.decode_status(json.loads(wire.dump_status(stored))) == replace(stored, execution_id="")


def test_a_status_without_a_key_is_refused_by_that_keys_name() -> None:
    status = wire.encode_status(record())
    del status["createdTime"]
    with pytest.raises(ValueError, match="createdTime"):
        wire.decode_status(status)


# -- History ------------------------------------------------------------------------------------------------


def at(seconds: float) -> datetime:
    return datetime(2024, 1, 1, tzinfo=timezone.utc) + timedelta(seconds=seconds)


def stamp(seconds: int) -> str:
    return f"2024-01-01T00:00:{seconds:02d}.000000Z"


HISTORY = [
    h.OrchestratorStarted(timestamp=at(0)),
    h.ExecutionStarted(
        timestamp=at(0), name="Orch", version="1", input='"in"', instance_id="abc", execution_id="e1"
    ),
    h.TaskScheduled(timestamp=at(1), event_id=0, name="SayHello", input='"Tokyo"'),
    h.TaskScheduled(timestamp=at(1), event_id=1, name="Fails", input=None),
    h.TaskScheduled(timestamp=at(1), event_id=2, name="Unfinished", input="5"),
    h.SubOrchestrationInstanceCreated(
        timestamp=at(1), event_id=3, name="Child", version="", instance_id="abc:3", input=None
    ),
    h.TimerCreated(timestamp=at(1), event_id=4, fire_at=at(9)),
    h.OrchestratorCompleted(timestamp=at(1)),
    h.TaskCompleted(timestamp=at(2), task_scheduled_id=0, result='"Hello Tokyo!"'),
    h.TaskFailed(timestamp=at(3), task_scheduled_id=1, reason="boom", details="stack"),
    h.SubOrchestrationInstanceCompleted(timestamp=at(4), task_scheduled_id=3, result="[1]"),
    h.EventRaised(timestamp=at(5), name="Approval", input="true"),
    h.TimerFired(timestamp=at(9), timer_id=4, fire_at=at(9)),
    h.ExecutionSuspended(timestamp=at(10), reason="wait"),
    h.ExecutionResumed(timestamp=at(11), reason="go on"),
    h.ExecutionCompleted(timestamp=at(12), event_id=5, status=RuntimeStatus.COMPLETED, result='{"n":1}'),
]


def test_completions_carry_what_they_complete_and_episode_marks_are_gone() -> None:
    assert wire.encode_history(HISTORY, show_input=True, show_output=True) == [
        {"EventType": "ExecutionStarted", "Input": '"in"', "FunctionName": "Orch", "Timestamp": stamp(0)},
        {"EventType": "TaskScheduled", "Name": "Unfinished", "Input": "5", "Timestamp": stamp(1)},
        {"EventType": "TimerCreated", "FireAt": stamp(9), "Timestamp": stamp(1)},
        {
            "EventType": "TaskCompleted",
            "Result": "Hello Tokyo!",
            "Timestamp": stamp(2),
            "ScheduledTime": stamp(1),
            "FunctionName": "SayHello",
            "Input": '"Tokyo"',
        },
        {
            "EventType": "TaskFailed",
            "Reason": "boom",
            "Details": "stack",
            "FailureDetails": None,
            "Timestamp": stamp(3),
            "ScheduledTime": stamp(1),
            "FunctionName": "Fails",
            "Input": None,
        },
        {
            "EventType": "SubOrchestrationInstanceCompleted",
            "Result": [1],
            "Timestamp": stamp(4),
            "ScheduledTime": stamp(1),
            "FunctionName": "Child",
            "Input": None,
        },
        {"EventType": "EventRaised", "Name": "Approval", "Input": "true", "Timestamp": stamp(5)},
        {"EventType": "TimerFired", "FireAt": stamp(9), "Timestamp": stamp(9)},
        {"EventType": "ExecutionSuspended", "Reason": "wait", "Timestamp": stamp(10)},
        {"EventType": "ExecutionResumed", "Reason": "go on", "Timestamp": stamp(11)},
        {
            "EventType": "ExecutionCompleted",
            "OrchestrationStatus": "Completed",
            "Result": {"n": 1},
            "Timestamp": stamp(12),
        },
    ]


@pytest.mark.parametrize(("show_input", "show_output"), [(True, False), (False, True), (False, False)])
def test_inputs_and_results_appear_only_when_asked_for(show_input: bool, show_output: bool) -> None:
    events = wire.encode_history(HISTORY, show_input=show_input, show_output=show_output)
    assert any("Input" in event for event in events) is show_input
    assert any("Result" in event for event in events) is show_output


OTHER_EVENTS = [
    (h.ExecutionTerminated(timestamp=at(0), reason="enough"), {"Input": "enough"}),
    (h.ExecutionRewound(timestamp=at(0), reason="fixed"), {"Reason": "fixed"}),
    (h.ContinueAsNew(timestamp=at(0), event_id=0, result="1"), {"Result": 1}),
    (
        h.SubOrchestrationInstanceFailed(timestamp=at(0), task_scheduled_id=0, reason="no", details=None),
        {"Reason": "no", "Details": None, "FailureDetails": None},
    ),
]


@pytest.mark.parametrize(("event", "own"), OTHER_EVENTS, ids=lambda value: type(value).__name__)
def test_each_event_shows_its_own_fields(event: h.HistoryEvent, own: dict[str, Any]) -> None:
    (shown,) = wire.encode_history([event], show_input=True, show_output=True)
    assert shown == {"EventType": type(event).__name__, **own, "Timestamp": stamp(0)}


def test_a_message_to_an_entity_shows_as_the_operation_it_asks_for() -> None:
    sent = h.EventSent(
        timestamp=at(0),
        event_id=0,
        instance_id="@counter@a",
        operation="add",
        input='"5"',
        request_id="r1",
        is_signal=True,
    )
    (shown,) = wire.encode_history([sent], show_input=True, show_output=False)
    assert (shown["EventType"], shown["InstanceId"], shown["Name"]) == ("EventSent", "@counter@a", "op")
    assert json.loads(shown["Input"])["op"] == "add"


def test_history_is_given_under_the_extensions_name_and_the_name_the_sdk_reads() -> None:
    status = wire.encode_status(record(), history=HISTORY)
    assert [*status][-2:] == ["historyEvents", "history"]
    assert status["history"] == status["historyEvents"] != []


# -- Entities, URLs, errors ---------------------------------------------------------------------------------

COUNTER = EntityRecord(entity_id=EntityId("Counter", "a"), exists=True, state='{"n":2}', last_operation_at=at(0))


def test_an_entity_item_holds_its_state_only_when_asked_for() -> None:
    assert wire.encode_entity(COUNTER, fetch_state=True) == {
        "entityId": {"name": "counter", "key": "a"},
        "lastOperationTime": stamp(0),
        "state": {"n": 2},
    }
    assert wire.encode_entity(COUNTER, fetch_state=False)["state"] is None


def test_an_entity_item_reads_back() -> None:
    decoded = wire.decode_entity(wire.encode_entity(COUNTER, fetch_state=True))
    assert decoded == replace(COUNTER, state='{"n": 2}')
    with pytest.raises(ValueError, match="entityId"):
        wire.decode_entity({})


def test_an_entity_seen_as_an_instance_never_ends() -> None:
    shown = wire.encode_entity_status(COUNTER, show_input=True)
    assert (shown["name"], shown["instanceId"], shown["runtimeStatus"]) == (
        "@counter",
        "@counter@a",
        "Running",
    )
    assert shown["input"] == {"exists": True, "state": '{"n":2}'}
    assert wire.encode_entity_status(COUNTER, show_input=False)["input"] is None


def test_the_check_status_body_has_no_rewind_url_and_encodes_the_id() -> None:
    urls = wire.encode_check_status("http://h/d", "a b+c", "taskHub=T&code=k")
    assert urls == {
        "id": "a b+c",
        "statusQueryGetUri": "http://h/d/instances/a+b%2Bc?taskHub=T&code=k",
        "sendEventPostUri": "http://h/d/instances/a+b%2Bc/raiseEvent/{eventName}?taskHub=T&code=k",
        "terminatePostUri": "http://h/d/instances/a+b%2Bc/terminate?reason={text}&taskHub=T&code=k",
        "purgeHistoryDeleteUri": "http://h/d/instances/a+b%2Bc?taskHub=T&code=k",
        "restartPostUri": "http://h/d/instances/a+b%2Bc/restart?taskHub=T&code=k",
        "suspendPostUri": "http://h/d/instances/a+b%2Bc/suspend?reason={text}&taskHub=T&code=k",
        "resumePostUri": "http://h/d/instances/a+b%2Bc/resume?reason={text}&taskHub=T&code=k",
    }
    assert [*urls][:3] == ["id", "statusQueryGetUri", "sendEventPostUri"]


def test_an_error_has_its_exception_fields_in_order_or_not_at_all() -> None:
    assert wire.encode_error("no") == {"Message": "no"}
    assert [*wire.encode_error("no", exception_message="why")] == [
        "Message",
        "ExceptionMessage",
        "ExceptionType",
        "StackTrace",
    ]


@pytest.mark.parametrize(
    ("body", "text"),
    [
        ({"Message": "a", "ExceptionMessage": "b"}, "b"),
        ({"Message": "a"}, "a"),
        ("bare", "bare"),
        ({"other": 1}, "{'other': 1}"),
    ],
)
def test_the_most_telling_text_of_an_error_is_read(body: Any, text: str) -> None:
    assert wire.decode_error(body) == text


def test_numbers_that_no_json_has_are_shown_as_texts() -> None:
    assert wire.decode_value("[NaN, Infinity, -Infinity, 1.5]") == ["NaN", "Infinity", "-Infinity", 1.5]
