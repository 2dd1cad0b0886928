"""Migrations: each once, in order, and together with its record or not at all."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing

import pytest

from funchost.errors import StoreError
from funchost.store.migrations import MIGRATIONS, applied, migrate, refuse_newer


def create_notes(connection: sqlite3.Connection) -> None:
    connection.execute("CREATE TABLE notes (text TEXT)")
    connection.execute("INSERT INTO notes VALUES ('created')")


def add_note(connection: sqlite3.Connection) -> None:
    connection.execute("INSERT INTO notes VALUES ('added')")


def fail_half_way(connection: sqlite3.Connection) -> None:
    connection.execute("INSERT INTO notes VALUES ('half')")
    connection.execute("INSERT INTO nowhere VALUES (1)")


@pytest.fixture
def connection() -> Iterator[sqlite3.Connection]:
    """An empty database, in autocommit mode."""
    with closing(sqlite3.connect(":memory:", isolation_level=None)) as connection:
        yield connection


def notes(connection: sqlite3.Connection) -> list[str]:
    return [text for (text,) in connection.execute("SELECT text FROM notes")]


def test_every_migration_is_applied_once_and_in_order(connection: sqlite3.Connection) -> None:
    migrate(connection, (create_notes,))
    migrate(connection, (create_notes, add_note))
    migrate(connection, (create_notes, add_note))
    assert notes(connection) == ["created", "added"]
    assert applied(connection) == ["create_notes", "add_note"]


def test_a_failing_migration_leaves_nothing_and_is_tried_again(connection: sqlite3.Connection) -> None:
    with pytest.raises(sqlite3.OperationalError, match="no such table: nowhere"):
        migrate(connection, (create_notes, fail_half_way))
    assert notes(connection) == ["created"]
    assert applied(connection) == ["create_notes"]
    assert not connection.in_transaction
    connection.execute("CREATE TABLE nowhere (number INTEGER)")
    migrate(connection, (create_notes, fail_half_way))
    assert notes(connection) == ["created", "half"]


def test_a_file_with_unknown_changes_is_refused(connection: sqlite3.Connection) -> None:
    migrate(connection, (create_notes, add_note))
    refuse_newer(connection, "hub.db", (create_notes, add_note))
    with pytest.raises(StoreError, match=r"hub\.db was last used by a newer funchost .*'add_note'"):
        refuse_newer(connection, "hub.db", (create_notes,))


def test_an_untouched_file_has_no_changes_behind_it(connection: sqlite3.Connection) -> None:
    assert applied(connection) == []
    refuse_newer(connection, "hub.db")


def test_names_of_migrations_are_unique() -> None:
    assert len({migration.__name__ for migration in MIGRATIONS}) == len(MIGRATIONS)
