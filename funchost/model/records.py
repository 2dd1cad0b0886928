"""What is known about instances and entities at rest, and how they are looked up."""

from __future__ import annotations

from datetime import datetime
from typing import Generic, TypeVar

from funchost.model.entities import EntityId
from funchost.model.history import ParentInstance
from funchost.model.status import RuntimeStatus
from funchost.record import record

RecordT = TypeVar("RecordT")


@record
class InstanceRecord:
    """The current row of an orchestration instance.

    ``input``, ``output`` and ``custom_status`` are JSON texts exactly as stored, or None. The output of a
    failed or terminated instance is the JSON text of a string: the failure text or the reason.
    ``created_at`` is the start of the current execution.
    """

    instance_id: str
    execution_id: str
    name: str
    version: str
    runtime_status: RuntimeStatus
    input: str | None
    output: str | None
    custom_status: str | None
    created_at: datetime
    last_updated_at: datetime
    parent: ParentInstance | None = None


@record
class EntityRecord:
    """An entity that has received at least one message. ``state`` is JSON text, None where it has none."""

    entity_id: EntityId
    exists: bool
    state: str | None
    last_operation_at: datetime


@record
class ScheduleStatus:
    """Where the schedule of a timer function stands. ``last`` None: it has not run; ``next`` None: it never will.

    ``last_updated`` is the moment from which ``next`` was reckoned.
    """

    function_name: str
    last: datetime | None
    next: datetime | None
    last_updated: datetime


@record
class InstanceQuery:
    """Which instances to list. Bounds are inclusive; an empty ``statuses`` means any status."""

    created_from: datetime | None = None
    created_to: datetime | None = None
    statuses: frozenset[RuntimeStatus] = frozenset()
    instance_id_prefix: str | None = None
    page_size: int = 100
    continuation_token: str | None = None


@record
class EntityQuery:
    """Which entities to list. Bounds are on the last operation and inclusive."""

    name: str | None = None
    last_operation_from: datetime | None = None
    last_operation_to: datetime | None = None
    page_size: int = 100
    continuation_token: str | None = None


@record
class Page(Generic[RecordT]):
    """One page of a listing; ``continuation_token`` is None on the last."""

    records: tuple[RecordT, ...]
    continuation_token: str | None
