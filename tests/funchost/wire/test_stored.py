"""Stored events, message bodies and parents: nothing is lost, and nothing once written becomes unreadable."""

from __future__ import annotations

import json
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any, get_args, get_type_hints

import pytest
from hypothesis import given
from hypothesis import strategies as st

from funchost.model import history as h
from funchost.model.entities import EntityRequest
from funchost.model.history import HistoryEvent, ParentInstance, RetryOptions
from funchost.model.messages import MessageBody
from funchost.model.status import RuntimeStatus
from funchost.wire.stored import (
    decode_body,
    decode_event,
    decode_events,
    decode_parent,
    decode_time,
    encode_body,
    encode_event,
    encode_parent,
    encode_time,
)

GOLDEN_FILE = Path(__file__).with_name("stored_golden.json")
GOLDEN: dict[str, list[str]] = json.loads(GOLDEN_FILE.read_text("utf-8"))

AT = datetime(2024, 1, 1, 12, 30, 15, 123456, tzinfo=timezone.utc)
LATER = AT + timedelta(hours=72)
RETRY = RetryOptions(
    first_retry_interval_ms=5000,
    max_number_of_attempts=3,
    backoff_coefficient=1.5,
    max_retry_interval_ms=60000,
    retry_timeout_ms=None,
)
PARENT = ParentInstance(name="outer", instance_id="o", execution_id="o-1", task_scheduled_id=2)

# One value (or more) per type; GOLDEN has, under the same name, every text it was ever stored as.
CASES: dict[str, MessageBody] = {
    "OrchestratorStarted": h.OrchestratorStarted(timestamp=AT),
    "OrchestratorCompleted": h.OrchestratorCompleted(
        timestamp=AT, actions=("0a1b", "2c3d"), waits=("Approval",), canceled_timers=(4, 7)
    ),
    "OrchestratorCompleted, nothing new": h.OrchestratorCompleted(timestamp=AT),
    "ExecutionStarted": h.ExecutionStarted(
        timestamp=AT, name="inventory", version="", input='{"a":1}', instance_id="i", execution_id="i-1"
    ),
    "ExecutionStarted, with a parent": h.ExecutionStarted(
        timestamp=AT,
        name="inner",
        version="2.0",
        input=None,
        instance_id="i",
        execution_id="i-1",
        parent=PARENT,
    ),
    "ExecutionCompleted": h.ExecutionCompleted(
        timestamp=AT, event_id=9, status=RuntimeStatus.FAILED, result='"boom"'
    ),
    "ExecutionTerminated": h.ExecutionTerminated(timestamp=AT, reason="no longer needed"),
    "ExecutionSuspended": h.ExecutionSuspended(timestamp=AT, reason="lunch"),
    "ExecutionResumed": h.ExecutionResumed(timestamp=AT, reason="back"),
    "ExecutionRewound": h.ExecutionRewound(timestamp=AT, reason="fixed"),
    "ContinueAsNew": h.ContinueAsNew(timestamp=AT, event_id=3, result="4"),
    "TaskScheduled": h.TaskScheduled(timestamp=AT, event_id=0, name="say_hello", input='"Tokyo 東京"'),
    "TaskScheduled, second attempt": h.TaskScheduled(
        timestamp=AT, event_id=5, name="say_hello", input=None, retry=RETRY, attempt=2
    ),
    "TaskCompleted": h.TaskCompleted(timestamp=AT, task_scheduled_id=0, result='"Hello Tokyo!"'),
    "TaskFailed": h.TaskFailed(timestamp=AT, task_scheduled_id=0, reason="ValueError", details="line\none"),
    "SubOrchestrationInstanceCreated": h.SubOrchestrationInstanceCreated(
        timestamp=AT, event_id=1, name="inner", version="", instance_id="i:1", input="1", retry=RETRY, attempt=1
    ),
    "SubOrchestrationInstanceCompleted": h.SubOrchestrationInstanceCompleted(
        timestamp=AT, task_scheduled_id=1, result=None
    ),
    "SubOrchestrationInstanceFailed": h.SubOrchestrationInstanceFailed(
        timestamp=AT, task_scheduled_id=1, reason="inner failed", details=None
    ),
    "TimerCreated": h.TimerCreated(timestamp=AT, event_id=2, fire_at=LATER),
    "TimerCreated, for a retry": h.TimerCreated(timestamp=AT, event_id=2, fire_at=LATER, retry_of=0),
    "TimerFired": h.TimerFired(timestamp=LATER, timer_id=2, fire_at=LATER),
    "EventSent": h.EventSent(
        timestamp=AT,
        event_id=6,
        instance_id="@lamp@hall",
        operation="turn_on",
        input='"1"',
        request_id="r1",
        is_signal=False,
    ),
    "EventSent, a delayed signal": h.EventSent(
        timestamp=AT,
        event_id=6,
        instance_id="@lamp@hall",
        operation="turn_on",
        input=None,
        request_id="r1",
        is_signal=True,
        fire_at=LATER,
    ),
    "EventRaised": h.EventRaised(timestamp=AT, name="Approval", input="true"),
    "EntityRequest, a signal": EntityRequest(
        timestamp=AT, operation="on", input=None, request_id="r1", is_signal=True
    ),
    "EntityRequest, a call": EntityRequest(
        timestamp=AT,
        operation="add",
        input='"1"',
        request_id="r2",
        is_signal=False,
        caller_id="i",
        caller_execution_id="i-1",
    ),
}


