"""Marks in a file, for what a test can see in no other way: which line of an orchestrator ran, and when."""

from __future__ import annotations

import json
from pathlib import Path


def leave(path: str, mark: object) -> None:
    """Append one mark, a JSON value, to a file."""
    with Path(path).open("a", encoding="utf-8") as file:
        file.write(json.dumps(mark) + "\n")
