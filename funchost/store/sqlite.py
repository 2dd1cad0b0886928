"""The task hub in one SQLite file: ``funchost.store.base.Store`` for real."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from pathlib import Path
from typing import Any, TypeVar

from funchost.clock import Clock, SystemClock
from funchost.errors import StartError, StoreError
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
from funchost.prompt import PromptFuture
from funchost.store import queries
from funchost.store.base import Change
from funchost.store.connection import open_memory, open_reader, open_writer
from funchost.store.failures import explain
from funchost.store.ownership import HubLock
from funchost.store.upkeep import Upkeep
from funchost.store.writer import Writer

ResultT = TypeVar("ResultT")


class SqliteStore:
    """A task hub in the file ``path``, or in memory for as long as it is open where ``path`` is None.

    Writing is done by one thread, reading by another with a connection of its own, so a long listing does not
    hold up a commit; a hub in memory has only the first. Listings, histories and the rest show every change
    whose ``commit`` has returned. An object is opened once; to open the hub again, make another.

    Args:
        path: The database; its folder is made if it is not there. Beside it lie ``-wal`` and ``-shm`` (SQLite's)
            and ``.lock`` (who has the hub).
        hub_name: The task hub's name, for the texts of errors about a hub in memory.
        clock: Tells a second host since when this one has had the hub; nothing else is timed here.
    """

    def __init__(self, path: Path | None, *, hub_name: str, clock: Clock | None = None) -> None:
        self._path = path
        self._place = f"memory ({hub_name})" if path is None else str(path)
        self._clock = clock or SystemClock()
        self._lock: HubLock | None = None
        self._writer: Writer | None = None
        self._reader: ThreadPoolExecutor | None = None
        self._reading: sqlite3.Connection | None = None

    async def open(self) -> None:
        """Take ownership, check every page, migrate. Raises ``TaskHubLocked`` or ``StoreError``."""
        if self._writer is not None:
            raise RuntimeError("a SqliteStore is opened once; make another to open the hub again")
        self._writer = Writer(self._place, self._connect, self._disconnect)
        try:
            await self._writer.start()
            if self._path is not None:
                self._reader = ThreadPoolExecutor(1, thread_name_prefix=f"reading {self._place}")
                self._reading = await self._on_reader(open_reader, self._path)
        except sqlite3.Error as error:
            await self.close()
            raise explain(error, self._place) from error
        except BaseException:
            await self.close()
            raise

    async def close(self) -> None:
        """Finish what was handed over, move the log into the file, give up ownership. Idempotent."""
        reader, self._reader = self._reader, None
        if reader is not None:
            # Behind every reading already under way; closed first, so the writer closes the file for good.
            if self._reading is not None:
                await asyncio.get_running_loop().run_in_executor(reader, self._reading.close)
            reader.shutdown(wait=False)
        if self._writer is not None:
            await self._writer.stop()

    def commit(self, change: Change, *, urgent: bool = True) -> PromptFuture[None]:
        """Keep ``change``; see ``Store.commit`` and ``funchost.store.writer``.

        Cancelling the caller does not take the change back. Raises TypeError or ValueError for a change that
        holds what cannot be stored; the store goes on without it.
        """
        return self._opened().submit(change, urgent=urgent)

    # -- Reading --------------------------------------------------------------------------------------------

    async def next_ids(self) -> tuple[int, int]:
        return await self._read(queries.next_ids)

    async def instance(self, instance_id: str) -> InstanceRecord | None:
        return await self._read(queries.instance, instance_id)

    async def instances(self, query: InstanceQuery) -> Page[InstanceRecord]:
        return await self._read(queries.instances, query)

    async def listing(self, query: InstanceQuery) -> Page[InstanceRecord | EntityRecord]:
        return await self._read(queries.listing, query)

    async def history(self, instance_id: str, execution_id: str) -> list[HistoryEvent]:
        return await self._read(queries.history, instance_id, execution_id)

    async def messages(self, instance_id: str) -> list[TaskMessage]:
        return await self._read(queries.messages, instance_id)

    async def waiting(self) -> list[tuple[str, datetime | None]]:
        return await self._read(queries.waiting)

    async def activity_tasks(self) -> list[ActivityTask]:
        return await self._read(queries.activity_tasks)

    async def entity(self, entity_id: EntityId) -> EntityRecord | None:
        return await self._read(queries.entity, entity_id)

    async def entities(self, query: EntityQuery) -> Page[EntityRecord]:
        return await self._read(queries.entities, query)

    async def schedule(self, function_name: str) -> ScheduleStatus | None:
        return await self._read(queries.schedule, function_name)

    async def count_by_status(self) -> dict[RuntimeStatus, int]:
        return await self._read(queries.count_by_status)

    # -- Inside ---------------------------------------------------------------------------------------------

    def _opened(self) -> Writer:
        if self._writer is None:
            raise RuntimeError("the store has not been opened")
        return self._writer

    async def _read(self, query: Callable[..., ResultT], *arguments: Any) -> ResultT:
        writer = self._opened()
        try:
            if self._path is None:
                result: ResultT = await writer.submit(lambda connection: query(connection, *arguments), urgent=True)
                return result
            return await self._on_reader(self._query, query, *arguments)
        except sqlite3.Error as error:
            raise explain(error, self._place) from error

    def _query(self, query: Callable[..., ResultT], *arguments: Any) -> ResultT:
        return query(self._reading, *arguments)

    async def _on_reader(self, call: Callable[..., ResultT], *arguments: Any) -> ResultT:
        if self._reader is None:
            raise StoreError(f"The task hub in {self._place} is closed. Start again: funchost start")
        return await asyncio.get_running_loop().run_in_executor(self._reader, call, *arguments)

    def _connect(self) -> tuple[sqlite3.Connection, Upkeep]:
        """On the writing thread: own the hub, then open it."""
        if self._path is None:
            connection = open_memory()
            return connection, Upkeep(connection, None)
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            self._lock = HubLock.acquire(self._path, since=self._clock.now())
            connection = open_writer(self._path)
        except StartError:
            self._disconnect()
            raise
        except OSError as error:
            self._disconnect()
            raise StoreError(
                f"The folder {self._path.parent} cannot hold a task hub: {error.strerror or error}. "
                "Use another state folder: funchost start --state DIR"
            ) from error
        except sqlite3.Error as error:
            self._disconnect()
            raise explain(error, self._place) from error
        return connection, Upkeep(connection, self._path.with_name(self._path.name + "-wal"))

    def _disconnect(self) -> None:
        """On the writing thread, after the connection is closed: let others have the hub."""
        if self._lock is not None:
            self._lock.release()