# -- What was ever written can be read ----------------------------------------------------------------------


@pytest.mark.parametrize("name", GOLDEN)
def test_every_text_ever_stored_is_still_read(name: str) -> None:
    for text in GOLDEN[name]:
        assert decode_body(text) == CASES[name]


@pytest.mark.parametrize("name", CASES)
def test_what_is_written_today_is_on_record(name: str) -> None:
    """A change of the format is decided on purpose: append the new text to the golden file, keep the old."""
    assert encode_body(CASES[name]) == GOLDEN[name][-1]


def test_the_record_covers_every_type() -> None:
    assert {type(value) for value in CASES.values()} == {*get_args(HistoryEvent), EntityRequest}


# -- Nothing is lost ----------------------------------------------------------------------------------------

# Two surrogates that make a pair are one character to JSON, so they are joined beforehand.
TEXTS = st.text(st.characters(exclude_categories=())).map(
    lambda text: text.encode("utf-16", "surrogatepass").decode("utf-16", "surrogatepass")
)
NUMBERS = st.integers()
STRATEGIES: dict[Any, st.SearchStrategy[Any]] = {
    datetime: st.datetimes(timezones=st.just(timezone.utc)),
    int: NUMBERS,
    float: st.floats(allow_nan=False),
    bool: st.booleans(),
    str: TEXTS,
    tuple[str, ...]: st.lists(TEXTS).map(tuple),
    tuple[int, ...]: st.lists(NUMBERS).map(tuple),
    RuntimeStatus: st.sampled_from(RuntimeStatus),
}


def values_of(annotation: Any) -> st.SearchStrategy[Any]:
    """Any value the model allows for this annotation; a new kind of field needs an entry above."""
    if annotation in STRATEGIES:
        return STRATEGIES[annotation]
    options = [option for option in get_args(annotation) if option is not type(None)]
    if options:
        return st.none() | values_of(options[0])
    return st.builds(annotation, **{name: values_of(hint) for name, hint in get_type_hints(annotation).items()})


@pytest.mark.parametrize("type_", get_args(HistoryEvent), ids=lambda type_: type_.__name__)
def test_every_event_comes_back_whole(type_: type[Any]) -> None:
    @given(values_of(type_))
    def check(event: HistoryEvent) -> None:
        text = encode_event(event)
        assert decode_event(text) == event
        assert decode_events([text, text]) == [event, event]
        assert decode_body(encode_body(event)) == event
        assert text.isascii()

    check()


