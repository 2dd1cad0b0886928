"""What a task hub promises to keep, and how changes reach it.

One host has a hub open at a time, so whoever decides a change knows the whole present state; a store never
decides, it keeps. A ``Change`` is applied whole or not at all, changes are applied in the order in which they
were handed over, and ``commit`` returns only once the change is on disk.
"""

from __future__ import annotations

from collections.abc import Awaitable
from datetime import datetime
from typing import Protocol

from funchost.model.entities import EntityId
from funchost.model.history import HistoryEvent
from funchost.model.messages import ActivityTask, TaskMessage
from funchost.model.records import (
    EntityQuery,
    EntityRecord,
    InstanceQuery,
    InstanceRecord,
    Page,
    ScheduleStatus,
)
from funchost.model.status import RuntimeStatus
from funchost.record import record


@record
class InstanceUpdate:
    """What an episode changes in an instance's row; name, input, parent and creation stay."""

    instance_id: str
    runtime_status: RuntimeStatus
    output: str | None
    custom_status: str | None
    last_updated_at: datetime


@record
class HistoryAppend:
    """Events to add at the end of an execution's history; ``first_sequence`` is the index of the first."""

    instance_id: str
    execution_id: str
    first_sequence: int
    events: tuple[HistoryEvent, ...]


@record
class Change:
    """One atomic change of a task hub. Applied in the order of the fields.

    ``purge_instances`` removes an instance or entity with its history, messages and activity tasks.
    ``drop_histories`` removes one execution's history (instance id, execution id).
    ``put_instances`` inserts or replaces whole rows.
    """

    purge_instances: tuple[str, ...] = ()
    drop_histories: tuple[tuple[str, str], ...] = ()
    put_instances: tuple[InstanceRecord, ...] = ()
    update_instances: tuple[InstanceUpdate, ...] = ()
    append_history: tuple[HistoryAppend, ...] = ()
    remove_messages: tuple[int, ...] = ()
    add_messages: tuple[TaskMessage, ...] = ()
    remove_tasks: tuple[int, ...] = ()
    add_tasks: tuple[ActivityTask, ...] = ()
    put_entities: tuple[EntityRecord, ...] = ()
    put_schedules: tuple[ScheduleStatus, ...] = ()

    def joined(self, other: Change) -> Change:
        """Both changes as one, for changes of different rows."""
        return Change(
            purge_instances=self.purge_instances + other.purge_instances,
            drop_histories=self.drop_histories + other.drop_histories,
            put_instances=self.put_instances + other.put_instances,
            update_instances=self.update_instances + other.update_instances,
            append_history=self.append_history + other.append_history,
            remove_messages=self.remove_messages + other.remove_messages,
            add_messages=self.add_messages + other.add_messages,
            remove_tasks=self.remove_tasks + other.remove_tasks,
            add_tasks=self.add_tasks + other.add_tasks,
            put_entities=self.put_entities + other.put_entities,
            put_schedules=self.put_schedules + other.put_schedules,
        )


class Store(Protocol):
    """A task hub at rest. Every method may be called from the host's event loop without blocking it."""

    async def open(self) -> None:
        """Take ownership, migrate, check. Raises ``TaskHubLocked`` or ``StoreError``."""
        ...

    async def close(self) -> None:
        """Finish what was handed over, give up ownership. Idempotent."""
        ...

    def commit(self, change: Change, *, urgent: bool = True) -> Awaitable[None]:
        """Apply ``change``: in order of the calls, done once it is durable. Changes may share a transaction.

        ``urgent=False`` lets the change wait a few milliseconds for others to share a disk flush with.
        Raises ``StoreError`` where it cannot be kept; the store then refuses all further changes.
        """
        ...

    async def next_ids(self) -> tuple[int, int]:
        """The first free message id and activity task id; ids once used never come back."""
        ...

    async def instance(self, instance_id: str) -> InstanceRecord | None: ...

    async def instances(self, query: InstanceQuery) -> Page[InstanceRecord]:
        """A page of instances, ordered by instance id. Raises ValueError on a malformed continuation token."""
        ...

    async def listing(self, query: InstanceQuery) -> Page[InstanceRecord | EntityRecord]:
        """As ``instances``, and the entities among them, which count as running for ever."""
        ...

    async def history(self, instance_id: str, execution_id: str) -> list[HistoryEvent]:
        """The events of one execution, oldest first."""
        ...

    async def messages(self, instance_id: str) -> list[TaskMessage]:
        """Unhandled messages of one instance or entity, in order of arrival."""
        ...

    async def waiting(self) -> list[tuple[str, datetime | None]]:
        """Per instance or entity with unhandled messages: its id and the earliest ``visible_at`` (None: now)."""
        ...

    async def activity_tasks(self) -> list[ActivityTask]:
        """Every activity task without a result, in order of scheduling."""
        ...

    async def entity(self, entity_id: EntityId) -> EntityRecord | None: ...

    async def entities(self, query: EntityQuery) -> Page[EntityRecord]:
        """Those that exist, ordered by id. Raises ValueError on a malformed continuation token."""
        ...

    async def schedule(self, function_name: str) -> ScheduleStatus | None:
        """Where the schedule of a timer function stood last; None where it has never been kept."""
        ...

    async def count_by_status(self) -> dict[RuntimeStatus, int]: ...
