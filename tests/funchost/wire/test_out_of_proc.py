"""The JSON of SDK 1.x, both ways. What it means to the SDK is shown in tests/funchost/dispatch, on that SDK."""

from __future__ import annotations

import json
from datetime import datetime, timedelta, timezone

import azure.durable_functions as df
import pytest
from azure.durable_functions.models.history.HistoryEvent import HistoryEvent as SdkEvent
from dateutil.parser import parse as read_slowly
from hypothesis import given
from hypothesis import strategies as st

from funchost.model.actions import (
    CallActivity,
    CallEntity,
    CallHttp,
    CallSubOrchestrator,
    ContinueAsNewAction,
    CreateTimer,
    OrchestratorReply,
    SignalEntity,
    WaitForExternalEvent,
    WhenAll,
    WhenAny,
)
from funchost.model.history import RetryOptions, TaskCompleted, TimerFired
from funchost.wire.out_of_proc import (
    OUT_OF_PROC_LABEL,
    ReplyError,
    decode_failure,
    decode_reply,
    encode_event,
    trigger_input,
)
from funchost.wire.timestamps import format_time, parse_time
from funchost.worker import sessions

NOON = datetime(2024, 5, 1, 12, tzinfo=timezone.utc)
moments = st.datetimes(
    timezones=st.just(timezone.utc), min_value=datetime(1, 1, 2), max_value=datetime(9999, 12, 30)
)


def reply(*actions: dict[str, object], **more: object) -> str:
    return json.dumps({"isDone": False, "schemaVersion": 2, "actions": [list(actions)], **more})


@pytest.mark.parametrize(
    ("wire", "action"),
    [
        (
            {"actionType": 0, "functionName": "Ship", "input": '{"id": 7}'},
            CallActivity(name="Ship", input='{"id": 7}'),
        ),
        (
            {
                "actionType": 1,
                "functionName": "Ship",
                "input": "null",
                "retryOptions": {"firstRetryIntervalInMilliseconds": 5000, "maxNumberOfAttempts": 3},
            },
            CallActivity(
                name="Ship",
                input="null",
                retry=RetryOptions(first_retry_interval_ms=5000, max_number_of_attempts=3),
            ),
        ),
        (
            {"actionType": 2, "functionName": "Child", "input": "null", "instanceId": "", "version": None},
            CallSubOrchestrator(name="Child", input="null", instance_id=None, version=None),
        ),
        ({"actionType": 4, "input": "1"}, ContinueAsNewAction(input="1")),
        (
            {"actionType": 5, "fireAt": "2024-05-01T12:00:00.000000Z", "isCanceled": True},
            CreateTimer(fire_at=NOON, is_canceled=True),
        ),
        (
            {"actionType": 6, "externalEventName": "Ok", "reason": "ExternalEvent"},
            WaitForExternalEvent(name="Ok"),
        ),
        (
            {"actionType": 7, "instanceId": "@c@k", "operation": "get", "input": "null"},
            CallEntity(instance_id="@c@k", operation="get", input="null"),
        ),
        (
            {"actionType": 9, "instanceId": "@c@k", "operation": "add", "input": "5"},
            SignalEntity(instance_id="@c@k", operation="add", input="5"),
        ),
        (
            {
                "actionType": 10,
                "instanceId": "@c@k",
                "operation": "add",
                "input": "5",
                "fireAt": "2024-05-01T12:00:00Z",
            },
            SignalEntity(instance_id="@c@k", operation="add", input="5", fire_at=NOON),
        ),
        ({"actionType": 8, "httpRequest": {"method": "GET"}}, CallHttp(request='{"method": "GET"}')),
        (
            {"actionType": 12, "compoundActions": [{"actionType": 11, "compoundActions": []}]},
            WhenAll(children=(WhenAny(children=()),)),
        ),
    ],
    ids=lambda value: type(value).__name__ if not isinstance(value, dict) else "",
)
def test_every_action_the_sdk_can_send_is_read(wire: dict[str, object], action: object) -> None:
    assert decode_reply(reply(wire)).actions == (action,)


def test_actions_of_the_first_schema_one_list_per_yield_are_read_as_one_list() -> None:
    text = json.dumps(
        {
            "isDone": False,
            "actions": [
                [{"actionType": 0, "functionName": "A", "input": "1"}],
                [{"actionType": 0, "functionName": "B", "input": "2"}],
            ],
        }
    )
    assert decode_reply(text).actions == (CallActivity(name="A", input="1"), CallActivity(name="B", input="2"))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("nonsense", "not JSON"),
        ("[]", "not an object but list"),
        ('{"isDone": false}', "lacks the field 'actions'"),
        (reply({"actionType": 99}), "unknown actionType 99"),
        (reply({"actionType": 0}), "lacks the field 'functionName'"),
    ],
)
def test_a_reply_that_is_none_is_refused_and_names_what_is_wrong(text: str, message: str) -> None:
    with pytest.raises(ReplyError, match=message):
        decode_reply(text)


