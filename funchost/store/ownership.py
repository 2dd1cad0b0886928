"""One host per task hub: a lock that the operating system drops when the process ends, however it ends.

The lock is on a file beside the database (``myhub.db.lock``), which also says who holds it. The file stays
when the lock goes: removing it would let two hosts hold locks on two files of one name.
"""

from __future__ import annotations

import errno
import os
import sys
from datetime import datetime
from pathlib import Path

from funchost.errors import StoreError, TaskHubLocked

# Windows forbids others to read locked bytes, so there the locked byte is far behind the text.
_LOCKED_BYTE = 1 << 30
_TAKEN = {errno.EACCES, errno.EAGAIN, errno.EDEADLK}


class HubLock:
    """Ownership of the task hub at ``hub``, held from ``acquire`` to ``release`` or the end of the process."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor: int | None = descriptor

    @classmethod
    def acquire(cls, hub: Path, *, since: datetime) -> HubLock:
        """Take the hub, or raise TaskHubLocked naming the owner; ``since`` is what others are told.

        Raises StoreError where the folder cannot be written or its file system knows no locks.
        """
        path = hub.with_name(hub.name + ".lock")
        # Not inheritable (Python's default), so a worker that outlives the host does not keep the hub.
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
        try:
            try:
                _lock(descriptor)
            except OSError as error:
                if error.errno in _TAKEN:
                    raise TaskHubLocked(str(hub), _read_owner(descriptor)) from None
                raise StoreError(
                    f"The folder {hub.parent} cannot hold a task hub: its file system knows no locks "
                    f"({error.strerror}). Use one on a local disk: funchost start --state DIR"
                ) from error
            os.ftruncate(descriptor, 0)
            os.write(descriptor, f"process {os.getpid()}, since {since:%Y-%m-%d %H:%M:%S} UTC\n".encode())
        except BaseException:
            os.close(descriptor)
            raise
        return cls(descriptor)

    def release(self) -> None:
        """Give the hub up. Idempotent."""
        descriptor, self._descriptor = self._descriptor, None
        if descriptor is not None:
            os.ftruncate(descriptor, 0)
            os.close(descriptor)


def _read_owner(descriptor: int) -> str:
    os.lseek(descriptor, 0, os.SEEK_SET)
    text = os.read(descriptor, 200).decode("utf-8", "replace").strip()
    return text or "a process that has only just started"


if sys.platform == "win32":
    import msvcrt

    def _lock(descriptor: int) -> None:
        os.lseek(descriptor, _LOCKED_BYTE, os.SEEK_SET)
        msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
        os.lseek(descriptor, 0, os.SEEK_SET)

else:
    import fcntl

    def _lock(descriptor: int) -> None:
        # flock, not lockf: it also keeps two hosts in one process apart.
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
