"""Golden histories: one execution of an orchestration as a JSON file that people read and version control keeps.

A file of format 1::

    {
      "format": "funchost history 1",
      "written_by": "funchost 0.1.0",
      "name": "approval",
      "instance_id": "7f3c…",
      "execution_id": "91aa…",
      "version": "",
      "status": "Completed",
      "input": {"to": "ada", "hours": 72},
      "events": [
        {"event": "OrchestratorStarted", "at": "2026-01-02T03:04:05.000000Z"},
        {"event": "ExecutionStarted", "at": "2026-01-02T03:04:05.000000Z"},
        {"event": "TaskScheduled", "at": "…", "id": 0, "name": "notify", "input": "ada"},
        {"event": "OrchestratorCompleted", "at": "…", "actions": ["activity notify"]},
        {"event": "TaskCompleted", "at": "…", "task": 0, "result": "sent"},
        …
      ]
    }

Events stand in their order, one a line where they are short; equal histories give equal files. Values are JSON,
not JSON texts. A key is left out where it has its default, and a value where there is none. What is stored as a
text that is no JSON stands under its key with ``_text`` behind it. The bookkeeping of ``funchost.model.history``
is part of the format: it says what was asked for in which episode.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import MISSING, Field, dataclass, fields
from datetime import datetime
from typing import Any, get_args

from funchost.model.history import ExecutionStarted, HistoryEvent, ParentInstance, RetryOptions
from funchost.model.records import InstanceRecord
from funchost.model.status import RuntimeStatus
from funchost.wire.out_of_proc import trigger_input
from funchost.wire.readable_json import readable
from funchost.wire.timestamps import format_time, parse_time

FORMAT = "funchost history 1"
LINE_WIDTH = 140
"""An event that needs more columns is written over several lines."""


class GoldenError(ValueError):
    """A file is not a history that can be read; the text names the place in it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class GoldenHistory:
    """One execution, as saved. ``events`` begin with its first episode; ``input`` is JSON text, None for none.

    ``is_reconstructed``: ids and episodes were worked out from an export that does not tell them.
    ``from_extension``: it ran on the Durable extension rather than here.
    """

    name: str
    instance_id: str
    execution_id: str
    version: str
    status: RuntimeStatus
    input: str | None
    events: tuple[HistoryEvent, ...]
    parent: ParentInstance | None = None
    written_by: str = ""
    is_reconstructed: bool = False
    from_extension: bool = False


def golden_history(record: InstanceRecord, events: list[HistoryEvent], *, written_by: str) -> GoldenHistory:
    """The history of an instance's current execution, ready to be saved."""
    return GoldenHistory(
        name=record.name,
        instance_id=record.instance_id,
        execution_id=record.execution_id,
        version=record.version,
        status=record.runtime_status,
        input=trigger_input(record.input),
        events=tuple(events),
        parent=record.parent,
        written_by=written_by,
    )


# -- Out ----------------------------------------------------------------------------------------------------

_NAMES = {"timestamp": "at", "event_id": "id", "task_scheduled_id": "task", "timer_id": "timer"}
_TEXTS = frozenset({"input", "result"})
_FROM_HEAD = frozenset({"name", "version", "input", "instance_id", "execution_id", "parent"})
"""Fields of ``ExecutionStarted`` that the head of the file has already."""


def encode_golden(history: GoldenHistory) -> dict[str, Any]:
    """The file's content as JSON values."""
    head: dict[str, Any] = {
        "format": FORMAT,
        "written_by": history.written_by,
        "name": history.name,
        "instance_id": history.instance_id,
        "execution_id": history.execution_id,
        "version": history.version,
        "status": history.status.value,
    }
    if history.parent is not None:
        head["parent"] = _plain(history.parent)
    head |= _value("input", history.input)
    return {**head, "events": [_encode_event(event) for event in history.events]}


def dump_golden(content: Mapping[str, Any]) -> str:
    """The text of a file: the head a key a line, then the events, one a line where they are short."""
    lines = ["{"]
    for key, value in content.items():
        if key != "events":
            lines.append(f'  "{key}": {readable(value, indent=2, width=LINE_WIDTH)},')
    events = [f"    {readable(event, indent=4, width=LINE_WIDTH)}" for event in content["events"]]
    return "\n".join([*lines, '  "events": [', ",\n".join(events), "  ]", "}", ""])


def _encode_event(event: HistoryEvent) -> dict[str, Any]:
    shown: dict[str, Any] = {"event": type(event).__name__}
    for field in fields(event):
        value = getattr(event, field.name)
        if isinstance(event, ExecutionStarted) and field.name in _FROM_HEAD:
            continue
        if field.name in _TEXTS:
            shown |= _value(field.name, value)
        elif value != field.default:
            shown[_NAMES.get(field.name, field.name)] = _plain(value)
    return shown


def _value(key: str, text: str | None) -> dict[str, Any]:
    """A stored text under its key: as a value, as a text where it is no JSON, not at all where there is none."""
    if text is None:
        return {}
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return {f"{key}_text": text}
    # NaN is no JSON, though Python's json reads it and the SDK writes it.
    return {f"{key}_text": text} if _has_nan(value) else {key: value}