def test_the_numbers_of_cancelled_timers_count_timers_however_deep_they_stand() -> None:
    timer = {"actionType": 5, "fireAt": "2024-05-01T12:00:00Z", "isCanceled": False}
    canceled = {**timer, "isCanceled": True}
    nested = {"actionType": 11, "compoundActions": [timer, canceled]}
    assert decode_reply(reply(timer, nested, canceled)).canceled_timers == (2, 3)
    later = decode_reply(reply(canceled), first_action=4, first_timer=7, canceled_timers=(1,))
    assert (later.first_action, later.canceled_timers) == (4, (1, 7))


def test_a_failure_is_split_at_the_last_label() -> None:
    text = f"it says {OUT_OF_PROC_LABEL} in my text"
    envelope = reply({"actionType": 0, "functionName": "A", "input": "1"}, error=text)
    failure = decode_failure(f"{text}{OUT_OF_PROC_LABEL}{envelope}")
    assert (failure.error, failure.actions) == (text, (CallActivity(name="A", input="1"),))


@pytest.mark.parametrize("text", ["boom", f"boom{OUT_OF_PROC_LABEL}and no JSON"])
def test_a_failure_without_an_envelope_is_only_its_text(text: str) -> None:
    assert decode_failure(text) == OrchestratorReply(is_done=False, actions=None, error=text)


@pytest.mark.parametrize(
    ("stored", "value"),
    [
        (None, None),
        ('"{\\"a\\": 1}"', {"a": 1}),
        ('{"a": 1}', {"a": 1}),
        ("[1]", [1]),
        ("5", 5),
        ('"just text"', "just text"),
        ('"\\"text by the SDK\\""', "text by the SDK"),
        ('"null"', None),
    ],
    ids=[
        "none",
        "SDK object",
        "posted object",
        "posted list",
        "posted number",
        "posted text",
        "SDK text",
        "SDK None",
    ],
)
def test_get_input_gives_the_value_that_was_sent_whoever_sent_it(stored: str | None, value: object) -> None:
    seen = []

    def orchestrator(context: df.DurableOrchestrationContext) -> None:
        seen.append(context.get_input())

    events = [
        {"EventType": 12, "EventId": -1, "IsPlayed": False, "Timestamp": "2024-05-01T10:00:00.000000Z"},
        {
            "EventType": 0,
            "EventId": -1,
            "IsPlayed": False,
            "Timestamp": "2024-05-01T10:00:00.000000Z",
            "Version": "",
        },
    ]
    context = {
        "history": events,
        "input": trigger_input(stored),
        "instanceId": "i",
        "isReplaying": False,
        "parentInstanceId": None,
    }
    df.Orchestrator.create(orchestrator)(json.dumps(context))
    assert seen == [value]


@given(moments)
def test_times_survive_being_written_and_read(moment: datetime) -> None:
    assert parse_time(format_time(moment)) == moment


@given(moments)
def test_the_quick_reader_of_times_gives_what_the_sdk_s_own_gives(moment: datetime) -> None:
    sessions._read_times_quickly()
    text = format_time(moment)
    quick = SdkEvent(EventType=12, EventId=-1, IsPlayed=False, Timestamp=text).timestamp
    slow = read_slowly(text)
    assert (quick, quick.tzinfo, repr(quick)) == (slow, slow.tzinfo, repr(slow))


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2024-05-01T12:00:00Z", NOON),
        ("2024-05-01T12:00:00", NOON),
        ("2024-05-01T14:00:00+02:00", NOON),
        ("2024-05-01T12:00:00.1234567Z", NOON + timedelta(microseconds=123456)),
        ("2024-05-01T12:00:00.5-00:30", NOON + timedelta(minutes=30, milliseconds=500)),
    ],
)
def test_times_are_read_in_every_shape_that_dotnet_and_python_write(text: str, moment: datetime) -> None:
    assert parse_time(text) == moment


def test_a_text_that_is_no_time_is_refused() -> None:
    with pytest.raises(ValueError, match="not an ISO 8601 time: 'noon'"):
        parse_time("noon")


def test_events_carry_what_the_sdk_cannot_do_without() -> None:
    done = json.loads(encode_event(TaskCompleted(timestamp=NOON, task_scheduled_id=3, result=None)))
    assert done == {
        "EventType": 5,
        "EventId": -1,
        "IsPlayed": False,
        "Timestamp": "2024-05-01T12:00:00.000000Z",
        "TaskScheduledId": 3,
        "Result": None,
    }
    fired = json.loads(encode_event(TimerFired(timestamp=NOON, timer_id=1, fire_at=NOON)))
    assert (fired["TimerId"], fired["FireAt"]) == (1, "2024-05-01T12:00:00.000000Z")
