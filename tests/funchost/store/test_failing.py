"""What becomes of changes that cannot be kept, and of those beside them."""

from __future__ import annotations

import asyncio
import os
import sqlite3
import sys
from collections.abc import AsyncIterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from funchost.errors import StoreError
from funchost.model.status import RuntimeStatus
from funchost.store import sqlite as sqlite_module
from funchost.store.base import Change
from funchost.store.connection import open_writer
from funchost.store.sqlite import SqliteStore
from funchost.store.writer import MAX_GROUP_TO_FLUSH_ON_LOOP
from tests.funchost.store.builders import activity, append, completed, instance, raised, scheduled

pytestmark = pytest.mark.anyio


async def outcomes(store: SqliteStore, *changes: Change) -> list[BaseException | None]:
    """What became of changes that were handed over at once."""
    return await asyncio.gather(*(store.commit(change) for change in changes), return_exceptions=True)


# -- A change that cannot be written down -------------------------------------------------------------------


@pytest.mark.parametrize(
    "change",
    [
        Change(put_instances=(instance("bad", created_at=None),)),
        Change(put_instances=(instance("bad"),), append_history=(append("bad", 0, "no event"),)),  # type: ignore[arg-type]
        Change(put_instances=(instance("bad"),), add_messages=(raised(1, "bad", body=7),)),
        Change(put_instances=(instance("bad", output=object()),)),
    ],
    ids=["no time", "no event", "no body", "no text"],
)
async def test_what_cannot_be_written_down_is_refused_alone(store: SqliteStore, change: Change) -> None:
    before, bad, behind = await outcomes(
        store, Change(put_instances=(instance("a"),)), change, Change(put_instances=(instance("b"),))
    )
    assert (before, behind) == (None, None)
    assert isinstance(bad, (TypeError, AttributeError))
    assert [await store.instance(i) for i in ("a", "bad", "b")] == [instance("a"), None, instance("b")]
    await store.commit(Change(put_instances=(instance("c"),)))


# -- A change that contradicts what is stored ---------------------------------------------------------------


@pytest.mark.parametrize(
    "contradiction",
    [
        Change(put_instances=(instance("bad"),), append_history=(append("bad", 1, completed(0)),)),
        Change(put_instances=(instance("bad"),), add_messages=(raised(1, "bad"),)),
        Change(put_instances=(instance("bad"),), add_tasks=(activity(1, "bad"),)),
        Change(put_instances=(instance("bad"),), add_tasks=(activity(1 << 70, "bad"),)),
    ],
    ids=["taken sequence", "taken message id", "taken task id", "number too large"],
)
async def test_a_contradiction_is_refused_with_all_behind_it_and_what_came_before_is_kept(
    store: SqliteStore, contradiction: Change
) -> None:
    await store.commit(
        Change(
            append_history=(append("bad", 0, scheduled(0), scheduled(1)),),
            add_messages=(raised(1, "bad"),),
            add_tasks=(activity(1, "bad"),),
        )
    )
    before, bad, behind = await outcomes(
        store, Change(put_instances=(instance("a"),)), contradiction, Change(put_instances=(instance("b"),))
    )
    assert before is None
    assert isinstance(bad, StoreError)
    assert str(bad).startswith("A change of 'bad' contradicts what the task hub in ")
    assert "start again: funchost start" in str(bad)
    assert isinstance(behind, StoreError)
    assert str(behind) == str(bad)
    with pytest.raises(StoreError, match="A change of 'bad' contradicts"):
        await store.commit(Change(put_instances=(instance("c"),)))
    assert await store.count_by_status() == {RuntimeStatus.RUNNING: 1}
    assert await store.history("bad", "bad-1") == [scheduled(0), scheduled(1)]


# -- A disk that is full ------------------------------------------------------------------------------------


