"""Lay a lab's solution into a participant's folder, as a diff to read."""

from __future__ import annotations

import difflib
import tempfile
from pathlib import Path

from scaffolding.bake import files_of
from workshop.course import prepare
from workshop.lab import Lab, lay_solution

KEPT = ".mine"  # what a participant's own version of a changed file ends in afterwards


def solve(lab: Lab, folder: Path) -> str:
    """Make the files that the solution touches what they are in it; return the difference as a unified diff.

    A participant's own version of a file is kept beside it, with `.mine` at the end of its name.
    """
    with tempfile.TemporaryDirectory() as scratch:
        solved = prepare(lab, Path(scratch))
        before = files_of(solved)
        lay_solution(lab, solved)
        after = files_of(solved)
    diff: list[str] = []
    for path in sorted(before.keys() | after.keys()):
        if before.get(path) == after.get(path):
            continue
        mine = folder / path
        old = mine.read_bytes() if mine.exists() else b""
        new = after.get(path)
        diff += difflib.unified_diff(_lines(old), _lines(new or b""), f"yours/{path}", f"solution/{path}")
        if mine.exists() and old not in (before.get(path), new):
            mine.replace(mine.with_name(mine.name + KEPT))
        if new is None:
            mine.unlink(missing_ok=True)
        else:
            mine.parent.mkdir(parents=True, exist_ok=True)
            mine.write_bytes(new)
    return "".join(diff)


def _lines(content: bytes) -> list[str]:
    return content.decode("utf-8").replace("\r\n", "\n").splitlines(keepends=True)
