"""Looking at one instance of a hub, whether or not a host has it open."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

from funchost.errors import StoreError, TaskHubLocked
from funchost.model.history import HistoryEvent
from funchost.model.records import InstanceRecord
from funchost.store import queries
from funchost.store.connection import open_reader
from funchost.store.failures import explain
from funchost.store.sqlite import SqliteStore


async def read_instance(path: Path, instance_id: str) -> tuple[InstanceRecord, list[HistoryEvent]] | None:
    """An instance and the history of its current execution, as of the last commit; None where it is not there.

    A hub that a host has open is read beside it, which SQLite allows. One that is at rest is opened as a host opens
    it, so that one written by an older version can be read too. Raises StoreError.
    """
    _must_exist(path)
    store = SqliteStore(path, hub_name=path.stem)
    try:
        await store.open()
    except TaskHubLocked:
        return _beside_the_host(path, instance_id)
    try:
        record = await store.instance(instance_id)
        return None if record is None else (record, await store.history(instance_id, record.execution_id))
    finally:
        await store.close()


def _must_exist(path: Path) -> None:
    """Opening would make it."""
    if not path.is_file():
        raise StoreError(
            f"There is no task hub in {path}. Run the app first (funchost start), or name the folder of its hub: "
            "--state DIR"
        )


def _beside_the_host(path: Path, instance_id: str) -> tuple[InstanceRecord, list[HistoryEvent]] | None:
    try:
        with closing(open_reader(path)) as connection:
            connection.execute("BEGIN")  # one moment for both statements
            record = queries.instance(connection, instance_id)
            return (
                None if record is None else (record, queries.history(connection, instance_id, record.execution_id))
            )
    except sqlite3.Error as error:
        raise explain(error, str(path)) from error
