"""Values for tests of the task hub: complete records of which a test says only what it is about."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta, timezone
from typing import Any

from funchost.model.entities import EntityId
from funchost.model.history import EventRaised, HistoryEvent, TaskCompleted, TaskScheduled
from funchost.model.messages import ActivityTask, TaskMessage
from funchost.model.records import EntityRecord, InstanceRecord
from funchost.model.status import RuntimeStatus
from funchost.store.base import HistoryAppend

NOON = datetime(2024, 1, 1, 12, 0, 0, 1, tzinfo=timezone.utc)


def minutes(count: float) -> datetime:
    """So many minutes after noon."""
    return NOON + timedelta(minutes=count)


def instance(instance_id: str, **changes: Any) -> InstanceRecord:
    record = InstanceRecord(
        instance_id=instance_id,
        execution_id=f"{instance_id}-1",
        name="inventory",
        version="",
        runtime_status=RuntimeStatus.RUNNING,
        input='{"folder":"/srv"}',
        output=None,
        custom_status=None,
        created_at=NOON,
        last_updated_at=NOON,
    )
    return replace(record, **changes)


def raised(message_id: int, instance_id: str, name: str = "Approval", **changes: Any) -> TaskMessage:
    """An external event on its way."""
    body = EventRaised(timestamp=NOON, name=name, input="true")
    return replace(TaskMessage(message_id=message_id, instance_id=instance_id, body=body), **changes)


def activity(task_id: int, instance_id: str, **changes: Any) -> ActivityTask:
    task = ActivityTask(
        task_id=task_id,
        instance_id=instance_id,
        execution_id=f"{instance_id}-1",
        event_id=0,
        name="measure_file",
        input='"a.txt"',
    )
    return replace(task, **changes)


def entity(name: str, key: str, **changes: Any) -> EntityRecord:
    record = EntityRecord(entity_id=EntityId(name, key), exists=True, state='{"value":7}', last_operation_at=NOON)
    return replace(record, **changes)


def scheduled(event_id: int) -> TaskScheduled:
    return TaskScheduled(timestamp=minutes(event_id), event_id=event_id, name="measure_file", input="null")


def completed(event_id: int) -> TaskCompleted:
    return TaskCompleted(timestamp=minutes(event_id), task_scheduled_id=event_id, result='{"bytes":3}')


def append(instance_id: str, first_sequence: int, *events: HistoryEvent) -> HistoryAppend:
    return HistoryAppend(
        instance_id=instance_id,
        execution_id=f"{instance_id}-1",
        first_sequence=first_sequence,
        events=events,
    )
