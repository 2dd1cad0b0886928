"""The command line of the benchmarks."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks.options import ELSEWHERE, HERE, QUICK_ROUNDS, ROUNDS, Options, parse
from benchmarks.workloads import BY_KEY, STANDARD


def _parsed(*arguments: str) -> Options:
    places = (
        "--vendored",
        "vendored",
        "--durabletask",
        "dt/python",
        "--dbos",
        "db/python",
        "--langgraph",
        "lg/python",
    )
    return parse((*places, *arguments), "own/python")


def test_all_workloads_in_full_are_the_default_and_become_the_results_page() -> None:
    options = _parsed()
    assert options.workloads == STANDARD
    assert (options.rounds, options.output, options.check) == (ROUNDS, HERE, False)


@pytest.mark.parametrize("arguments", [["--quick"], ["--rounds", "1"], ["--only", "cpu"], ["--without", "dbos"]])
def test_a_part_of_a_run_does_not_become_the_results_page(arguments: list[str]) -> None:
    assert _parsed(*arguments).output == ELSEWHERE


def test_quick_means_fewer_rounds() -> None:
    assert _parsed("--quick").rounds == QUICK_ROUNDS
    assert _parsed("--quick", "--rounds", "7").rounds == 7


def test_workloads_are_chosen_by_key() -> None:
    assert _parsed("--only", "cpu,chain-1000").workloads == (BY_KEY["cpu"], BY_KEY["chain-1000"])


def test_an_unknown_workload_is_refused_with_those_there_are(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        _parsed("--only", "chain-7")
    assert "no workload chain-7; there are chain-1000" in capsys.readouterr().err


def test_every_engine_has_an_interpreter() -> None:
    interpreters = _parsed("--without", "langgraph", "--output", "there").interpreters
    assert interpreters.of_engine == {
        "funchost": "own/python",
        "sdk": "own/python",
        "durabletask": "dt/python",
        "dbos": "db/python",
        "langgraph": "lg/python",
    }
    assert interpreters.skipped == {"langgraph"}
    assert interpreters.vendored == Path("vendored").resolve()