@given(values_of(EntityRequest))
def test_every_entity_request_comes_back_whole(request: EntityRequest) -> None:
    assert decode_body(encode_body(request)) == request


@given(values_of(ParentInstance))
def test_every_parent_comes_back_whole(parent: ParentInstance) -> None:
    assert decode_parent(encode_parent(parent)) == parent


@given(st.datetimes(timezones=st.timezones()))
def test_a_time_is_its_microseconds_in_utc_whatever_its_zone(when: datetime) -> None:
    try:
        in_utc = when.astimezone(timezone.utc)
    except OverflowError:  # the first or last day of the calendar, in a far zone
        return
    assert decode_time(encode_time(when)) == in_utc
    assert decode_time(encode_time(when)).tzinfo is timezone.utc


def test_no_events_are_no_events() -> None:
    assert decode_events([]) == []


# -- What is refused ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("", "a stored history event is not JSON"),
        ('{"t":"TC"', "a stored history event is not JSON"),
        ("[1]", r"a stored history event is a JSON object, not \[1\]"),
        ('{"t":"XX","at":0}', "unknown tag 'XX' in field 't'"),
        ('{"at":0}', "unknown tag None in field 't'"),
        ('{"t":["TC"],"at":0}', r"unknown tag \['TC'\] in field 't'"),
        ('{"t":"OS","at":0,"mood":"good"}', r"OrchestratorStarted \(tag 'OS'\) has the unknown field 'mood'"),
        ('{"t":"OS","timestamp":0}', "has the unknown field 'timestamp' and lacks the field 'at'"),
        ('{"t":"TC","at":0,"result":null}', r"TaskCompleted \(tag 'TC'\) lacks the field 'task_scheduled_id'"),
        ('{"t":"OS","at":"noon"}', "OrchestratorStarted .tag 'OS'., field 'at'"),
        ('{"t":"OS","at":1e300}', "field 'at'"),
        ('{"t":"EC","at":0,"event_id":1,"status":"Napping","result":null}', "field 'status': 'Napping' is not"),
        (
            '{"t":"TS","at":0,"event_id":1,"name":"n","input":null,"retry":{"speed":1}}',
            "field 'retry': stored RetryOptions has the unknown field 'speed'",
        ),
        ('{"t":"TS","at":0,"event_id":1,"name":"n","input":null,"retry":7}', "field 'retry'"),
        ('{"t":"ER","at":0}', "unknown tag 'ER'"),
    ],
)
def test_a_text_of_another_format_is_refused_by_the_name_of_what_is_wrong(text: str, complaint: str) -> None:
    with pytest.raises(ValueError, match=complaint):
        decode_event(text)


def test_one_bad_text_in_a_history_is_refused() -> None:
    good = encode_event(h.OrchestratorStarted(timestamp=AT))
    for bad in ('{"t":"XX"}', "", f"{good},{good}"):
        with pytest.raises(ValueError, match="stored history"):
            decode_events([good, bad])


@pytest.mark.parametrize("text", ["7", "{", '{"name":"outer"}'])
def test_a_malformed_parent_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"stored (p|P)arent"):
        decode_parent(text)


@pytest.mark.parametrize(
    "event",
    [
        h.OrchestratorStarted(timestamp=datetime(2024, 1, 1)),
        h.TaskCompleted(timestamp=AT, task_scheduled_id="0", result=None),  # type: ignore[arg-type]
        h.TaskCompleted(timestamp=AT, task_scheduled_id=0, result=b"x"),  # type: ignore[arg-type]
        EntityRequest(timestamp=AT, operation="on", input=None, request_id="r", is_signal=True),
        "an event",
    ],
    ids=["time without a zone", "text for a number", "bytes for a text", "not an event", "not a message"],
)
def test_what_no_event_may_hold_is_not_written(event: Any) -> None:
    with pytest.raises(TypeError):
        encode_event(event)
