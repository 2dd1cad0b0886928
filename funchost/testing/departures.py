"""Words for a departure from a saved history: record and code side by side, and the line of the code."""

from __future__ import annotations

import linecache
import shutil
from pathlib import Path

from funchost.testing.observed import Position
from funchost.testing.replay import Departure, Row
from funchost.wire.golden import GoldenHistory

ROWS_BEFORE, ROWS_AFTER = 5, 3
SOURCE_LINES = 2


def describe_departure(departure: Departure, history: GoldenHistory, file: Path) -> str:
    """Record and code side by side up to where they part, then the line of the code, then what to do."""
    first = max(0, departure.at - ROWS_BEFORE)
    rows = departure.rows[first : departure.at + 1 + ROWS_AFTER]
    row = departure.rows[departure.at]
    table = _table(rows, departure.at - first)
    position = row.position or departure.stands_at
    linecache.checkcache()
    legend = "" if history.is_reconstructed else " (The number before each is its episode.)"
    parts = [
        f"{history.name} no longer does what {file.name} recorded.{legend}",
        table if not first else f"(the {first} before these are the same)\n{table}",
        _verdict(row),
    ]
    if position is not None:
        parts.append(_source(position))
    if row.actual == "fails" and departure.failure:
        parts.append(departure.failure.rstrip())
    parts.append(
        "An instance that was started before this change, and is past what it changes, fails or waits for ever\n"
        "once this code is deployed. Give the changed orchestrator a new name and keep the old one until its\n"
        "instances have finished. Where none is left, save the history again."
    )
    return "\n\n".join(parts)


def _verdict(row: Row) -> str:
    where = "" if row.position is None else f" at {row.position}"
    match row.recorded, row.actual:
        case None, actual:
            return f"Nothing more was recorded, but the code has {actual!r}{where}."
        case recorded, None:
            return f"Recorded is {recorded!r}, but the code stops short of it:"
        case recorded, actual if recorded == actual:
            return (
                f"Recorded is {recorded!r} in episode {row.episode}, but the code has it{where} in episode "
                f"{row.actual_episode}."
            )
        case recorded, actual:
            return f"Recorded is {recorded!r}, but the code has {actual!r}{where}."


def _table(rows: tuple[Row, ...], at: int) -> str:
    """Two columns with a heading; the row where they part is marked."""
    width = min(60, (shutil.get_terminal_size((120, 24)).columns - 24) // 2)
    left = max([len("recorded"), *(len(_cell(r.recorded, r.episode, width)) for r in rows)])
    right = max([len("today's code"), *(len(_cell(r.actual, r.actual_episode, width)) for r in rows)])
    lines = [f"    {'recorded':<{left}}  | {'today' + chr(39) + 's code':<{right}}  | line"]
    lines.append("    " + "-" * (left + 2) + "+" + "-" * (right + 3) + "+" + "-" * 20)
    for number, row in enumerate(rows):
        mark = "  > " if number == at else "    "
        recorded, actual = _cell(row.recorded, row.episode, width), _cell(row.actual, row.actual_episode, width)
        where = "" if row.position is None else str(row.position)
        lines.append(f"{mark}{recorded:<{left}}  | {actual:<{right}}  | {where}".rstrip())
    return "\n".join(lines)


def _cell(text: str | None, episode: int, width: int) -> str:
    if text is None:
        return "(nothing)"
    shown = f"{episode}: {text}" if episode else text
    return shown if len(shown) <= width else shown[: width - 1] + "…"


def _source(position: Position) -> str:
    """The lines around a position, as an editor finds them."""
    lines = [f"{position.file}:{position.line} in {position.function}"]
    for number in range(max(1, position.line - SOURCE_LINES), position.line + SOURCE_LINES + 1):
        text = linecache.getline(position.file, number).rstrip()
        if text or number == position.line:
            lines.append(f"  {'>' if number == position.line else ' '} {number:>4} | {text}")
    lines += [f"    called by {outer.file}:{outer.line} in {outer.function}" for outer in position.outer]
    return "\n".join(lines)
