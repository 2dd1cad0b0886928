"""Where a change is written: on the event loop where that is quick, else on the thread; in order either way."""

from __future__ import annotations

import asyncio
import sqlite3
import threading
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from funchost.store import group, upkeep, writer
from funchost.store.base import Change
from funchost.store.sqlite import SqliteStore
from tests.funchost.store.builders import instance

pytestmark = pytest.mark.anyio


def current() -> str:
    return "loop" if threading.current_thread().name == "MainThread" else "thread"


@pytest.fixture
def threads(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Which thread has written each transaction."""
    names: list[str] = []
    real = group.write

    def write(*arguments: object) -> None:
        names.append(current())
        real(*arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(group, "write", write)
    return names


@pytest.fixture
def flushes(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Which thread has flushed each transaction."""
    names: list[str] = []
    real = group.flush

    def flush(connection: sqlite3.Connection) -> float:
        names.append(current())
        return real(connection)

    monkeypatch.setattr(group, "flush", flush)
    return names


async def until(condition: Callable[[], bool]) -> None:
    """Let the loop turn until it holds."""
    while not condition():  # noqa: ASYNC110  (nobody would set an event)
        await asyncio.sleep(0)


def put(number: int) -> Change:
    return Change(put_instances=(instance(str(number)),))


async def test_a_small_change_is_written_on_the_loop(file_store: SqliteStore, threads: list[str]) -> None:
    await file_store.commit(put(1))
    assert threads == ["loop"]


async def test_all_that_a_turn_hands_over_is_one_transaction(file_store: SqliteStore, threads: list[str]) -> None:
    await asyncio.gather(*(file_store.commit(put(n)) for n in range(writer.MAX_GROUP_ON_LOOP)))
    assert threads == ["loop"]


async def test_a_large_group_is_the_threads(file_store: SqliteStore, threads: list[str]) -> None:
    await asyncio.gather(*(file_store.commit(put(n)) for n in range(writer.MAX_GROUP_ON_LOOP + 1)))
    assert threads == ["thread"]


async def test_what_comes_while_the_thread_writes_is_written_after_it(
    file_store: SqliteStore, threads: list[str]
) -> None:
    large = [file_store.commit(put(n)) for n in range(writer.MAX_GROUP_ON_LOOP + 1)]
    await asyncio.sleep(0)  # handed over by now
    await file_store.commit(Change(purge_instances=("0",)))
    assert all(future.done() for future in large)
    assert threads == ["thread"] * len(threads)
    assert await file_store.instance("0") is None


async def test_while_flushes_are_slow_the_thread_waits_for_them(
    file_store: SqliteStore, flushes: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    real = group.flush
    seconds = 1.0
    monkeypatch.setattr(group, "flush", lambda connection: real(connection) * 0 + seconds)
    numbers = iter(range(1000))
    while flushes[-3:] != ["thread"] * 3:
        await file_store.commit(put(next(numbers)))
    seconds = 0.0
    while flushes[-3:] != ["loop"] * 3:
        await file_store.commit(put(next(numbers)))


async def test_where_many_changes_come_together_the_thread_waits_for_the_disk(
    file_store: SqliteStore, threads: list[str], flushes: list[str]
) -> None:
    await asyncio.gather(*(file_store.commit(put(n)) for n in range(writer.MAX_GROUP_TO_FLUSH_ON_LOOP)))
    await asyncio.gather(*(file_store.commit(put(n)) for n in range(writer.MAX_GROUP_TO_FLUSH_ON_LOOP + 1)))
    assert threads == ["loop", "loop"]
    assert flushes == ["loop", "thread"]


async def test_what_comes_while_the_thread_waits_for_the_disk_is_the_next_transaction(
    file_store: SqliteStore, threads: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    disk, real = threading.Event(), group.flush

    def flush(connection: sqlite3.Connection) -> float:
        if current() == "thread":
            disk.wait()
        return real(connection)

    monkeypatch.setattr(group, "flush", flush)
    first = [file_store.commit(put(n)) for n in range(writer.MAX_GROUP_TO_FLUSH_ON_LOOP + 1)]
    await until(lambda: bool(threads))
    second = [
        file_store.commit(Change(purge_instances=("0",))),
        file_store.commit(put(0), urgent=False),
    ]
    for _ in range(10):
        await asyncio.sleep(0)
    assert not any(future.done() for future in (*first, *second))
    disk.set()
    await asyncio.gather(*first, *second)
    assert threads == ["loop", "loop"]
    assert await file_store.instance("0") == instance("0")


async def test_a_store_that_is_closed_while_the_thread_waits_for_the_disk_keeps_everything(
    hub_path: Path, file_store: SqliteStore, threads: list[str]
) -> None:
    waiting = [file_store.commit(put(n)) for n in range(writer.MAX_GROUP_TO_FLUSH_ON_LOOP + 1)]
    await until(lambda: bool(threads))
    waiting.append(file_store.commit(put(1000)))
    await file_store.close()
    assert all(future.done() and future.exception() is None for future in waiting)
    with closing(sqlite3.connect(hub_path)) as hub:
        assert hub.execute("SELECT count(*) FROM instances").fetchone() == (len(waiting),)


async def test_one_slow_flush_is_no_slow_disk(
    file_store: SqliteStore, flushes: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    real = group.flush
    seconds = iter([0.0] * 5 + [10.0] + [0.0] * 5)
    monkeypatch.setattr(group, "flush", lambda connection: real(connection) * 0 + next(seconds))
    for number in range(11):
        await file_store.commit(put(number))
    assert flushes == ["loop"] * 11


async def test_the_loop_goes_on_while_another_program_has_the_file(
    hub_path: Path, file_store: SqliteStore, threads: list[str]
) -> None:
    with closing(sqlite3.connect(hub_path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        waiting = file_store.commit(put(1))
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        assert not waiting.done()  # and yet we are here
        other.execute("ROLLBACK")
        await waiting
    assert threads == ["loop", "thread"]
    await file_store.commit(put(2))
    assert await file_store.instance("2") == instance("2")


async def test_a_long_log_is_cut_by_the_thread(
    hub_path: Path, file_store: SqliteStore, threads: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(upkeep, "WAL_LIMIT_BYTES", 100_000)
    assert file_store._writer is not None
    assert file_store._writer._upkeep is not None
    file_store._writer._upkeep._wal_limit = 100_000
    log = hub_path.with_name(hub_path.name + "-wal")
    longest = size = 0
    for number in range(20 * upkeep.TRANSACTIONS_A_LOOK):
        await file_store.commit(Change(put_instances=(instance(str(number), input="x" * 10_000),)))
        longest, size = max(longest, size), log.stat().st_size
        if size < longest:
            break
    assert size < 100_000 < longest < 1_000_000
    assert "loop" in threads
