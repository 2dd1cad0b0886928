"""What waits: task messages for instances and entities, and activity tasks for workers."""

from __future__ import annotations

from datetime import datetime
from typing import TypeAlias

from funchost.model.entities import EntityRequest
from funchost.model.history import HistoryEvent
from funchost.record import record

MessageBody: TypeAlias = HistoryEvent | EntityRequest


@record
class TaskMessage:
    """A durable message that its addressee has not handled yet.

    ``message_id`` grows in order of arrival within a task hub. ``execution_id`` is the only execution the
    message is meant for (completions, timers), or None for whichever is current (external events,
    management verbs). ``visible_at`` holds timers and scheduled signals back; None means now.
    """

    message_id: int
    instance_id: str
    body: MessageBody
    execution_id: str | None = None
    visible_at: datetime | None = None


@record
class ActivityTask:
    """An activity that was scheduled and has no recorded result.

    ``task_id`` grows in order of scheduling within a task hub. ``deliveries`` counts how often a worker was
    handed it and died: the measure by which a poison task is given up.
    """

    task_id: int
    instance_id: str
    execution_id: str
    event_id: int
    name: str
    input: str | None
    deliveries: int = 0
