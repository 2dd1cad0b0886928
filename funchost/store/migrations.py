"""How a task hub's file gets from any older shape to the present one.

``MIGRATIONS`` is only ever appended to; the name of a function is what the file remembers, so it is never
changed either. Each migration and the record of it are one transaction: a crash leaves it done or not begun.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable

from funchost.errors import StoreError
from funchost.store.schema import INITIAL_SCHEMA

Migration = Callable[[sqlite3.Connection], None]

# Where the schedules of timer functions stand: function_name 'nightly', last_us NULL: not run yet,
# next_us NULL: never again.
CREATE_SCHEDULES = """
    CREATE TABLE schedules (
        function_name TEXT PRIMARY KEY,
        last_us INTEGER,
        next_us INTEGER,
        last_updated_us INTEGER NOT NULL
    ) WITHOUT ROWID
"""


def create_tables(connection: sqlite3.Connection) -> None:
    for statement in INITIAL_SCHEMA:
        connection.execute(statement)


def add_schedules(connection: sqlite3.Connection) -> None:
    connection.execute(CREATE_SCHEDULES)


MIGRATIONS: tuple[Migration, ...] = (create_tables, add_schedules)

# What was applied, in order: (1, 'create_tables').
CREATE_RECORD = """
    CREATE TABLE IF NOT EXISTS migrations (
        position INTEGER PRIMARY KEY,
        name TEXT NOT NULL UNIQUE
    )
"""
HAS_RECORD = "SELECT count(*) FROM sqlite_master WHERE type = 'table' AND name = 'migrations'"
APPLIED = "SELECT name FROM migrations ORDER BY position"
RECORD = "INSERT INTO migrations (name) VALUES (?)"


def applied(connection: sqlite3.Connection) -> list[str]:
    """The names of the migrations the file has behind it. Writes nothing."""
    if not connection.execute(HAS_RECORD).fetchone()[0]:
        return []
    return [name for (name,) in connection.execute(APPLIED)]


def refuse_newer(
    connection: sqlite3.Connection, place: str, migrations: tuple[Migration, ...] = MIGRATIONS
) -> None:
    """Raise StoreError if a later version of funchost has been here. Writes nothing."""
    known = {migration.__name__ for migration in migrations}
    unknown = [name for name in applied(connection) if name not in known]
    if unknown:
        raise StoreError(
            f"The task hub in {place} was last used by a newer funchost (this one does not know its change "
            f"{unknown[0]!r}). Update with: python -m pip install --upgrade funchost. "
            "Or give this version a state folder of its own: funchost start --state DIR"
        )


def migrate(connection: sqlite3.Connection, migrations: tuple[Migration, ...] = MIGRATIONS) -> None:
    """Apply what the file has not seen yet, oldest first. The connection must be in autocommit mode."""
    done = set(applied(connection))
    for migration in migrations:
        if migration.__name__ in done:
            continue
        connection.execute("BEGIN IMMEDIATE")
        try:
            connection.execute(CREATE_RECORD)
            migration(connection)
            connection.execute(RECORD, (migration.__name__,))
            connection.execute("COMMIT")
        except BaseException:
            if connection.in_transaction:
                connection.execute("ROLLBACK")
            raise
