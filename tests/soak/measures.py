"""What is measured while a soak runs, and what is allowed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median

MB = 1024 * 1024
GROWTH_MB = 16.0
GROWTH_SHARE = 0.15
"""Resident memory at the end may exceed that after warm-up by this share and this much besides.

What has a limit fills slowly: SQLite's pages in memory (24 MB), which worker holds which orchestrator (20 000 ids),
the orchestrators a worker keeps alive for a minute. A leak per instance passes the allowance within an hour.
"""

WAL_MB = 80.0
"""The log is begun anew past 64 MB; one large transaction may come on top."""

DATABASE_MB = 64.0
"""Purged regularly, a hub holds only what is unfinished and the pages that are free for the next."""


@dataclass(frozen=True, slots=True)
class Sample:
    """One look. Memory in bytes: of the host, and of all its workers together."""

    seconds: float
    host: int
    workers: int
    worker_count: int
    database: int
    log: int


@dataclass(slots=True)
class Samples:
    """Every look so far. The first quarter of the time is warm-up; the next and the last are compared."""

    all: list[Sample] = field(default_factory=list)

    def look(self, seconds: float, processes: dict[int, int], host: int, database: Path) -> None:
        workers = [memory for process, memory in processes.items() if process != host]
        self.all.append(
            Sample(
                seconds=seconds,
                host=processes.get(host, 0),
                workers=sum(workers),
                worker_count=len(workers),
                database=_size(database),
                log=_size(database.with_name(f"{database.name}-wal")),
            )
        )

    def _quarter(self, number: int) -> Sequence[Sample]:
        end = self.all[-1].seconds
        return [s for s in self.all if number * end / 4 <= s.seconds <= (number + 1) * end / 4]

    def memory(self, what: str) -> tuple[float, float]:
        """Megabytes after warm-up and at the end: medians of the second and the last quarter."""
        first, last = (median(getattr(s, what) for s in self._quarter(number)) / MB for number in (1, 3))
        return first, last

    def largest(self, what: str) -> float:
        """The most megabytes ever seen of a file."""
        return max(float(getattr(s, what)) for s in self.all) / MB

    def findings(self) -> list[str]:
        """What is not as it should be, in words."""
        found = []
        for what in ("host", "workers"):
            first, last = self.memory(what)
            if last > first * (1 + GROWTH_SHARE) + GROWTH_MB:
                found.append(f"memory of the {what} grew from {first:.0f} MB to {last:.0f} MB")
        for what, limit in (("log", WAL_MB), ("database", DATABASE_MB)):
            if self.largest(what) > limit:
                found.append(f"the {what} took {self.largest(what):.0f} MB, {limit:.0f} are allowed")
        return found


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:
        return 0
