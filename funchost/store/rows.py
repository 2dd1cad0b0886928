"""Rows and records: how a value of ``funchost.model`` lies in a column, in both directions."""

from __future__ import annotations

from typing import Any, TypeAlias

from funchost.model.entities import EntityId
from funchost.model.messages import ActivityTask, TaskMessage
from funchost.model.records import EntityRecord, InstanceRecord, ScheduleStatus
from funchost.model.status import RuntimeStatus
from funchost.wire.stored import (
    decode_body,
    decode_parent,
    decode_time,
    encode_body,
    encode_parent,
    encode_time,
)

Row: TypeAlias = tuple[Any, ...]

INSTANCE_COLUMNS = (
    "instance_id, execution_id, name, version, runtime_status, created_at_us, last_updated_at_us, parent, "
    "custom_status, output"
)


def to_text(text: str | None) -> str | bytes | None:
    """A text as bound to a statement; bytes where UTF-8 cannot hold it, because SQLite would refuse it."""
    if text is None or text.isascii():
        return text
    try:
        text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-8", "surrogatepass")
    return text


def from_text(stored: Any) -> Any:
    """What ``to_text`` was given."""
    return stored.decode("utf-8", "surrogatepass") if isinstance(stored, bytes) else stored


def instance_row(record: InstanceRecord) -> Row:
    """Values for ``INSTANCE_COLUMNS``; the input has a table of its own."""
    return (
        to_text(record.instance_id),
        to_text(record.execution_id),
        to_text(record.name),
        to_text(record.version),
        record.runtime_status.value,
        encode_time(record.created_at),
        encode_time(record.last_updated_at),
        None if record.parent is None else encode_parent(record.parent),
        to_text(record.custom_status),
        to_text(record.output),
    )


def instance_record(row: Row) -> InstanceRecord:
    """From ``INSTANCE_COLUMNS`` and the input."""
    (instance_id, execution_id, name, version, status, created, updated, parent, custom, output, input_) = row
    return InstanceRecord(
        instance_id=from_text(instance_id),
        execution_id=from_text(execution_id),
        name=from_text(name),
        version=from_text(version),
        runtime_status=RuntimeStatus(status),
        input=from_text(input_),
        output=from_text(output),
        custom_status=from_text(custom),
        created_at=decode_time(created),
        last_updated_at=decode_time(updated),
        parent=None if parent is None else decode_parent(parent),
    )


def message_row(message: TaskMessage) -> Row:
    return (
        message.message_id,
        to_text(message.instance_id),
        to_text(message.execution_id),
        None if message.visible_at is None else encode_time(message.visible_at),
        encode_body(message.body),
    )


def message(row: Row) -> TaskMessage:
    message_id, instance_id, execution_id, visible_at_us, body = row
    return TaskMessage(
        message_id=message_id,
        instance_id=from_text(instance_id),
        execution_id=from_text(execution_id),
        visible_at=None if visible_at_us is None else decode_time(visible_at_us),
        body=decode_body(body),
    )


def task_row(task: ActivityTask) -> Row:
    return (
        task.task_id,
        to_text(task.instance_id),
        to_text(task.execution_id),
        task.event_id,
        to_text(task.name),
        task.deliveries,
        to_text(task.input),
    )


def task(row: Row) -> ActivityTask:
    task_id, instance_id, execution_id, event_id, name, deliveries, input_ = row
    return ActivityTask(
        task_id=task_id,
        instance_id=from_text(instance_id),
        execution_id=from_text(execution_id),
        event_id=event_id,
        name=from_text(name),
        deliveries=deliveries,
        input=from_text(input_),
    )


def entity_row(record: EntityRecord) -> Row:
    return (
        to_text(str(record.entity_id)),
        int(record.exists),
        encode_time(record.last_operation_at),
        to_text(record.state),
    )


def entity_record(row: Row) -> EntityRecord:
    entity_id, present, last_operation_at_us, state = row
    return EntityRecord(
        entity_id=EntityId.parse(from_text(entity_id)),
        exists=bool(present),
        last_operation_at=decode_time(last_operation_at_us),
        state=from_text(state),
    )


def schedule_row(status: ScheduleStatus) -> Row:
    return (
        to_text(status.function_name),
        None if status.last is None else encode_time(status.last),
        None if status.next is None else encode_time(status.next),
        encode_time(status.last_updated),
    )


def schedule_status(row: Row) -> ScheduleStatus:
    function_name, last_us, next_us, last_updated_us = row
    return ScheduleStatus(
        function_name=from_text(function_name),
        last=None if last_us is None else decode_time(last_us),
        next=None if next_us is None else decode_time(next_us),
        last_updated=decode_time(last_updated_us),
    )
