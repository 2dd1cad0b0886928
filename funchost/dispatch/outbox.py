"""Keeps changes and then tells whom they concern: commit first, publish after.

Message and task ids are given out here, so that whoever decides a change can name what it adds.
"""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Callable, Iterable, Set
from datetime import datetime
from functools import partial

from funchost.errors import StoreError
from funchost.model.history import TaskScheduled
from funchost.model.messages import ActivityTask, MessageBody, TaskMessage
from funchost.model.records import InstanceRecord
from funchost.store.base import Change, Store

MOST_IN_FLIGHT = 1000
"""Changes handed over with ``publish_soon`` that may wait to be kept; then activities wait for the disk."""


class Outbox:
    """The way of every change into the store, and of every message and activity task out to its addressee."""

    def __init__(
        self,
        store: Store,
        *,
        on_instance: Callable[[InstanceRecord], None],
        on_message: Callable[[TaskMessage], None],
        on_task: Callable[[ActivityTask], None],
        on_failure: Callable[[StoreError], None],
    ) -> None:
        self._store = store
        self._on_instance = on_instance
        self._on_message = on_message
        self._on_task = on_task
        self._on_failure = on_failure
        self._message_ids = itertools.count(1)
        self._task_ids = itertools.count(1)
        self._in_flight: set[asyncio.Future[None]] = set()
        self._undelivered: set[int] = set()
        self._has_room = asyncio.Event()

    async def open(self) -> None:
        """Go on where the hub's ids left off."""
        message_id, task_id = await self._store.next_ids()
        self._message_ids, self._task_ids = itertools.count(message_id), itertools.count(task_id)

    @property
    def running(self) -> tuple[asyncio.Future[None], ...]:
        """What runs now."""
        return tuple(self._in_flight)

    @property
    def is_idle(self) -> bool:
        """Whether nothing handed over waits to be kept."""
        return not self._in_flight

    def message(
        self,
        instance_id: str,
        body: MessageBody,
        *,
        execution_id: str | None = None,
        visible_at: datetime | None = None,
    ) -> TaskMessage:
        """A new message, numbered but not yet kept."""
        return TaskMessage(
            message_id=next(self._message_ids),
            instance_id=instance_id,
            body=body,
            execution_id=execution_id,
            visible_at=visible_at,
        )

    def task(self, instance_id: str, execution_id: str, event: TaskScheduled) -> ActivityTask:
        """A new activity task, numbered but not yet kept."""
        return ActivityTask(
            task_id=next(self._task_ids),
            instance_id=instance_id,
            execution_id=execution_id,
            event_id=event.event_id,
            name=event.name,
            input=event.input,
        )

    async def publish(self, change: Change) -> None:
        """Keep a change, then deliver what it adds. Raises StoreError where it cannot be kept."""
        added = {message.message_id for message in change.add_messages}
        kept = self._commit(change)
        self._undelivered |= added
        # Delivered out of the answer itself and not by the caller, so that what it starts runs at once.
        kept.add_done_callback(partial(self._published, change, added))
        await kept

    async def publish_start(self, change: Change) -> None:
        """Deliver what a change adds at once, and return when it is kept. Raises StoreError where it cannot be.

        Only for what leads to an episode of an orchestrator and to nothing else, of an instance that nobody knows
        yet: an episode has no effect before it is kept itself, and that is after this change. So the orchestrator
        runs while its start is being kept.
        """
        kept = self._commit(change)
        kept.add_done_callback(self._has_failed)
        self._deliver(change)
        await kept

    def _commit(self, change: Change) -> asyncio.Future[None]:
        try:
            return asyncio.ensure_future(self._store.commit(change))
        except StoreError as error:
            self._on_failure(error)
            raise

    def _published(self, change: Change, added: set[int], kept: asyncio.Future[None]) -> None:
        seen = added - self._undelivered
        self._undelivered -= added
        if not self._has_failed(kept):
            self._deliver(change, seen)

    def _has_failed(self, kept: asyncio.Future[None]) -> bool:
        if kept.cancelled():
            return True
        error = kept.exception()
        if isinstance(error, StoreError):
            self._on_failure(error)
        return error is not None

    def seen_in_store(self, messages: Iterable[TaskMessage]) -> None:
        """The addressee has read these from the store, so they are not delivered as well.

        Whoever reads the store may be told of a commit sooner than the one who made it; handling a message twice
        would repeat an event or an operation.
        """
        self._undelivered.difference_update(message.message_id for message in messages)

    def publish_soon(self, change: Change) -> None:
        """Deliver what a change adds at once and keep it within milliseconds.

        Only for changes that a crash may undo, because the work they report is then done again: the results of
        activities. Whatever is decided on them is kept after them, since the store keeps order.
        """
        try:
            kept = asyncio.ensure_future(self._store.commit(change, urgent=False))
        except StoreError as error:
            self._on_failure(error)
        else:
            self._in_flight.add(kept)
            kept.add_done_callback(self._kept)
        self._deliver(change)

    def _kept(self, kept: asyncio.Future[None]) -> None:
        self._in_flight.discard(kept)
        self._has_room.set()
        self._has_failed(kept)

    async def room(self) -> None:
        """Wait while as many changes as are allowed wait to be kept."""
        while len(self._in_flight) >= MOST_IN_FLIGHT:
            self._has_room.clear()
            await self._has_room.wait()

    async def drain(self) -> None:
        """Wait until everything handed over is kept."""
        while self._in_flight:
            await asyncio.wait(tuple(self._in_flight))

    def _deliver(self, change: Change, seen: Set[int] = frozenset()) -> None:
        if not seen:
            for record in change.put_instances:
                self._on_instance(record)
        for message in change.add_messages:
            if message.message_id not in seen:
                self._on_message(message)
        for task in change.add_tasks:
            self._on_task(task)
