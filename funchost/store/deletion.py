"""Takes a task hub's files away."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

from funchost.errors import StoreError
from funchost.store.ownership import HubLock


def delete_hub(path: Path, *, since: datetime) -> bool:
    """Delete the database at ``path`` and what SQLite keeps beside it; False where there is none.

    The file of the lock stays, since others may be waiting for it. Works on a database that is damaged. Raises
    TaskHubLocked while a host has the hub open, and StoreError where the files cannot be deleted.
    """
    if not path.is_file():
        return False
    lock = HubLock.acquire(path, since=since)
    try:
        for name in (path.name, f"{path.name}-wal", f"{path.name}-shm"):
            path.with_name(name).unlink(missing_ok=True)
    except OSError as error:
        raise StoreError(
            f"The task hub in {path} cannot be deleted: {error.strerror or error}. Is it open in another program?"
        ) from error
    finally:
        lock.release()
    return True
