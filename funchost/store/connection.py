"""Opening a task hub's file: what is checked before it is touched, and which pragmas, and why."""

from __future__ import annotations

import os
import sqlite3
import sys
from pathlib import Path

from funchost.errors import StoreError
from funchost.store.failures import damaged
from funchost.store.migrations import migrate, refuse_newer
from funchost.store.schema import APPLICATION_ID

# How long to wait for another program (a database browser, a backup) that is writing in the file.
_BUSY_TIMEOUT_S = 10.0

_WRITER_PRAGMAS = (
    # A commit appends to one file and syncs it once, and readers see the last commit meanwhile.
    "PRAGMA journal_mode = WAL",
    # Sync the log at every commit: what was acknowledged survives a power cut, not only the process.
    "PRAGMA synchronous = FULL",
    # Move pages from the log to the file every 1000 pages (4 MB): longer logs cost more at the next start.
    "PRAGMA wal_autocheckpoint = 1000",
    # After a burst (a long reader, a huge change) give the log's space back, down to 16 MB.
    "PRAGMA journal_size_limit = 16777216",
    # 16 MB instead of 2 MB of pages: inserts at random ids find the inner pages of a large hub in memory.
    "PRAGMA cache_size = -16384",
    # Sorting a listing must not need space on a disk that may be full.
    "PRAGMA temp_store = MEMORY",
)
_READER_PRAGMAS = (
    # A statement that writes, on the connection for reading, is a bug that shows at once.
    "PRAGMA query_only = ON",
    "PRAGMA temp_store = MEMORY",
    "PRAGMA cache_size = -8192",
)

# Free pages go back to the file system in small steps after a purge (see ``upkeep``); must be chosen before
# the first table is there.
_AUTO_VACUUM = "PRAGMA auto_vacuum = INCREMENTAL"

TRY_TO_WRITE = "UPDATE hub SET last_message_id = last_message_id"


def open_memory() -> sqlite3.Connection:
    """A task hub that lives as long as the connection."""
    connection = _connect(":memory:")
    _mark(connection)
    migrate(connection)
    return connection


def open_writer(path: Path) -> sqlite3.Connection:
    """The writing connection to the hub at ``path``, checked, marked and migrated; made if it is not there.

    The caller owns the hub (``HubLock``). Raises StoreError, or sqlite3.Error for ``failures.explain``; a
    file that is refused is left as it was.
    """
    is_new = not path.exists()
    if not is_new and not _may_write(path):
        # Said here, since SQLite would first lay a log beside the file that is just as read-only, and stays.
        raise sqlite3.OperationalError("attempt to write a readonly database")
    connection = _connect(str(path))
    try:
        if _is_unmarked(connection, str(path)):
            _mark(connection)
        else:
            refuse_newer(connection, str(path))
            _check(connection, str(path))
        for pragma in _WRITER_PRAGMAS:
            connection.execute(pragma)
        if connection.execute("PRAGMA journal_mode").fetchone()[0] != "wal":
            raise StoreError(
                f"The folder {path.parent} cannot hold a task hub: SQLite cannot keep a write-ahead log there. "
                "Use one on a local disk: funchost start --state DIR"
            )
        migrate(connection)
        # SQLite opens a read-only file without a word; a hub that cannot be written is refused now.
        connection.execute("BEGIN IMMEDIATE")
        connection.execute(TRY_TO_WRITE)
        connection.execute("ROLLBACK")
    except BaseException:
        connection.close()
        raise
    if is_new:
        _sync_folder(path.parent)
    return connection


def open_reader(path: Path) -> sqlite3.Connection:
    """A second connection to an open hub; every statement on it sees all commits that have returned."""
    connection = _connect(str(path))
    for pragma in _READER_PRAGMAS:
        connection.execute(pragma)
    return connection


def wait_for_others(connection: sqlite3.Connection, *, patiently: bool) -> None:
    """Whether statements wait while another program is writing in the file, or fail at once (``apply`` tells)."""
    connection.execute(f"PRAGMA busy_timeout = {round(_BUSY_TIMEOUT_S * 1000) if patiently else 0}")


def _connect(database: str) -> sqlite3.Connection:
    # isolation_level None: transactions begin and end where our statements say so, on every Python version.
    # Two threads use the writing connection, never both at a time (see ``writer``).
    return sqlite3.connect(
        database, timeout=_BUSY_TIMEOUT_S, isolation_level=None, cached_statements=256, check_same_thread=False
    )


def _may_write(path: Path) -> bool:
    return os.access(path, os.W_OK, effective_ids=os.access in os.supports_effective_ids)


def _is_unmarked(connection: sqlite3.Connection, place: str) -> bool:
    """Whether the file is new and empty. Raises StoreError if it belongs to another program."""
    if connection.execute("PRAGMA application_id").fetchone()[0] == APPLICATION_ID:
        return False
    if connection.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]:
        raise StoreError(
            f"{place} is not a task hub: it is a SQLite database of another program. "
            "Use another state folder: funchost start --state DIR"
        )
    return True


def _mark(connection: sqlite3.Connection) -> None:
    connection.execute(_AUTO_VACUUM)
    connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")


def _check(connection: sqlite3.Connection, place: str) -> None:
    """Read every page once, before anything is written to a file that may be damaged."""
    finding = connection.execute("PRAGMA quick_check(1)").fetchone()[0]
    if finding != "ok":
        raise damaged(place, finding)


def _sync_folder(folder: Path) -> None:
    """A new file is there after a power cut only once its folder is on disk too. Windows does so by itself."""
    if sys.platform != "win32":
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
