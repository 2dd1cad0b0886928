"""Where the schedules of timer functions stand, at rest; and hubs made before there was a place for that."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from funchost.model.records import ScheduleStatus
from funchost.store.base import Change
from funchost.store.migrations import create_tables, migrate
from funchost.store.schema import APPLICATION_ID
from funchost.store.sqlite import SqliteStore
from tests.funchost.store.builders import NOON, minutes

pytestmark = pytest.mark.anyio

NIGHTLY = ScheduleStatus(function_name="nightly", last=NOON, next=minutes(60), last_updated=NOON)


async def test_a_schedule_comes_back_as_it_was_put_last(store: SqliteStore) -> None:
    never_run = replace(NIGHTLY, last=None)
    await store.commit(Change(put_schedules=(never_run, replace(NIGHTLY, function_name="hourly"))))
    assert await store.schedule("nightly") == never_run
    at_an_end = replace(NIGHTLY, next=None)
    await store.commit(Change(put_schedules=(at_an_end,)))
    assert await store.schedule("nightly") == at_an_end
    assert await store.schedule("weekly") is None


async def test_a_hub_of_the_first_version_gets_the_table_and_keeps_what_it_has(hub_path: Path) -> None:
    hub_path.parent.mkdir()
    with closing(sqlite3.connect(hub_path, isolation_level=None)) as connection:
        connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
        migrate(connection, (create_tables,))
        connection.execute("UPDATE hub SET last_message_id = 41")
    store = SqliteStore(hub_path, hub_name="TestHub")
    await store.open()
    try:
        await store.commit(Change(put_schedules=(NIGHTLY,)))
        assert await store.schedule("nightly") == NIGHTLY
        assert await store.next_ids() == (42, 1)
    finally:
        await store.close()
