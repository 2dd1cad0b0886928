"""Every method of the SDK's client, and the management API behind it."""

from __future__ import annotations

import json
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest

from .conformance_app import INSTANCES, ConformanceApp


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
