"""What the linter says: a finding, where it is, how it was reached, and the edit that repairs it. No behaviour."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

Severity = Literal["error", "warning"]


@dataclass(frozen=True, slots=True, order=True)
class Place:
    """A stretch of a file. Lines and columns count from 1, columns in characters; the end is exclusive."""

    path: Path
    line: int
    column: int
    end_line: int
    end_column: int


@dataclass(frozen=True, slots=True)
class Edit:
    """Replace the stretch from one offset to another by a text; offsets are characters from the file's start."""

    start: int
    end: int
    text: str


@dataclass(frozen=True, slots=True)
class Fix:
    """Edits to one file that belong together: all are made, or none."""

    title: str
    edits: tuple[Edit, ...]


@dataclass(frozen=True, slots=True)
class Step:
    """One function on the way from an orchestrator to the finding."""

    function: str
    path: Path
    line: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One broken rule.

    ``via`` begins with the orchestrator and ends with the function that holds the finding; it is empty for a
    file that cannot be read. ``fatal``: the orchestrator can never work, whatever its input.
    """

    code: str
    message: str
    severity: Severity
    place: Place
    via: tuple[Step, ...] = ()
    fix: Fix | None = None
    fatal: bool = False
