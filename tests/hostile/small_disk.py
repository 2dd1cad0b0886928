"""``funchost`` with a database that may not grow: ``python -m tests.hostile.small_disk PAGES start …``.

SQLite says the same as on a full disk; the limit is gone with the process.
"""

from __future__ import annotations

import sqlite3
import sys
from pathlib import Path

from funchost import cli
from funchost.store import connection, sqlite


def main() -> None:
    pages = int(sys.argv.pop(1))

    def open_small(path: Path) -> sqlite3.Connection:
        opened = connection.open_writer(path)
        opened.execute(f"PRAGMA max_page_count = {pages}")
        return opened

    sqlite.open_writer = open_small  # type: ignore[attr-defined]
    cli.main()


if __name__ == "__main__":
    main()
