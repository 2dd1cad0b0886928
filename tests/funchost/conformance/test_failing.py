"""Failures, retries, and the texts that users see."""

from __future__ import annotations

from typing import Any

import pytest

from .conformance_app import INSTANCES, ConformanceApp, state_of

BOOM = "Activity function 'fail' failed:  ValueError: boom \n "
AT_FIRST = "Activity function 'fails_at_first' failed:  ConnectionError: attempt"


def test_an_attempt_that_succeeds_gives_its_result(app: ConformanceApp, key: str) -> None:
    assert app.output("retried", {"key": key, "times": 1, "attempts": 3}) == [2, "compensated", 9]


@pytest.mark.parametrize("attempts", [1, 3])
def test_the_failure_of_the_last_attempt_is_raised(app: ConformanceApp, key: str, attempts: int) -> None:
    text, *rest = app.output("retried", {"key": key, "times": 99, "attempts": attempts})

    assert text.startswith(f"{AT_FIRST} {attempts} of {key} failed \n ")
    assert rest == ["compensated", 9], "later tasks get results of their own"


def test_retries_side_by_side_do_not_mix(app: ConformanceApp) -> None:
    assert app.output("retried_side_by_side") == [4, 3, "plain", 2, "last"]


def test_retries_that_were_given_up_do_not_mix_with_what_follows(app: ConformanceApp) -> None:
    assert app.output("retried_in_vain") == [True, 0, 1, 2, 3, 4]


def test_a_child_is_retried_too(app: ConformanceApp, key: str) -> None:
    assert app.output("retried_child", {"key": key, "times": 2}) == [3, "after"]


def test_every_attempt_of_a_child_with_an_id_has_that_id(app: ConformanceApp, key: str) -> None:
    assert app.output("retried_child", {"key": key, "times": 1, "id": key}) == [2, "after"]
    status = app.call("get_status", instance_id=key)

    assert (status["name"], status["runtimeStatus"], status["output"]) == ("failing_child", "Completed", 2)


def test_a_child_that_fails_every_time_fails_its_parent(app: ConformanceApp, key: str) -> None:
    failure = app.failure("retried_child", {"key": key, "times": 99})

    before = "Orchestrator function 'retried_child' failed: Orchestrator function 'failing_child' failed: "
    assert failure.startswith(f"{before}{AT_FIRST} 3 of {key} failed")


def test_the_first_failure_of_all_can_be_handled(app: ConformanceApp) -> None:
    text, handled = app.output("first_failure_of_all")

    assert text.startswith("Activity function 'fail' failed:  ValueError: one of three \n ")
    assert handled == "handled"


def test_a_failure_may_win_a_race(app: ConformanceApp) -> None:
    is_first, text, after = app.output("failed_winner")

    assert (is_first, after) == (True, "on")
    assert text.startswith("Activity function 'fail' failed:  ValueError: first \n ")


@pytest.mark.parametrize(
    ("name", "value", "begins"),
    [
        ("activity_fails", "boom", f"Orchestrator function 'activity_fails' failed: {BOOM}"),
        (
            "child_fails",
            "boom",
            f"Orchestrator function 'child_fails' failed: Orchestrator function 'activity_fails' failed: {BOOM}",
        ),
        ("raises", "ü", "Orchestrator function 'raises' failed: 'ü'"),
        ("raises", None, "Orchestrator function 'raises' failed: <class 'ValueError'>"),
        ("raises_at_once", None, "Orchestrator function 'raises_at_once' failed: not even started"),
        (
            "returns_a_set",
            None,
            "Orchestrator function 'returns_a_set' failed: Object of type set is not JSON serializable",
        ),
        (
            "activity_returns_a_set",
            None,
            "Orchestrator function 'activity_returns_a_set' failed: Activity function 'unserialisable' failed:  "
            "ValueError: activity trigger output must be json serializable ({1, 2, 3})",
        ),
        (
            "yields_a_number",
            None,
            "Orchestrator function 'yields_a_number' failed: 'int' object has no attribute '_is_scheduled'",
        ),
    ],
)
def test_texts_of_failures(app: ConformanceApp, name: str, value: Any, begins: str) -> None:
    assert app.failure(name, value).startswith(begins)


def test_a_failed_orchestration_keeps_its_custom_status(app: ConformanceApp) -> None:
    status = app.client.wait_for_completion(app.start("raises"))

    assert status["customStatus"] == "about to fail"


def test_a_signal_sent_before_a_failure_is_sent(app: ConformanceApp, key: str) -> None:
    app.failure("signals_then_fails", key)

    app.client.wait_until(f"{INSTANCES}/@counter@{key}", lambda _: state_of(app, "counter", key) == 1)


def test_calls_of_what_is_not_there_fail_and_say_what_is(app: ConformanceApp) -> None:
    activity, orchestrator, entity, self_id = app.output("unknown_names")

    not_there = "The function '{}' doesn't exist, is disabled, or is not an {} function. Additional info: "
    assert activity.startswith(not_there.format("no_such_activity", "activity"))
    assert "The following are the known activity functions: " in activity
    assert "'echo'" in activity
    assert orchestrator.startswith(not_there.format("no_such_orchestrator", "orchestrator"))
    assert entity.startswith(not_there.format("no_such_entity", "entity"))
    assert self_id.startswith(
        "The instance ID of a sub-orchestration must be different than the instance ID of a parent orchestration."
    )
