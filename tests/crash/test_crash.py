"""Nothing is lost: a short run of ``python -m tests.crash``, with one or two kills of every kind."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path
from random import Random

import pytest

from tests.crash import harness, lane
from tests.crash.evidence import HubState, altered
from tests.crash.points import FATAL, LATEST, Kind, Point, plan_life

POINTS = 12


@pytest.mark.skipif(sys.platform == "win32", reason="SIGKILL to a process group exists on POSIX systems only")
def test_hosts_and_workers_killed_at_every_kind_of_moment_lose_nothing(tmp_path: Path) -> None:
    tally = asyncio.run(harness.run(tmp_path, points=POINTS, seed=7, quiet=True))
    assert tally.is_clean, tally.table()
    assert tally.tried >= POINTS
    assert len(set(FATAL) & set(tally.points)) >= 6, "few kinds of kills came"
    assert tally.finished == tally.started > 12


# -- The harness itself: it must be able to find something ---------------------------------------------------


def hub(*events: str, execution: str = "x1") -> HubState:
    return HubState({"i": execution}, {("i", execution): events}, frozenset(), frozenset())


def test_a_history_may_grow_and_may_be_continued_as_new() -> None:
    assert altered(hub("a", "b"), hub("a", "b", "c")) == []
    assert altered(hub("a", "b"), hub("n", execution="x2")) == []


@pytest.mark.parametrize(
    "after", [hub("a"), hub("b", "a"), hub("a", "c"), HubState({}, {}, frozenset(), frozenset())]
)
def test_a_history_that_shrank_or_changed_or_went_is_found(after: HubState) -> None:
    assert len(altered(hub("a", "b"), after)) == 1


def test_places_for_kills_that_never_come_are_a_failure(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lane, "plan_life", lambda *_: (Point(Kind.COMMIT_AFTER, 1_000_000),))
    monkeypatch.setattr(harness, "MOST_QUIET_ROUNDS", 1)
    tally = asyncio.run(harness.run(tmp_path, points=1, seed=7, lanes=1, quiet=True))
    assert not tally.is_clean
    assert "no point came" in tally.table()


def test_a_seed_always_plans_the_same_lives_within_their_limits() -> None:
    lives = [plan_life(Random(3), kind) for kind in FATAL]
    assert lives == [plan_life(Random(3), kind) for kind in FATAL]
    assert all(1 <= point.number <= LATEST[point.kind] for points in lives for point in points)
    assert all(Point.parse(str(point)) == point for points in lives for point in points)
