"""What a run has seen so far, and the table at its end."""

from __future__ import annotations

import sys
from collections import Counter
from dataclasses import dataclass, field

from tests.crash.points import Kind


@dataclass(slots=True)
class Tally:
    """Counts, and every finding in words. ``lost``, ``wrong`` and ``altered`` must stay empty."""

    wanted: int
    quiet: bool = False
    points: Counter[Kind] = field(default_factory=Counter)
    lives: int = 0
    rounds: int = 0
    acknowledged: int = 0
    unanswered: int = 0
    started: int = 0
    finished: int = 0
    histories: int = 0
    lost: list[str] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)
    altered: list[str] = field(default_factory=list)
    _shown: int = 0

    @property
    def tried(self) -> int:
        return sum(self.points.values())

    @property
    def is_enough(self) -> bool:
        return self.tried >= self.wanted

    @property
    def is_clean(self) -> bool:
        return not (self.lost or self.wrong or self.altered)

    def show_progress(self) -> None:
        """One line, written over the last one on a terminal."""
        if self.quiet:
            return
        findings = [*self.lost, *self.wrong, *self.altered]
        if len(findings) > self._shown:
            self._shown = len(findings)
            print("", *findings, sep="\n")
        print(
            f"{self.tried:4} of {self.wanted} points, {self.finished:5} of {self.started} instances finished, "
            f"{len(findings)} findings",
            end="\r" if sys.stdout.isatty() else "\n",
            flush=True,
        )

    def table(self) -> str:
        """Everything, for people."""
        rows: list[tuple[str, int]] = [("points tried", self.tried)]
        rows += [(f"  {kind.value}", self.points[kind]) for kind in Kind]
        rows += [
            ("hosts started", self.lives),
            ("rounds of the workload", self.rounds),
            ("requests acknowledged", self.acknowledged),
            ("requests cut off by a kill", self.unanswered),
            ("instances started", self.started),
            ("instances finished", self.finished),
            ("histories compared", self.histories),
            ("instances lost", len(self.lost)),
            ("outputs wrong", len(self.wrong)),
            ("histories altered", len(self.altered)),
        ]
        width = max(len(name) for name, _ in rows)
        lines = [f"{name:<{width}}  {number:>6}" for name, number in rows]
        return "\n".join([*lines, *self.lost, *self.wrong, *self.altered])
