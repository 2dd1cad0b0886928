"""Orchestrations: activities, children, composites, versions, replays, custom status."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from .conformance_app import INSTANCES, ConformanceApp


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