@pytest.fixture
async def store_with_little_space(hub_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[SqliteStore]:
    """A hub whose file may grow to some 200 kB."""

    def open_small(path: Path) -> sqlite3.Connection:
        connection = open_writer(path)
        connection.execute("PRAGMA max_page_count = 50").fetchall()
        return connection

    monkeypatch.setattr(sqlite_module, "open_writer", open_small)
    store = SqliteStore(hub_path, hub_name="TestHub")
    await store.open()
    yield store
    await store.close()


async def test_a_full_disk_stops_the_store_and_costs_nothing_acknowledged(
    store_with_little_space: SqliteStore, hub_path: Path
) -> None:
    store = store_with_little_space
    kept = 0
    full: StoreError | None = None
    while full is None:
        number, record = kept + 1, instance(str(kept), input="x" * 3000)
        try:
            await store.commit(Change(put_instances=(record,), add_messages=(raised(number, "i"),)))
            kept += 1
        except StoreError as error:
            full = error
    assert str(full) == (
        f"There is no space left for the task hub in {hub_path}. Everything acknowledged before is kept. "
        "Free some disk space and start again: funchost start (SQLite: database or disk is full)"
    )
    with pytest.raises(StoreError, match="There is no space left"):
        await store.commit(Change())
    assert await store.count_by_status() == {RuntimeStatus.RUNNING: kept}  # reading goes on
    await store.close()

    again = SqliteStore(hub_path, hub_name="TestHub")
    await again.open()
    assert await again.count_by_status() == {RuntimeStatus.RUNNING: kept}
    assert await again.next_ids() == (kept + 1, 1)
    assert await again.instance(str(kept)) is None
    await again.close()


async def test_a_full_disk_refuses_a_whole_group(store_with_little_space: SqliteStore) -> None:
    """Which of a group's changes was too much cannot be told, and a later one may build on it."""
    small, large = (
        Change(put_instances=(instance("a"),)),
        Change(put_instances=(instance("b", input="x" * 500_000),)),
    )
    refused = await outcomes(store_with_little_space, small, large, small)
    assert isinstance(refused[1], StoreError)
    assert isinstance(refused[2], StoreError)
    expected = None if refused[0] else instance("a")
    assert await store_with_little_space.instance("a") == expected
    assert await store_with_little_space.instance("b") is None


WRITE_UNTIL_REFUSED = """
import asyncio, resource, sys
from pathlib import Path
from funchost.errors import StoreError
from funchost.store.base import Change
from funchost.store.sqlite import SqliteStore
from tests.funchost.store.builders import instance

async def write():
    store = SqliteStore(Path(sys.argv[1]), hub_name="TestHub")
    await store.open()
    resource.setrlimit(resource.RLIMIT_FSIZE, (1_000_000, 1_000_000))  # the kernel refuses to grow any file further
    count = 0
    try:
        while True:
            await store.commit(Change(put_instances=(instance(str(count), input="x" * 3000),)))
            count += 1
    except StoreError as error:
        print(count, error)
    await store.close()

asyncio.run(write())
"""


@pytest.mark.skipif(sys.platform == "win32", reason="limits on file sizes are POSIX")
async def test_a_failing_disk_stops_the_store_and_costs_nothing_acknowledged(hub_path: Path) -> None:
    root = Path(__file__).parents[3]
    writing = await asyncio.create_subprocess_exec(
        sys.executable, "-c", WRITE_UNTIL_REFUSED, str(hub_path),
        stdout=asyncio.subprocess.PIPE, env={**os.environ, "PYTHONPATH": str(root)},
    )  # fmt: skip
    output, _ = await writing.communicate()
    kept, text = output.decode().split(" ", 1)
    assert text.startswith(f"The disk failed to read or write the task hub in {hub_path}.")
    store = SqliteStore(hub_path, hub_name="TestHub")
    await store.open()
    assert await store.count_by_status() == {RuntimeStatus.RUNNING: int(kept)}
    assert int(kept) > 10
    await store.close()
    with closing(sqlite3.connect(hub_path)) as hub:
        assert hub.execute("PRAGMA integrity_check").fetchone() == ("ok",)


@pytest.mark.parametrize("count", [1, MAX_GROUP_TO_FLUSH_ON_LOOP + 1], ids=["on the loop", "on the thread"])
async def test_a_disk_that_is_full_at_the_flush_is_named_and_nothing_of_the_group_is_kept(
    hub_path: Path, monkeypatch: pytest.MonkeyPatch, count: int
) -> None:
    store = SqliteStore(hub_path, hub_name="TestHub")
    await store.open()
    await store.commit(Change(put_instances=(instance("before"),)))

    def full(connection: sqlite3.Connection) -> float:
        connection.execute("ROLLBACK")  # as SQLite does
        raise sqlite3.OperationalError("database or disk is full")

    monkeypatch.setattr("funchost.store.group.flush", full)
    refused = await outcomes(store, *(Change(put_instances=(instance(str(n)),)) for n in range(count)))
    monkeypatch.undo()
    refused += await outcomes(store, Change(put_instances=(instance("behind"),)))
    assert all(isinstance(error, StoreError) and "full" in str(error) for error in refused)
    assert len(refused) == count + 1
    assert await store.count_by_status() == {RuntimeStatus.RUNNING: 1}
    await store.close()


# -- Anything else ------------------------------------------------------------------------------------------


async def test_nobody_waits_for_ever_after_an_error_nobody_thought_of(
    store: SqliteStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: Any, **__: Any) -> None:
        raise SystemError("cosmic ray")

    monkeypatch.setattr("funchost.store.group.Groups._write", broken)
    refused = await outcomes(store, Change(), Change())
    assert ["cosmic ray" in str(error) for error in refused] == [True, True]
    with pytest.raises(StoreError, match="cosmic ray"):
        await store.commit(Change())
    await store.close()


async def test_a_hub_altered_by_hand_is_named_when_it_is_read(hub_path: Path) -> None:
    store = SqliteStore(hub_path, hub_name="TestHub")
    await store.open()
    await store.commit(Change(append_history=(append("i", 0, scheduled(0)),), add_messages=(raised(1, "i"),)))
    with closing(sqlite3.connect(hub_path, isolation_level=None)) as other:
        other.execute('UPDATE history SET event = \'{"t":"??"}\'')
        other.execute("UPDATE messages SET body = 'x'")
    with pytest.raises(StoreError, match=r"stored for instance 'i' cannot be read: .*unknown tag '\?\?'"):
        await store.history("i", "i-1")
    with pytest.raises(StoreError, match=r"stored for instance 'i' cannot be read: .*not JSON"):
        await store.messages("i")
    await store.close()


async def test_a_program_that_keeps_the_file_locked_is_named_as_the_cause(
    hub_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("funchost.store.connection._BUSY_TIMEOUT_S", 0.05)
    store = SqliteStore(hub_path, hub_name="TestHub")
    await store.open()
    with closing(sqlite3.connect(hub_path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(StoreError, match=r"Another program holds the task hub in .* open for writing"):
            await store.commit(Change(put_instances=(instance("i"),)))
    await store.close()
