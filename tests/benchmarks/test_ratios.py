"""Ratios of medians beside their limits."""

from __future__ import annotations

import pytest

from benchmarks.measuring import Figures
from benchmarks.ratios import LIMITS, ratios
from benchmarks.workloads import BY_KEY, STANDARD


def _of(results: dict[str, dict[str, Figures]], workload: str, against: str) -> tuple[float | None, bool | None]:
    (found,) = [r for r in ratios(results) if (r.limit.workload, r.limit.compared_with) == (workload, against)]
    return found.value, found.holds


def test_a_ratio_is_of_the_medians() -> None:
    results = {"chain-1000": {"funchost": Figures((1.0, 9.0, 2.0)), "dbos": Figures((4.0, 4.0, 1.0))}}
    assert _of(results, "chain of 1000", "dbos") == (0.5, True)


def test_a_ratio_above_its_limit_falls_short() -> None:
    results = {"chain-1000": {"funchost": Figures((3.0,)), "dbos": Figures((4.0,))}}
    assert _of(results, "chain of 1000", "dbos") == (0.75, False)


def test_a_ratio_at_its_limit_holds() -> None:
    results = {"one-activity": {"funchost": Figures((3.0,)), "durabletask": Figures((3.0,))}}
    assert _of(results, "one activity, start request to result", "durabletask in memory") == (1.0, True)


def test_costs_per_activity_are_compared_and_not_whole_chains() -> None:
    results = {"chain-200": {"funchost": Figures((1.0,))}, "chain-2000": {"funchost": Figures((12.0,))}}
    value, holds = _of(results, "per-activity cost in a chain, N = 2000", "N = 200")
    assert value == pytest.approx(1.2)
    assert holds is True


def test_what_was_not_measured_neither_holds_nor_falls_short() -> None:
    assert {ratio.holds for ratio in ratios({})} == {None}


@pytest.mark.parametrize("limit", LIMITS, ids=lambda limit: f"{limit.workload} / {limit.compared_with}")
def test_a_full_run_measures_both_sides_of_every_limit(limit: object) -> None:
    (found,) = [each for each in LIMITS if each is limit]
    for workload, variant in (found.of, found.against):
        assert BY_KEY[workload] in STANDARD
        assert variant in {each.name for each in BY_KEY[workload].variants}