def _has_nan(value: Any) -> bool:
    if isinstance(value, float):
        return not math.isfinite(value)
    if isinstance(value, dict):
        return any(map(_has_nan, value.values()))
    return isinstance(value, list) and any(map(_has_nan, value))


def _plain(value: Any) -> Any:
    match value:
        case datetime():
            return format_time(value)
        case RuntimeStatus():
            return value.value
        case tuple():
            return list(value)
        case RetryOptions() | ParentInstance():
            return {f.name: getattr(value, f.name) for f in fields(value) if getattr(value, f.name) != f.default}
        case _:
            return value


# -- In -----------------------------------------------------------------------------------------------------

_EVENTS: dict[str, type[Any]] = {event.__name__: event for event in get_args(HistoryEvent)}


def is_golden(content: Any) -> bool:
    """Whether parsed JSON is a file of this format, of whatever version."""
    return isinstance(content, dict) and str(content.get("format", "")).startswith("funchost history")


def decode_golden(content: Mapping[str, Any]) -> GoldenHistory:
    """Read parsed JSON back. Raises GoldenError, naming the event and the key it stopped at."""
    if content.get("format") != FORMAT:
        raise GoldenError(
            f"its format is {content.get('format')!r}, and this version reads {FORMAT!r}: install a newer funchost"
        )
    try:
        name, instance_id = str(content["name"]), str(content["instance_id"])
        events = content["events"]
        status = RuntimeStatus(content["status"])
        parent = content.get("parent")
        head = GoldenHistory(
            name=name,
            instance_id=instance_id,
            execution_id=str(content["execution_id"]),
            version=str(content["version"]),
            status=status,
            input=_text(content, "input"),
            events=(),
            parent=None if parent is None else ParentInstance(**parent),
            written_by=str(content.get("written_by", "")),
        )
    except KeyError as missing:
        raise GoldenError(f"it lacks the key {missing}") from None
    except (ValueError, TypeError) as error:
        raise GoldenError(str(error)) from None
    if not isinstance(events, list):
        raise GoldenError("the value of 'events' is no list")
    decoded = tuple(_decode_event(item, number, head) for number, item in enumerate(events, 1))
    if not any(isinstance(event, ExecutionStarted) for event in decoded):
        raise GoldenError("it has no ExecutionStarted event: was the instance saved before it first ran?")
    return GoldenHistory(**{**{f.name: getattr(head, f.name) for f in fields(head)}, "events": decoded})


def stored_input(text: str | None) -> str | None:
    """An instance's stored input whose ``trigger_input`` is ``text``, whatever the text is."""
    return None if text is None else json.dumps(text)


def _decode_event(item: Any, number: int, head: GoldenHistory) -> HistoryEvent:
    kind = item.get("event") if isinstance(item, dict) else None
    event_type = _EVENTS.get(str(kind))
    if event_type is None:
        raise GoldenError(f"event number {number} is {kind!r}, which is no history event")
    values: dict[str, Any] = {}
    known = {"event"}
    for field in fields(event_type):
        if event_type is ExecutionStarted and field.name in _FROM_HEAD:
            value = getattr(head, field.name)
            values[field.name] = stored_input(value) if field.name == "input" else value
            continue
        key = _NAMES.get(field.name, field.name)
        known |= {key, f"{key}_text"} if field.name in _TEXTS else {key}
        try:
            if field.name in _TEXTS:
                values[field.name] = _text(item, key)
            elif key in item:
                values[field.name] = _typed(item[key], field)
            elif field.default is MISSING:
                raise GoldenError(f"event number {number}, {kind}, lacks the key {key!r}")
        except (ValueError, TypeError, AttributeError) as error:
            if isinstance(error, GoldenError):
                raise
            raise GoldenError(f"event number {number}, {kind}, key {key!r}: {error}") from None
    if unknown := sorted(item.keys() - known):
        raise GoldenError(f"event number {number}, {kind}, has the unknown key {unknown[0]!r}")
    event: HistoryEvent = event_type(**values)
    return event


def _text(item: Mapping[str, Any], key: str) -> str | None:
    if f"{key}_text" in item:
        return str(item[f"{key}_text"])
    return json.dumps(item[key]) if key in item else None


def _typed(value: Any, field: Field[Any]) -> Any:
    """A JSON value as the model's field has it; the annotation says which kind it is."""
    kind = str(field.type).removesuffix(" | None")
    if value is None and kind != field.type:
        return None
    match kind:
        case "datetime":
            return parse_time(value)
        case "RuntimeStatus":
            return RuntimeStatus(value)
        case "RetryOptions":
            return RetryOptions(**value)
        case "tuple[str, ...]" | "tuple[int, ...]":
            return tuple(value)
        case "int" if not isinstance(value, int):
            raise ValueError(f"{value!r} is no whole number")
        case "str" if not isinstance(value, str):
            raise ValueError(f"{value!r} is no text")
        case _:
            return value
