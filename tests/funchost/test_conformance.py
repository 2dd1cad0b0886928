"""Everything SDK 1.x can say, by one app in both programming models, on a live host, over HTTP.

Both apps run the same bodies (``tests/apps/conformance_v1/shared``), so each scenario is two: one with the v2 model
and orchestrators kept alive between episodes, one with the v1 model and a full replay in every episode, as on the
real host. ``FUNCHOST_TEST_PYTHONS`` names other interpreters, with the SDK, to run them all again on.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator
from datetime import datetime, timedelta, timezone
from itertools import pairwise
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from funchost.testing import FunctionAppClient
from funchost.testing.hosts import EmbeddedHost
from tests.funchost.conformance import ENTITIES, INSTANCES, ConformanceApp, web_site

APPS = Path(__file__).parents[1] / "apps"
PYTHONS = [p for p in os.environ.get("FUNCHOST_TEST_PYTHONS", "").split(os.pathsep) if p] or [sys.executable]
REPLAYED = ("--no-extended-sessions",)
WAYS: list[tuple[str, str, tuple[str, ...]]] = [
    (python, model, arguments)
    for python in PYTHONS
    for model, arguments in (("conformance_v2", ()), ("conformance_v1", REPLAYED))
]


@pytest.fixture(
    scope="session",
    params=WAYS,
    ids=lambda way: way[1] if len(PYTHONS) == 1 else f"{way[1]}-{Path(way[0]).parent.parent.name}",
)
def app(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[ConformanceApp]:
    """One of the apps on a host of its own."""
    python, model, arguments = request.param
    state = tmp_path_factory.mktemp(model)
    host = EmbeddedHost(APPS / model, state, arguments=("--python", python, *arguments))
    host.start()
    try:
        with FunctionAppClient(host.url) as client:
            yield ConformanceApp(client, model, replays=arguments == REPLAYED)
    finally:
        host.stop()


@pytest.fixture(scope="session")
def site() -> Iterator[str]:
    """The address of a web site for durable HTTP calls."""
    with web_site() as address:
        yield address


@pytest.fixture
def key() -> str:
    """A name that no other test uses."""
    return uuid4().hex


# --- Putting things together -----------------------------------------------------------------------------


def test_values_of_every_kind_go_to_an_activity_and_come_back(app: ConformanceApp) -> None:
    returned, given = app.output("sequential", {"ü": [None, 1.5]})

    values = ["text", "", 0, -1.5, True, False, None, [], {}, "ümläut ✓", {"a": [1, {"b": None}]}, "123", '"q"']
    assert (returned, given) == ([*values, None], {"ü": [None, 1.5]})


@pytest.mark.parametrize("value", [None, 0, False, "", [], {}, "text"])
def test_every_input_arrives_as_it_was_given(app: ConformanceApp, value: Any) -> None:
    assert app.output("no_generator", value)["input"] == value


def test_five_hundred_at_once_come_back_in_the_order_of_the_calls(app: ConformanceApp) -> None:
    assert app.output("fan_out", 500) == [n * n for n in range(500)]


def test_all_and_any_nest(app: ConformanceApp) -> None:
    assert app.output("nested") == ["a", [[1, 4, 9], "b"], ["d", "e"]]


def test_a_race_is_run_again_and_again_until_nobody_is_left(app: ConformanceApp) -> None:
    assert sorted(app.output("shrinking", 8)) == [n * n for n in range(8)]


def test_nothing_to_wait_for_is_waited_for_no_time_at_all(app: ConformanceApp) -> None:
    assert app.output("empty_composites") == [None, None, 1]


def test_activities_are_found_whatever_the_case_and_under_the_names_of_their_bindings(app: ConformanceApp) -> None:
    assert app.output("names") == [1, ["renamed", 2], ["renamed", 3]]


def test_a_task_is_scheduled_when_it_is_first_waited_for(app: ConformanceApp) -> None:
    started = app.start("second_thoughts")

    assert app.finish(started) == ["second", "first", "second", ["first", "third"], False]
    query = {"showHistory": "true", "showHistoryOutput": "true"}
    history = app.client.get(started.json()["statusQueryGetUri"], params=query).json()["historyEvents"]
    assert [event["Result"] for event in history if event["EventType"] == "TaskCompleted"] == [
        "second",
        "first",
        "third",
    ]


def test_a_megabyte_goes_in_and_comes_out(app: ConformanceApp, key: str) -> None:
    text = "ü" * 500_000

    assert app.output("echoing", text, key) == text
    app.call("purge_instance_history", instance_id=key)  # lists are read by other tests


def test_versions_are_those_that_were_asked_for(app: ConformanceApp, key: str) -> None:
    app.call("start_new", orchestration_function_name="versions", instance_id=key, version="1.5")

    assert app.client.wait_for_completion(f"{INSTANCES}/{key}")["output"] == ["1.5", "2.0", ""]
    assert app.output("versions") == ["", "2.0", ""]


def test_functions_are_called_by_the_objects_that_decorators_make_of_them(app: ConformanceApp) -> None:
    found = app.output("by_object")

    if app.model == "conformance_v2":
        assert found == [1, ["renamed", 2], 3, 4]
    else:
        assert "received a `Callable` without an associated Azure Functions trigger-type" in found


def test_objects_of_the_app_s_classes_travel(app: ConformanceApp) -> None:
    assert app.output("own_classes") == [[2, 1], ["Point", 2, 1], [2, 1]]


def test_children_know_their_parent_and_get_the_ids_they_were_promised(app: ConformanceApp, key: str) -> None:
    started = app.start("parent", key)
    parent = started.json()["id"]
    none, named, first, second = app.finish(started)

    assert none is None
    assert named == [key, parent, {"n": 1}]
    assert [child[1:] for child in (first, second)] == [[parent, 0], [parent, ""]]
    execution, _, number = first[0].partition(":")
    assert (len(execution), number) == (32, "1")
    assert second[0] == f"{execution}:2"
    assert app.call("get_status", instance_id=first[0])["runtimeStatus"] == "Completed"


def test_a_terminated_parent_leaves_its_child_alone(app: ConformanceApp, key: str) -> None:
    started = app.start("waits_for_child", key)
    child = f"{INSTANCES}/{key}"
    app.client.wait_until(child, lambda status: status.get("customStatus") == "waiting")
    app.call("terminate", instance_id=started.json()["id"], reason="impatience")
    assert app.client.wait_for_completion(started)["output"] == "impatience"

    app.call("raise_event", instance_id=key, event_name="go", event_data=1)
    assert app.client.wait_for_completion(child)["output"] == ["1"]


def test_a_terminated_child_fails_its_parent_with_the_reason(app: ConformanceApp, key: str) -> None:
    started = app.start("waits_for_child", key)
    app.client.wait_until(f"{INSTANCES}/{key}", lambda status: status.get("customStatus") == "waiting")
    app.call("terminate", instance_id=key, reason="impatience")

    assert "impatience" in app.finish(started)


def test_points_are_replayed_after_their_first_time_and_times_and_ids_stay(
    app: ConformanceApp, tmp_path: Path
) -> None:
    path = tmp_path / "marks"
    started = app.start("replaying", str(path))
    app.client.wait_until(started, lambda _: path.exists() and "after call" in path.read_text())
    app.post_event(started, "go", None)
    app.finish(started)

    marks = [json.loads(line) for line in path.read_text().splitlines()]
    seen: dict[str, list[tuple[bool, Any]]] = {}
    for point, replaying, drawn in marks:
        seen.setdefault(point, []).append((replaying, drawn))
    points = [
        "start",
        "after activity",
        "after timer",
        "after all",
        "in handler",
        "after child",
        "after call",
        "end",
    ]
    assert list(seen) == points
    for times in seen.values():
        assert [replaying for replaying, _ in times] == [False] + [True] * (len(times) - 1)
        assert all(drawn == times[0][1] for _, drawn in times), "the same in every replay"
    assert (len(seen["start"]) >= len(points)) is app.replays
    moments = [datetime.fromisoformat(times[0][1][0]) for times in seen.values()]
    assert all(earlier < later for earlier, later in pairwise(moments))
    assert all(moment.utcoffset() == timedelta() for moment in moments)
    ids = [drawn for times in seen.values() for drawn in times[0][1][1:]]
    assert len(set(ids)) == len(ids) == 3 * len(points)


def test_the_custom_status_is_that_of_the_last_episode(app: ConformanceApp) -> None:
    started = app.start("custom_status")
    app.client.wait_until(started, lambda status: status["customStatus"] == "started")
    for status in ({"step": [1, "ü"]}, "text", 7):
        app.post_event(started, "status", status)
        app.client.wait_until(started, lambda found, wanted=status: found["customStatus"] == wanted)
    app.post_event(started, "status", {})  # what is false in Python is not sent
    app.client.wait_until(started, lambda found: found["customStatus"] is None)
    app.post_event(started, "status", "end")

    assert app.finish(started) == {}


def test_a_custom_status_of_more_than_16_kilobytes_fails(app: ConformanceApp) -> None:
    started = app.start("custom_status")
    app.post_event(started, "status", "x" * 9000)
    status = app.client.wait_for_completion(started)

    assert status["runtimeStatus"] == "Failed"
    assert "The UTF-16 size of the JSON-serialized payload must not exceed 16 KB" in status["output"]


# --- Failures and retries --------------------------------------------------------------------------------

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

    app.client.wait_until(f"{INSTANCES}/@counter@{key}", lambda _: _state(app, "counter", key) == 1)


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


# --- Entities --------------------------------------------------------------------------------------------


def _state(app: ConformanceApp, name: str, key: str) -> Any:
    return app.call("read_entity_state", entityId=[name, key])["state"]


def test_calls_to_one_entity_run_one_after_another(app: ConformanceApp, key: str) -> None:
    key = f"{key}@with an at"
    first, second, added, who, last = app.output("entity_calls", key)

    assert (first, second, sorted(added), last) == (5, 5, list(range(6, 16)), 15)
    assert who == [["counter", f"{key}-{n}"] for n in range(3)]
    assert _state(app, "COUNTER", key) == 15


def test_a_failing_operation_raises_its_text_and_the_entity_goes_on(app: ConformanceApp, key: str) -> None:
    texts, after = app.output("entity_errors", key)

    assert texts[:2] == ["no ümläut today", "unknown operation no such operation"]
    assert texts[2].startswith("unsupported operand type(s)")
    assert after == 2


def test_inputs_that_are_false_arrive_from_an_orchestration(app: ConformanceApp, key: str) -> None:
    called, signalled = app.output("entity_inputs", key)

    falsy: list[Any] = [None, 0, "", False, [], {}]
    assert called == [["call", value] for value in falsy]
    assert signalled == [*(["signal", value] for value in falsy), ["without", None]]


def test_signals_of_one_sender_come_in_order_and_before_its_call(app: ConformanceApp, key: str) -> None:
    assert app.output("entity_order", key) == list(range(50))


def test_a_deleted_entity_starts_anew(app: ConformanceApp, key: str) -> None:
    assert app.output("entity_deleted", key) == [5, 1]


def test_an_operation_that_fails_keeps_what_it_set_and_one_that_breaks_the_rules_changes_nothing(
    app: ConformanceApp,
) -> None:
    no_json = "class <class 'set'> does not expose a `to_json` function"
    assert app.output("entity_contrary") == [
        ["set before it was raised", 5],
        [None, "back again"],
        [no_json, "back again"],
        [no_json, "back again"],
    ]


def test_signals_of_clients_come_in_order_and_without_false_inputs(app: ConformanceApp, key: str) -> None:
    for value in ("a", 0, [], {"b": 1}):
        app.call("signal_entity", entityId=["Recorder", key], operation_name="sdk", operation_input=value)
    for value in (0, {"c": [None]}):
        answer = app.client.post(f"{ENTITIES}/recorder/{key}", params={"op": "webhook"}, json=value)
        assert (answer.status_code, answer.content) == (202, b"")
    app.client.post(f"{ENTITIES}/recorder/{key}", params={"op": "bare"})

    raised: list[Any] = [["sdk", "a"], ["sdk", None], ["sdk", None], ["sdk", {"b": 1}]]
    posted: list[Any] = [["webhook", 0], ["webhook", {"c": [None]}], ["bare", None]]
    entity = f"{INSTANCES}/@recorder@{key}"
    app.client.wait_until(entity, lambda _: len(_state(app, "recorder", key) or []) == 7)
    assert _state(app, "recorder", key) == raised + posted


def test_an_entity_exists_once_a_state_or_a_result_was_set_and_until_it_is_deleted(
    app: ConformanceApp, key: str
) -> None:
    read = {"entityId": ["recorder", key]}
    assert app.call("read_entity_state", **read) == {"exists": False, "state": None}
    assert app.client.get(f"{ENTITIES}/recorder/{key}").status_code == 404

    app.call("signal_entity", entityId=["recorder", key], operation_name="result only")
    app.client.wait_until(f"{INSTANCES}/@recorder@{key}", lambda _: app.call("read_entity_state", **read)["exists"])
    assert app.client.get(f"{ENTITIES}/recorder/{key}").json() is None

    counter = f"{ENTITIES}/counter/{key}"
    app.call("signal_entity", entityId=["counter", key], operation_name="add", operation_input=3)
    app.client.wait_until(f"{INSTANCES}/@counter@{key}", lambda _: app.client.get(counter).content == b"3")
    assert app.client.delete(counter).status_code == 202
    app.client.wait_until(f"{INSTANCES}/@counter@{key}", lambda _: app.client.get(counter).status_code == 404)


def test_entities_are_listed_with_their_states(app: ConformanceApp, key: str) -> None:
    app.call("signal_entity", entityId=["counter", key], operation_name="add", operation_input=3)
    app.client.wait_until(f"{INSTANCES}/@counter@{key}", lambda _: _state(app, "counter", key) == 3)

    for url in (ENTITIES, f"{ENTITIES}/counter"):
        listed = app.client.get(url, params={"fetchState": "true", "top": "1000"}).json()
        states = [each["state"] for each in listed if each["entityId"] == {"name": "counter", "key": key}]
        assert states == [3]


def test_a_signal_to_an_entity_that_is_none_is_refused(app: ConformanceApp, key: str) -> None:
    refusal = app.refusal("signal_entity", entityId=["echo", key], operation_name="add")

    assert refusal == "Exception: The operation failed with an unexpected status code 400"
    answer = app.client.post(f"{ENTITIES}/echo/{key}")
    assert "is not an entity function" in answer.json()["Message"]


# --- Durable HTTP calls ----------------------------------------------------------------------------------


def test_durable_http_calls(app: ConformanceApp, site: str) -> None:
    get, post, missing, refused, after = app.output(
        "http_calls",
        [
            {"method": "GET", "uri": f"{site}/echo", "headers": {"X-One": "1"}},
            {"method": "POST", "uri": f"{site}/echo", "content": {"a": "ü"}},
            {"method": "GET", "uri": f"{site}/nowhere"},
            {"method": "GET", "uri": "http://127.0.0.1:9/"},
        ],
    )

    assert get["statusCode"] == 200
    request = json.loads(get["content"])
    assert (request["method"], request["headers"]["x-one"], request["content"]) == ("GET", "1", "")
    request = json.loads(post["content"])
    assert (request["method"], json.loads(request["content"])) == ("POST", {"a": "ü"})
    assert (missing["statusCode"], missing["headers"]["X-Two"]) == (404, "words")
    assert "http://127.0.0.1:9/" in refused
    assert after == "and on it goes"


def test_a_202_is_polled_until_the_work_is_done(app: ConformanceApp, site: str) -> None:
    call = {"method": "POST", "uri": f"{site}/slow/3", "content": "x", "headers": {"X-Token": "t"}}
    answer, after = app.output("http_calls", [call])

    assert answer["statusCode"] == 200
    assert json.loads(answer["content"]) == {"path": "/slow/0", "method": "GET", "token": "t"}
    assert after == "and on it goes", "polling takes no numbers of its own"


# --- The client ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("instance_id", ["two words", "semi;colon, comma & (brackets)", "a:b=c", "100%"])
def test_ids_with_unusual_characters_work_everywhere(app: ConformanceApp, instance_id: str) -> None:
    started = app.waiting(app.start("events", ["Item", "Item", "Item"], instance_id))
    assert started.json()["id"] == instance_id
    app.post_event(started, "Item", 1)
    app.call("raise_event", instance_id=instance_id, event_name="Item", event_data=2)
    app.call("suspend", instance_id=instance_id, reason="why not")
    app.client.wait_until(started, lambda status: status["runtimeStatus"] == "Suspended")
    app.call("resume", instance_id=instance_id, reason="why not")
    assert app.call("get_status", instance_id=instance_id)["instanceId"] == instance_id
    app.call("terminate", instance_id=instance_id, reason="enough & more")

    status = app.client.wait_for_completion(started)
    assert (status["runtimeStatus"], status["output"]) == ("Terminated", "enough & more")
    assert app.call("purge_instance_history", instance_id=instance_id) == 1
    assert app.call("get_status", instance_id=instance_id) is None


def test_an_id_may_have_any_letters_but_no_http_header_carries_them(app: ConformanceApp, key: str) -> None:
    instance_id = f"ümläut-✓-{key}"
    assert app.call("start_new", orchestration_function_name="no_generator", instance_id=instance_id) == instance_id
    url = app.call("create_http_management_payload", instance_id=instance_id)["statusQueryGetUri"]
    assert app.client.wait_for_completion(url)["output"] == {"input": None, "id": instance_id}

    # Its check-status response has the id in the header Location, as it is: hosts refuse that.
    assert app.client.post("/api/start/no_generator", params={"id": instance_id}).status_code == 500


def test_the_status_shows_what_is_asked_for(app: ConformanceApp, key: str) -> None:
    app.output("no_generator", {"a": 1}, key)
    bare = app.call("get_status", instance_id=key)
    full = app.call("get_status", instance_id=key, show_history=True, show_history_output=True, show_input=True)

    assert (bare["name"], bare["runtimeStatus"]) == ("no_generator", "Completed")
    assert json.loads(full["input"]) == {"a": 1}
    assert (full["output"], bare["historyEvents" if "historyEvents" in bare else "history"]) == (
        {"input": {"a": 1}, "id": key},
        None,
    )
    kinds = [event["EventType"] for event in full["history"]]
    assert kinds == ["ExecutionStarted", "ExecutionCompleted"]


def test_instances_are_found_by_prefix_status_and_time(app: ConformanceApp, key: str) -> None:
    before = datetime.now(timezone.utc) - timedelta(seconds=2)
    done, waits = f"{key}-done", f"{key}-waits"
    app.output("no_generator", None, done)
    app.waiting(app.start("events", ["never"], waits))

    def found(**query: Any) -> set[str]:
        listed = app.call("get_status_by", **query) if query else app.call("get_status_all")
        return {each["instanceId"] for each in listed} & {done, waits}

    assert found() == {done, waits}
    assert found(instance_id_prefix=key) == {done, waits}
    assert found(instance_id_prefix=key.upper()) == set()
    assert found(runtime_status=["Completed", "Failed"]) == {done}
    assert found(created_time_from=before.isoformat()) == {done, waits}
    assert found(created_time_to=before.isoformat()) == set()
    app.call("terminate", instance_id=waits, reason="seen enough")


def test_purging_by_time_and_status_takes_finished_ones_only(app: ConformanceApp, key: str) -> None:
    far = datetime(2099, 1, 1, tzinfo=timezone.utc).isoformat()
    assert app.call("purge_instance_history_by", created_time_from=far) == 0

    waits = app.waiting(app.start("events", ["never"]))
    app.failure("raises_at_once")
    now = datetime.now(timezone.utc)
    purged = app.call(
        "purge_instance_history_by",
        created_time_from=(now - timedelta(days=1)).isoformat(),
        created_time_to=now.isoformat(),
        runtime_status=["Failed"],
    )
    assert purged >= 1
    assert app.status(waits)["runtimeStatus"] == "Running"
    app.call("terminate", instance_id=waits.json()["id"], reason="seen enough")


def test_what_is_not_there_is_not_found(app: ConformanceApp) -> None:
    unknown = {"instance_id": "nobody"}

    assert app.call("get_status", **unknown) is None
    assert app.call("purge_instance_history", **unknown) == 0
    for method in ("terminate", "suspend", "resume"):
        assert app.refusal(method, **unknown, reason="x") == "Exception: No instance with ID 'nobody' found."
    assert app.refusal("restart", **unknown) == "Exception: No instance with ID 'nobody' found."
    assert app.refusal("rewind", **unknown, reason="x") == "Exception: No instance with ID nobody found."
    assert app.refusal("raise_event", **unknown, event_name="x") == "Exception: No instance with ID nobody found."


def test_what_is_over_takes_no_orders(app: ConformanceApp, key: str) -> None:
    app.output("no_generator", None, key)
    over = {"instance_id": key}

    for method in ("terminate", "suspend", "resume"):
        assert app.call(method, **over, reason="x") is None
    gone = f"Exception: Instance with ID {key} is gone: either completed or failed"
    assert app.refusal("raise_event", **over, event_name="x") == gone
    assert 'only orchestrations in the "Failed" state can be rewound' in app.refusal("rewind", **over, reason="x")
    assert app.call("get_status", **over)["runtimeStatus"] == "Completed"


def test_a_rewound_orchestration_does_the_failed_step_again(app: ConformanceApp, key: str) -> None:
    started = app.start("failing_child", {"key": key, "times": 1})
    assert app.client.wait_for_completion(started)["runtimeStatus"] == "Failed"
    app.call("rewind", instance_id=started.json()["id"], reason="the network is back")
    status = app.client.wait_until(started, lambda status: status["runtimeStatus"] == "Completed")

    assert status["output"] == 2


def test_a_restarted_orchestration_has_the_same_input(app: ConformanceApp, key: str) -> None:
    app.output("no_generator", {"again": 1}, key)
    new_id = app.call("restart", instance_id=key)
    status = app.client.wait_for_completion(f"{INSTANCES}/{new_id}")

    assert new_id != key
    assert status["output"] == {"input": {"again": 1}, "id": new_id}
    assert app.call("restart", instance_id=key, restart_with_new_instance_id=False) == key


def test_an_id_is_taken_while_its_instance_is_alive_and_free_afterwards(app: ConformanceApp, key: str) -> None:
    waits = app.waiting(app.start("events", ["Item"], key))
    start = {"orchestration_function_name": "no_generator", "instance_id": key}
    refusal = app.refusal("start_new", **start)
    assert "An Orchestration instance with the status Running already exists." in refusal

    app.post_event(waits, "Item", 1)
    app.finish(waits)
    assert app.call("start_new", **start) == key
    assert app.finish(waits) == {"input": None, "id": key}


@pytest.mark.parametrize("instance_id", ["@entity@like", "x" * 257])
def test_unusable_ids_are_refused(app: ConformanceApp, instance_id: str) -> None:
    refusal = app.refusal("start_new", orchestration_function_name="child", instance_id=instance_id)

    assert "must not start with @" in refusal or "must not exceed" in refusal


def test_an_unknown_orchestrator_is_not_started(app: ConformanceApp) -> None:
    refusal = app.refusal("start_new", orchestration_function_name="nobody")

    assert refusal.startswith(
        "Exception: The function 'nobody' doesn't exist, is disabled, or is not an orchestrator function. "
        "Additional info: The following are the known orchestrator functions: "
    )


@pytest.mark.parametrize(("value", "text"), [("raw text", "raw text"), ({"a": 1}, '{"a": 1}')])
def test_waiting_for_completion_answers_with_the_output(app: ConformanceApp, value: Any, text: str) -> None:
    answer = app.client.post("/api/start/events", params={"wait": "100"}, json=["Item"])
    assert answer.status_code == 202
    app.post_event(answer, "Item", value)
    assert app.finish(answer) == [value]

    done = app.client.post("/api/start/echoing", params={"wait": "60000"}, json=value)
    assert (done.status_code, done.text) == (200, text)


def test_waiting_for_completion_answers_with_the_status_of_a_failure(app: ConformanceApp) -> None:
    failed = app.client.post("/api/start/raises_at_once", params={"wait": "60000"})

    assert failed.status_code == 500
    assert failed.json()["runtimeStatus"] == "Failed"


def test_the_management_payload_leads_to_the_instance(app: ConformanceApp, key: str) -> None:
    app.output("no_generator", None, key)
    payload = app.call("create_http_management_payload", instance_id=key)

    assert set(payload) == {
        "id",
        "statusQueryGetUri",
        "sendEventPostUri",
        "terminatePostUri",
        "rewindPostUri",
        "purgeHistoryDeleteUri",
        "restartPostUri",
        "suspendPostUri",
        "resumePostUri",
    }
    assert payload["id"] == key
    assert app.client.get(payload["statusQueryGetUri"]).json()["instanceId"] == key


# --- HTTP functions --------------------------------------------------------------------------------------


def test_an_http_function_is_told_of_the_request_and_of_itself(app: ConformanceApp) -> None:
    answer = app.client.post("/api/about/7", params={"a": "ü"}, content="body")

    assert answer.status_code == 201
    told = answer.json()
    assert (told["function"], told["method"], told["body"]) == ("about", "POST", "body")
    assert (told["query"], told["route"]) == ({"a": "ü"}, {"what": "7"})
    assert len(told["invocation"]) == 36


def test_routes_and_methods_that_do_not_match_are_not_found(app: ConformanceApp) -> None:
    assert app.client.get("/api/about").json()["route"] == {}
    assert app.client.get("/api/about/seven").status_code == 404
    assert app.client.put("/api/about").status_code == 404
    assert app.client.get("/api/start/child").status_code == 404
