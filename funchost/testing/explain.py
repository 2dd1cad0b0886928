"""Words for a test that went wrong: what an instance waits for, why it failed, where its code stood."""

from __future__ import annotations

import json
from collections.abc import Sequence

from funchost.engine.execution import fold
from funchost.model.history import (
    HistoryEvent,
    SubOrchestrationInstanceCreated,
    TaskFailed,
    TaskScheduled,
    TimerCreated,
)
from funchost.model.records import InstanceRecord
from funchost.worker.contract import Failed

LAST_EVENTS = 8


def waits_for(history: list[HistoryEvent]) -> list[str]:
    """What has to happen before an instance can go on, one line each."""
    state = fold(history)
    lines = []
    for task in state.open_tasks.values():
        match task:
            case TaskScheduled():
                lines.append(f"activity {task.name!r} (task {task.event_id})")
            case SubOrchestrationInstanceCreated():
                lines.append(f"sub-orchestration {task.name!r}, instance {task.instance_id!r}")
            case TimerCreated():
                lines.append(f"durable timer {task.event_id}, due at {task.fire_at.isoformat()}")
    for name, count in state.waits.items():
        if count > 0:
            lines.append(f"external event {name!r}" + (f", {count} times" if count > 1 else ""))
    return lines


def describe_wait(record: InstanceRecord, history: list[HistoryEvent]) -> str:
    """Why an instance does not go on by itself."""
    waits = waits_for(history) or ["nothing: its orchestrator yielded something that is not a task"]
    listed = "\n".join(f"  - {line}" for line in waits)
    return (
        f"{record.name} (instance {record.instance_id!r}) is {record.runtime_status.value} and waits for:\n{listed}"
    )


def describe_failure(record: InstanceRecord, history: list[HistoryEvent], failure: Failed | None) -> str:
    """Why an instance failed: its text, the user's own traceback, and the last steps of its history."""
    text = str(json.loads(record.output)) if record.output else ""
    parts = [f"{record.name} (instance {record.instance_id!r}) is {record.runtime_status.value}: {_first(text)}"]
    failed = [event for event in history if isinstance(event, TaskFailed)]
    if failed and failed[-1].details:
        parts.append(f"In the activity:\n{failed[-1].details.rstrip()}")
    if failure is not None and failure.stack:
        parts.append(f"In the orchestrator:\n{user_frames(failure.stack).rstrip()}")
    parts.append("The last steps of its history:\n" + steps(history))
    return "\n\n".join(parts)


def user_frames(stack: str) -> str:
    """A traceback without the frames of the SDK and of this package, where any others are left."""
    kept, keep = [], True
    for line in stack.splitlines():
        if line.lstrip().startswith("File "):
            keep = "durable_functions" not in line and "funchost" not in line and "concurrent" not in line
        if keep:
            kept.append(line)
    return "\n".join(kept) if any(line.lstrip().startswith("File ") for line in kept) else stack


def steps(history: Sequence[HistoryEvent]) -> str:
    """The last events of a history, one line each."""
    lines = []
    for event in history[-LAST_EVENTS:]:
        name = getattr(event, "name", None)
        number = next(
            (getattr(event, key) for key in ("event_id", "task_scheduled_id", "timer_id") if hasattr(event, key)),
            None,
        )
        lines.append(
            f"  {event.timestamp.isoformat(timespec='milliseconds')}  {type(event).__name__}"
            + ("" if number is None else f" {number}")
            + ("" if name is None else f" {name!r}")
        )
    return "\n".join(lines)


def _first(text: str) -> str:
    """A failure text without the details that the traceback shows better."""
    return text.split(" \n ", 1)[0].strip()
