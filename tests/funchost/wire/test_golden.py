"""The files of saved histories: readable, stable, and nothing is lost in them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from funchost.model import history as h
from funchost.model.history import ExecutionStarted, HistoryEvent
from funchost.model.status import RuntimeStatus
from funchost.wire import stored
from funchost.wire.golden import GoldenError, GoldenHistory, decode_golden, dump_golden, encode_golden, stored_input
from funchost.wire.out_of_proc import trigger_input
from funchost.wire.scrub import scrubbed
from funchost.wire.timestamps import parse_time

AT = parse_time("2026-01-02T03:04:05Z")
STORED = json.loads(Path(__file__).with_name("stored_golden.json").read_text(encoding="utf-8"))
EVERY_KIND = [stored.decode_event(text) for texts in STORED.values() for text in texts if '"t":"ER"' not in text]
"""An event of every kind that a hub keeps, in every spelling it ever had."""


def golden(*events: HistoryEvent, input_text: str | None = '{"to": "ada"}') -> GoldenHistory:
    started = ExecutionStarted(
        timestamp=AT,
        name="approval",
        version="",
        input=stored_input(input_text),
        instance_id="i-1",
        execution_id="e-1",
    )
    return GoldenHistory(
        name="approval",
        instance_id="i-1",
        execution_id="e-1",
        version="",
        status=RuntimeStatus.COMPLETED,
        input=input_text,
        events=(h.OrchestratorStarted(timestamp=AT), started, *events),
        written_by="funchost 1.0",
    )


def written_and_read(history: GoldenHistory) -> GoldenHistory:
    text = dump_golden(encode_golden(history))
    return decode_golden(json.loads(text))


@pytest.mark.parametrize(
    "event", [e for e in EVERY_KIND if not isinstance(e, ExecutionStarted)], ids=lambda e: type(e).__name__
)
def test_an_event_of_every_kind_comes_back_as_it_was(event: HistoryEvent) -> None:
    (*_, again) = written_and_read(golden(event)).events
    assert {**_fields(again)} == {**_fields(event)}


def _fields(event: HistoryEvent) -> dict[str, Any]:
    """Fields as the SDK reads them: JSON texts by their value."""
    values = {name: getattr(event, name) for name in event.__dataclass_fields__}
    return {name: _parsed(value) if name in ("input", "result") else value for name, value in values.items()}


def _parsed(text: str | None) -> Any:
    try:
        return None if text is None else ("JSON", json.loads(text))
    except ValueError:
        return text


@pytest.mark.parametrize(
    "text", [None, "null", '"5"', '"\\"quoted\\""', "5", '{"a": [1, null]}', '"\\ud800"', "NaN"]
)
def test_the_orchestrator_is_given_the_input_it_was_given(text: str | None) -> None:
    again = written_and_read(golden(input_text=text))
    assert _parsed(again.input) == _parsed(text) or text == "NaN" == again.input
    started = next(e for e in again.events if isinstance(e, ExecutionStarted))
    assert trigger_input(started.input) == again.input


def test_a_text_that_is_no_json_is_kept_as_a_text() -> None:
    raised = h.EventRaised(timestamp=AT, name="Said", input="not { json")
    assert '"input_text": "not { json"' in dump_golden(encode_golden(golden(raised)))
    assert written_and_read(golden(raised)).events[-1] == raised


def test_the_file_is_meant_to_be_read() -> None:
    scheduled = h.TaskScheduled(timestamp=AT, event_id=0, name="notify", input='"ada"')
    completed = h.TaskCompleted(timestamp=AT, task_scheduled_id=0, result='{"sent": true}')
    assert dump_golden(encode_golden(golden(scheduled, completed))) == (
        "{\n"
        '  "format": "funchost history 1",\n'
        '  "written_by": "funchost 1.0",\n'
        '  "name": "approval",\n'
        '  "instance_id": "i-1",\n'
        '  "execution_id": "e-1",\n'
        '  "version": "",\n'
        '  "status": "Completed",\n'
        '  "input": {"to": "ada"},\n'
        '  "events": [\n'
        '    {"event": "OrchestratorStarted", "at": "2026-01-02T03:04:05.000000Z"},\n'
        '    {"event": "ExecutionStarted", "at": "2026-01-02T03:04:05.000000Z"},\n'
        '    {"event": "TaskScheduled", "at": "2026-01-02T03:04:05.000000Z", "id": 0, "name": "notify", '
        '"input": "ada"},\n'
        '    {"event": "TaskCompleted", "at": "2026-01-02T03:04:05.000000Z", "task": 0, '
        '"result": {"sent": true}}\n'
        "  ]\n"
        "}\n"
    )


def changed(**changes: Any) -> dict[str, Any]:
    return {**encode_golden(golden()), **changes}


@pytest.mark.parametrize(
    ("content", "complaint"),
    [
        (changed(format="funchost history 9"), "this version reads 'funchost history 1': install a newer funchost"),
        ({"format": "funchost history 1"}, "lacks the key 'name'"),
        (changed(status="Done"), "'Done' is not a valid RuntimeStatus"),
        (changed(events={}), "no list"),
        (changed(events=[]), "was the instance saved before it first ran"),
        (changed(events=[{"event": "Tick"}]), "event number 1 is 'Tick', which is no history event"),
        (changed(events=["x"]), "event number 1 is None"),
        (changed(events=[{"event": "OrchestratorStarted"}]), "OrchestratorStarted, lacks the key 'at'"),
        (changed(events=[{"event": "OrchestratorStarted", "at": "now"}]), "key 'at': not an ISO 8601 time"),
        (
            changed(events=[{"event": "TimerFired", "at": "2026-01-02T03:04:05Z", "timer": "1", "fire_at": "x"}]),
            "key 'timer': '1' is no whole number",
        ),
        (
            changed(events=[{"event": "OrchestratorStarted", "at": "2026-01-02T03:04:05Z", "by": 1}]),
            "event number 1, OrchestratorStarted, has the unknown key 'by'",
        ),
    ],
)
def test_a_file_that_is_none_says_where_it_goes_wrong(content: dict[str, Any], complaint: str) -> None:
    with pytest.raises(GoldenError) as caught:
        decode_golden(content)
    assert complaint in str(caught.value)


def test_scrubbing_reaches_every_value_and_nothing_else() -> None:
    events = (
        h.TaskScheduled(timestamp=AT, event_id=0, name="secret", input='{"password": "a", "keep": ["b"]}'),
        h.TaskCompleted(timestamp=AT, task_scheduled_id=0, result='"token secret"'),
        h.TaskFailed(timestamp=AT, task_scheduled_id=0, reason="secret!", details=None),
        h.EventRaised(timestamp=AT, name="secret", input='"{\\"password\\": \\"c\\"}"'),
    )

    def scrub(value: Any, key: str | None) -> Any:
        if key == "password":
            return "***"
        return value.replace("secret", "***") if isinstance(value, str) else None

    content = scrubbed(encode_golden(golden(*events, input_text='{"password": 5}')), scrub)
    assert content["input"] == {"password": "***"}
    assert content["events"][2:] == [
        {
            "event": "TaskScheduled",
            "at": "2026-01-02T03:04:05.000000Z",
            "id": 0,
            "name": "secret",
            "input": {"password": "***", "keep": ["b"]},
        },
        {"event": "TaskCompleted", "at": "2026-01-02T03:04:05.000000Z", "task": 0, "result": "token ***"},
        {"event": "TaskFailed", "at": "2026-01-02T03:04:05.000000Z", "task": 0, "reason": "***!", "details": None},
        {
            "event": "EventRaised",
            "at": "2026-01-02T03:04:05.000000Z",
            "name": "secret",
            "input": '{"password": "***"}',
        },
    ]
