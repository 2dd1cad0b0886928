"""The word that a running host leaves of itself beside its task hub, and how others find it.

One file per task hub, ``TestHubName.running.json`` beside ``TestHubName.db``, so that hosts which share a state
folder leave each other's alone. A host that was killed leaves its word behind.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

SUFFIX = ".running.json"


def running_file(state: Path, task_hub: str) -> Path:
    """Where the host that has this hub open leaves word."""
    return state / f"{task_hub}{SUFFIX}"


def read_word(file: Path) -> Mapping[str, Any] | None:
    """What a host said: ``url``, ``pid``, ``taskHub``, ``instanceId``; None where there is no word."""
    try:
        said = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return said if isinstance(said, dict) else None


class NextHost:
    """Looks out for the next host to leave word in a state folder; for whoever has just started one there.

    Hosts that were there before do not count, alive or killed.
    """

    def __init__(self, state: Path) -> None:
        self._state = state
        self._before = self._words()

    def url(self) -> str | None:
        """Where the new host is reached, by number; None while there is none."""
        for file, said in self._words().items():
            if said is not None and said != self._before.get(file) and "url" in said:
                return str(said["url"]).replace("localhost", "127.0.0.1")
        return None

    def _words(self) -> dict[Path, Mapping[str, Any] | None]:
        return {file: read_word(file) for file in self._state.glob(f"*{SUFFIX}")}
