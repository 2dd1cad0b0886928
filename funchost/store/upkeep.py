"""What the writing thread does for the file between commits: keep the log short, give freed space back.

None of it changes what is stored. Where it fails (a full disk, a busy reader) nothing is lost and the next
commit finds out for itself, so its errors end here.
"""

from __future__ import annotations

import os
import sqlite3
from pathlib import Path

# SQLite moves the log into the file by itself, but can start the log anew only at a moment without a reader.
# Past this size the writer waits for such a moment, briefly.
WAL_LIMIT_BYTES = 64 * 1024 * 1024
_WAIT_FOR_READERS_MS = 200
TRANSACTIONS_A_LOOK = 16
"""Transactions from one look at the log's size to the next."""
_BUSY_TIMEOUT_MS = 10_000

# Free pages are used again by what comes next; only many of them, and a large share, are worth moving.
MIN_FREE_PAGES = 1000
MAX_FREE_SHARE = 0.25
PAGES_A_STEP = 200

_FREE_AND_ALL_PAGES = "SELECT freelist_count, page_count FROM pragma_freelist_count(), pragma_page_count()"


class Upkeep:
    """Works on the writing connection, for its holder; ``log`` is the write-ahead log's path (None: memory)."""

    def __init__(self, connection: sqlite3.Connection, log: Path | None) -> None:
        self._connection, self._log = connection, log
        self._wal_limit = WAL_LIMIT_BYTES
        self._transactions = 0
        # A file that was left with free pages (killed in the middle of a purge) is looked at once.
        self.has_work = log is not None

    @property
    def is_of_memory(self) -> bool:
        """Whether the hub is in memory only: no flush takes time there."""
        return self._log is None

    def after_commit(self, *, freed_space: bool) -> None:
        """To be called after every transaction; cheap unless the log has grown past its limit."""
        self.has_work = self._log is not None and (self.has_work or freed_space)
        self._cut_log()

    def note_commit(self, *, freed_space: bool) -> None:
        """To be called instead where there is no time for upkeep; ``has_work`` then says whether to ``step``."""
        if self._log is None:
            return
        self._transactions += 1
        if freed_space or self._transactions % TRANSACTIONS_A_LOOK == 0:
            self.has_work = self.has_work or freed_space or self._log_size() > self._wal_limit

    def step(self) -> None:
        """Cut a long log, give some free pages back to the file system; ``has_work`` says whether to come again."""
        self._cut_log()
        try:
            free, pages = self._connection.execute(_FREE_AND_ALL_PAGES).fetchone()
            self.has_work = free >= MIN_FREE_PAGES and free > pages * MAX_FREE_SHARE
            if self.has_work:
                # The statement answers once per page, without a column; ``execute`` would stop at the first.
                self._connection.executescript(f"PRAGMA incremental_vacuum({PAGES_A_STEP})")
        except sqlite3.Error:
            self.has_work = False

    def _log_size(self) -> int:
        try:
            return 0 if self._log is None else os.stat(self._log).st_size
        except OSError:
            return 0

    def _cut_log(self) -> None:
        size = self._log_size()
        if size > self._wal_limit:
            self._wal_limit = WAL_LIMIT_BYTES if self._restart_log() else size + WAL_LIMIT_BYTES

    def _restart_log(self) -> bool:
        try:
            self._connection.execute(f"PRAGMA busy_timeout = {_WAIT_FOR_READERS_MS}")
            busy, *_ = self._connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
            self._connection.execute(f"PRAGMA busy_timeout = {_BUSY_TIMEOUT_MS}")
        except sqlite3.Error:
            return False
        return not busy
