"""Where a host can be killed. One *point* is one kill at one moment of one kind."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum
from random import Random


class Kind(str, Enum):
    """The moment a kill waits for; its value is what the command line and the table say."""

    COMMIT_BEFORE = "before a store commit"
    COMMIT_DURING = "within a store commit"
    COMMIT_AFTER = "after a store commit"
    HOST_ONLY = "after a store commit, host alone"
    INVOCATION_BEGUN = "invocation begun"
    INVOCATION_ENDED = "invocation ended"
    REQUEST_DECIDED = "request kept, not acknowledged"
    REQUEST_ACKNOWLEDGED = "request acknowledged"
    WORKER = "worker killed alone"
    OUTSIDE = "any moment"

    @property
    def is_fatal(self) -> bool:
        """Whether the host is gone afterwards."""
        return self is not Kind.WORKER


LATEST = {
    Kind.COMMIT_BEFORE: 120,
    Kind.COMMIT_DURING: 120,
    Kind.COMMIT_AFTER: 120,
    Kind.HOST_ONLY: 120,
    Kind.INVOCATION_BEGUN: 120,
    Kind.INVOCATION_ENDED: 120,
    Kind.REQUEST_DECIDED: 25,
    Kind.REQUEST_ACKNOWLEDGED: 25,
    Kind.WORKER: 60,
    Kind.OUTSIDE: 6000,
}
"""How late in a host's life a kill may come: the number of its moment, milliseconds for ``OUTSIDE``."""

FATAL = tuple(kind for kind in Kind if kind.is_fatal)


def fatal_kinds(random: Random) -> Iterator[Kind]:
    """Fatal kinds for ever: each comes once before any comes again."""
    while True:
        yield from random.sample(FATAL, len(FATAL))


@dataclass(frozen=True, slots=True)
class Point:
    """The ``number``-th moment of a kind in a host's life, from 1; milliseconds after its start for ``OUTSIDE``."""

    kind: Kind
    number: int

    def __str__(self) -> str:
        return f"{self.kind.name}:{self.number}"

    @classmethod
    def parse(cls, text: str) -> Point:
        name, _, number = text.partition(":")
        return cls(Kind[name], int(number))


def plan_life(random: Random, fatal: Kind) -> tuple[Point, ...]:
    """How one host is to suffer: now and then a worker first, and in the end the host."""
    workers = random.choices((0, 1, 2), weights=(4, 3, 1))[0]
    points = [Point(Kind.WORKER, random.randint(1, LATEST[Kind.WORKER])) for _ in range(workers)]
    # Early moments oftener than late ones: the start, where a hub goes on, is where most can go wrong.
    number = 1 + int((LATEST[fatal] - 1) * random.random() ** 1.7)
    return (*points, Point(fatal, number))
