"""Where a change is written: on the event loop where that is quick, else on the thread; in order either way."""

from __future__ import annotations

import asyncio
import sqlite3
import threading
from contextlib import closing
from pathlib import Path

import pytest

from funchost.store import group, upkeep, writer
from funchost.store.base import Change
from funchost.store.sqlite import SqliteStore
from tests.funchost.store.builders import instance

pytestmark = pytest.mark.anyio


@pytest.fixture
def threads(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Which thread has written each transaction."""
    names: list[str] = []
    real = group.apply

    def apply(*arguments: object) -> float:
        name = threading.current_thread().name
        names.append("loop" if name == "MainThread" else "thread")
        return real(*arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(group, "apply", apply)
    return names


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


async def test_while_flushes_are_slow_the_thread_writes(
    file_store: SqliteStore, threads: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    real = group.apply
    seconds = 1.0
    monkeypatch.setattr(group, "apply", lambda *arguments: real(*arguments) * 0 + seconds)
    numbers = iter(range(1000))
    while threads[-3:] != ["thread"] * 3:
        await file_store.commit(put(next(numbers)))
    seconds = 0.0
    while threads[-3:] != ["loop"] * 3:
        await file_store.commit(put(next(numbers)))


async def test_one_slow_flush_is_no_slow_disk(
    file_store: SqliteStore, threads: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    real = group.apply
    flushes = iter([0.0] * 5 + [10.0] + [0.0] * 5)
    monkeypatch.setattr(group, "apply", lambda *arguments: real(*arguments) * 0 + next(flushes))
    for number in range(11):
        await file_store.commit(put(number))
    assert threads == ["loop"] * 11


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
