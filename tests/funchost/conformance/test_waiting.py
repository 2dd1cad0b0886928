"""External events, durable timers, and generations of an orchestration."""

from __future__ import annotations

import json
from datetime import datetime, timezone
from pathlib import Path

import pytest

from .conformance_app import ConformanceApp

# --- Events ----------------------------------------------------------------------------------------------

VALUES = [{"ok": True}, 1, "x", None, [], "ümläut"]


def test_events_posted_to_the_webhook_arrive_as_values(app: ConformanceApp) -> None:
    started = app.start("events", ["Item"] * len(VALUES))
    for value in VALUES:
        app.post_event(started, "Item", value)

    assert app.finish(started) == VALUES


def test_fifty_events_of_one_name_keep_their_order(app: ConformanceApp) -> None:
    started = app.start("events", ["Item"] * 50)
    for number in range(50):
        app.post_event(started, "Item", number)

    assert app.finish(started) == list(range(50))


def test_events_raised_with_the_sdk_arrive_as_json_text(app: ConformanceApp) -> None:
    started = app.start("events", ["Item"] * len(VALUES))
    for value in VALUES:
        app.call("raise_event", instance_id=started.json()["id"], event_name="Item", event_data=value)

    assert app.finish(started) == [json.dumps(value) for value in VALUES]


def test_events_that_come_before_anybody_waits_are_kept_in_order(app: ConformanceApp, tmp_path: Path) -> None:
    marks, until = tmp_path / "marks", tmp_path / "until"
    started = app.start("late_to_wait", {"marks": str(marks), "until": str(until)})
    app.client.wait_until(started, lambda _: marks.exists())
    app.post_event(started, "Item", 1)
    app.post_event(started, "item", 2)
    until.touch()

    assert app.finish(started) == [1, 2]


def test_names_of_events_are_found_whatever_the_case(app: ConformanceApp) -> None:
    started = app.waiting(app.start("events", ["Approval", "approval"]))
    app.post_event(started, "APPROVAL", 1)
    app.post_event(started, "approval", 2)

    assert app.finish(started) == [1, 2]


def test_all_of_several_events_in_whatever_order(app: ConformanceApp) -> None:
    started = app.waiting(app.start("events_at_once", ["A", "B", "C"]))
    for name in "CAB":
        app.post_event(started, name, name.lower())

    assert app.finish(started) == ["a", "b", "c"]


def test_of_two_waits_for_one_name_the_later_is_served_first(app: ConformanceApp) -> None:
    started = app.waiting(app.start("events_at_once", ["Item", "Item"]))
    app.post_event(started, "Item", 1)
    app.post_event(started, "Item", 2)

    assert app.finish(started) == [2, 1]


def test_events_during_a_suspension_are_delivered_after_it(app: ConformanceApp) -> None:
    started = app.waiting(app.start("events", ["Item", "Item"]))
    instance_id = started.json()["id"]
    app.call("suspend", instance_id=instance_id, reason="a break")
    app.client.wait_until(started, lambda status: status["runtimeStatus"] == "Suspended")
    app.post_event(started, "Item", 1)
    app.post_event(started, "Item", 2)
    assert app.status(started)["runtimeStatus"] == "Suspended"
    app.call("resume", instance_id=instance_id, reason="it is over")

    assert app.finish(started) == [1, 2]


def test_no_event_is_lost_between_generations(app: ConformanceApp) -> None:
    started = app.start("collecting", {"wanted": 10, "got": []})
    for number in range(10):
        app.post_event(started, "Item", number)

    assert app.finish(started) == list(range(10))


# --- Timers ----------------------------------------------------------------------------------------------


def test_timers_fire_when_they_are_due_past_and_naive_ones_at_once(app: ConformanceApp) -> None:
    fired = app.output("timers")

    for due, at, value in fired:
        moment = datetime.fromisoformat(due)
        utc = moment if moment.tzinfo else moment.replace(tzinfo=timezone.utc)
        assert datetime.fromisoformat(at) >= utc
        assert value is None


def test_the_timer_wins_the_race(app: ConformanceApp) -> None:
    assert app.output("race", 0.05) == ["timer", True, "after timer"]


def test_of_a_wait_given_up_and_a_new_one_the_new_one_gets_the_event(app: ConformanceApp) -> None:
    started = app.waiting(app.start("race_again"))
    app.post_event(started, "go", "late")

    assert app.finish(started) == ["late", False]


@pytest.mark.parametrize("seconds", [3600, 10 * 86400], ids=["an hour", "ten days"])
def test_a_timer_that_was_cancelled_keeps_nobody_waiting(app: ConformanceApp, seconds: int) -> None:
    started = app.waiting(app.start("race", seconds))
    assert app.status(started)["runtimeStatus"] == "Running"
    app.post_event(started, "go", None)

    assert app.finish(started) == ["event", True, "after event"]


def test_an_orchestration_stays_open_as_long_as_a_timer_of_its_own(app: ConformanceApp) -> None:
    started = app.start("left_open")
    app.client.wait_until(started, lambda status: status["customStatus"] == "returned")
    assert app.status(started)["runtimeStatus"] == "Running"
    app.call("terminate", instance_id=started.json()["id"], reason="not an hour")

    status = app.client.wait_for_completion(started)
    assert (status["runtimeStatus"], status["output"]) == ("Terminated", "not an hour")


# --- Generations -----------------------------------------------------------------------------------------


def test_signals_before_continue_as_new_are_sent_and_outputs_beside_it_are_not(
    app: ConformanceApp, key: str
) -> None:
    state, total = app.output("countdown", {"key": key, "left": 6})

    assert (state["left"], total) == (0, 6 + 5 + 4 + 3 + 2 + 1)
    assert len(set(state["drawn"])) == 6, "each generation draws ids of its own"


def test_an_error_beside_continue_as_new_wins(app: ConformanceApp) -> None:
    failure = app.failure("fails_beside_continue_as_new")

    assert failure == "Orchestrator function 'fails_beside_continue_as_new' failed: after continue_as_new"


def test_the_custom_status_outlives_its_generation_until_the_next_one_has_something_to_do(
    app: ConformanceApp,
) -> None:
    started = app.start("status_of_the_generation_before")
    status = app.client.wait_until(started, lambda status: status["input"] == '"second"')
    assert status["customStatus"] == "from the first generation"
    app.post_event(started, "go", "on")

    status = app.client.wait_for_completion(started)
    assert (status["output"], status["customStatus"]) == ("on", None)
