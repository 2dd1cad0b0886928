"""The files of a hub stay bounded: the log after long readers, the database after purges."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from funchost.store import upkeep as upkeep_module
from funchost.store.base import Change
from funchost.store.changes import flush, plan, write
from funchost.store.connection import open_writer
from funchost.store.upkeep import Upkeep
from tests.funchost.store.builders import append, completed, instance, scheduled


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "TestHub.db"


@pytest.fixture
def writer(path: Path) -> Iterator[sqlite3.Connection]:
    """The writing connection to a new hub."""
    with closing(open_writer(path)) as connection:
        yield connection


def log_of(path: Path) -> Path:
    return path.with_name(path.name + "-wal")


def fill(writer: sqlite3.Connection, ids: range, *, together: int = 100) -> None:
    """Add an instance of some 4 kB per id, ``together`` to a transaction."""
    events = (scheduled(0), completed(0)) * 5
    plans = [
        plan(
            Change(
                put_instances=(instance(str(n), input="x" * 2000),),
                append_history=(append(str(n), 0, *events),),
            )
        )
        for n in ids
    ]
    for first in range(0, len(plans), together):
        write(writer, plans[first : first + together])
        flush(writer)


def test_the_file_shrinks_after_a_purge(path: Path, writer: sqlite3.Connection) -> None:
    fill(writer, range(3000))
    upkeep = Upkeep(writer, log_of(path))
    upkeep.step()
    assert not upkeep.has_work  # nothing to give back
    write(writer, [plan(Change(purge_instances=tuple(str(n) for n in range(100, 3000))))])
    flush(writer)
    upkeep.after_commit(freed_space=True)
    steps = 0
    while upkeep.has_work:
        upkeep.step()
        steps += 1
    writer.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
    assert path.stat().st_size < 5_000_000
    assert 1 < steps < 100  # in pieces, so that a commit never waits for all of it
    assert writer.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    assert writer.execute("SELECT count(*) FROM instances").fetchone() == (100,)


def test_a_few_free_pages_are_kept_for_what_comes_next(path: Path, writer: sqlite3.Connection) -> None:
    fill(writer, range(300))
    write(writer, [plan(Change(purge_instances=tuple(str(n) for n in range(250))))])
    flush(writer)
    upkeep = Upkeep(writer, log_of(path))
    before = writer.execute("PRAGMA page_count").fetchone()
    while upkeep.has_work:
        upkeep.step()
    assert writer.execute("PRAGMA page_count").fetchone() == before


def test_the_log_stays_bounded_in_steady_work(path: Path, writer: sqlite3.Connection) -> None:
    upkeep = Upkeep(writer, log_of(path))
    for start in range(0, 5000, 20):
        fill(writer, range(start, start + 20), together=5)
        upkeep.after_commit(freed_space=False)
        assert log_of(path).stat().st_size < 8_000_000
    assert path.stat().st_size > 15_000_000


def test_a_log_past_its_limit_is_cut(
    path: Path, writer: sqlite3.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(upkeep_module, "WAL_LIMIT_BYTES", 1_000_000)
    upkeep = Upkeep(writer, log_of(path))
    fill(writer, range(500), together=500)
    assert log_of(path).stat().st_size > 1_000_000
    upkeep.after_commit(freed_space=False)
    assert log_of(path).stat().st_size == 0
    assert writer.execute("SELECT count(*) FROM instances").fetchone() == (500,)


def test_a_reader_in_the_way_is_not_waited_for_at_every_commit(
    path: Path, writer: sqlite3.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(upkeep_module, "WAL_LIMIT_BYTES", 1_000_000)
    monkeypatch.setattr(upkeep_module, "_WAIT_FOR_READERS_MS", 1)
    upkeep = Upkeep(writer, log_of(path))
    statements: list[str] = []
    with closing(sqlite3.connect(path, isolation_level=None)) as reader:
        reader.execute("BEGIN")
        reader.execute("SELECT count(*) FROM instances").fetchone()
        fill(writer, range(500), together=500)
        writer.set_trace_callback(statements.append)
        upkeep.after_commit(freed_space=False)
        upkeep.after_commit(freed_space=False)
        assert [sql for sql in statements if "checkpoint" in sql] == ["PRAGMA wal_checkpoint(TRUNCATE)"]
        assert writer.execute("PRAGMA busy_timeout").fetchone() == (10_000,)
        fill(writer, range(500, 1000), together=500)
    upkeep.after_commit(freed_space=False)
    assert log_of(path).stat().st_size == 0


def test_upkeep_on_a_full_disk_gives_up_quietly(path: Path, writer: sqlite3.Connection) -> None:
    fill(writer, range(3000))
    write(writer, [plan(Change(purge_instances=tuple(str(n) for n in range(3000))))])
    flush(writer)
    writer.execute("PRAGMA query_only = ON")
    upkeep = Upkeep(writer, log_of(path))
    upkeep.step()
    assert not upkeep.has_work
    assert not writer.in_transaction
