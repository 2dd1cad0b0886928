"""Which arguments a contestant gets in which round."""

from __future__ import annotations

from benchmarks.workloads import BY_KEY
from benchmarks.workloads.workload import Workload, plain


def test_a_number_is_that_of_the_round() -> None:
    workload = Workload("k", "t", "start_up", {"number": None}, plain("funchost"))
    assert [workload.arguments_for("funchost", number) for number in (0, 3)] == [{"number": 0}, {"number": 3}]


def test_one_engine_may_have_arguments_of_its_own() -> None:
    workload = Workload("k", "t", "chain", {"length": 9}, plain("sdk", "dbos"), special={"sdk": {"every": 3}})
    assert workload.arguments_for("sdk", 0) == {"length": 9, "every": 3}
    assert workload.arguments_for("dbos", 0) == {"length": 9}


def test_keys_are_those_on_the_command_line() -> None:
    assert all(workload.key == key and "," not in key for key, workload in BY_KEY.items())
