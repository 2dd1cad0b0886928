"""Makes repairs: edits of a text, and the files they belong to."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path

from funchost.lint.finding import Edit, Fix
from funchost.lint.linter import Result

_MOST_ROUNDS = 10  # a repair may bring up another, and some overlap


def apply(text: str, fixes: Iterable[Fix]) -> tuple[str, int]:
    """The text after as many of the fixes as do not touch each other, and how many those are."""
    taken: list[Edit] = []
    made = 0
    for fix in fixes:
        if not any(_touch(edit, other) for edit in fix.edits for other in taken):
            taken += fix.edits
            made += 1
    for edit in sorted(taken, key=lambda edit: (edit.start, edit.end), reverse=True):
        text = text[: edit.start] + edit.text + text[edit.end :]
    return text, made


def _touch(one: Edit, other: Edit) -> bool:
    return one.start <= other.end and other.start <= one.end


def fix_files(lint: Callable[[], Result]) -> tuple[Result, int]:
    """Repair files until nothing more can be; what is left then, and how many repairs were made.

    A file is written only if the repaired text is still Python.
    """
    total = 0
    refused: set[Path] = set()
    result = lint()
    for _ in range(_MOST_ROUNDS):
        round_total = 0
        for path, text in result.texts.items():
            fixes = [f.fix for f in result.findings if f.fix is not None and f.place.path == path]
            if path in refused or not fixes:
                continue
            repaired, made = apply(text, fixes)
            if not _is_python(repaired):
                refused.add(path)
                continue
            path.write_bytes(repaired.encode(result.encodings[path]))
            round_total += made
        if not round_total:
            break
        total += round_total
        result = lint()
    return result, total


def _is_python(text: str) -> bool:
    try:
        compile(text, "<repaired>", "exec", dont_inherit=True)
    except (SyntaxError, ValueError):
        return False
    return True
