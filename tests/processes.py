"""The processes of a host that was started in a session of its own. Linux only: they are read from ``/proc``."""

from __future__ import annotations

import sys
from pathlib import Path

IS_KNOWN = sys.platform == "linux"
_SESSION, _STATE, _RSS_PAGES = 3, 0, 21  # fields of /proc/PID/stat after the name, from 0
_PAGE_BYTES = 4096


def _stat(process: Path) -> list[str] | None:
    try:
        return (process / "stat").read_text().rpartition(") ")[2].split()
    except OSError:
        return None  # it has just ended


def of_session(session: int) -> dict[int, int]:
    """Process ids of a session, each with its resident memory in bytes; what has ended is left out."""
    found = {}
    for process in Path("/proc").iterdir():
        fields = _stat(process) if process.name.isdigit() else None
        if fields is not None and int(fields[_SESSION]) == session and fields[_STATE] not in "ZX":
            found[int(process.name)] = int(fields[_RSS_PAGES]) * _PAGE_BYTES
    return found
