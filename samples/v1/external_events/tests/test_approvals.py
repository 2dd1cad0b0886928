"""Approvals as their users see them: started on a host, decided over HTTP."""

from typing import Any

import httpx
import pytest
from funchost.testing import FunctionAppClient

REQUEST = {"subject": "A new chair", "approver": "Kim"}


def asked(function_app: FunctionAppClient, **changes: Any) -> httpx.Response:
    """An approval that has notified its approver and waits."""
    started = function_app.post("/api/approvals", json={**REQUEST, **changes})
    function_app.wait_until(started, lambda status: status["customStatus"] is not None)
    return started


@pytest.mark.parametrize(("verdict", "outcome"), [("approve", "approved"), ("reject", "rejected")])
def test_the_approver_decides(function_app: FunctionAppClient, verdict: str, outcome: str) -> None:
    started = asked(function_app)
    said = {"by": "Kim", "comment": "As discussed."}
    decided = function_app.post(f"/api/approvals/{started.json()['id']}/{verdict}", json=said)

    assert decided.status_code == 202
    assert function_app.wait_for_completion(started)["output"] == {
        "subject": "A new chair",
        "outcome": outcome,
        **said,
    }


def test_nobody_decides_in_time_and_it_is_escalated(function_app: FunctionAppClient) -> None:
    started = function_app.post("/api/approvals", json={**REQUEST, "hours": 1 / 3600})
    output = function_app.wait_for_completion(started)["output"]

    assert (output["outcome"], output["by"]) == ("escalated", "the manager of Kim")


def test_a_decision_ends_it_long_before_the_deadline(function_app: FunctionAppClient) -> None:
    """The timer is cancelled: an open one would keep the orchestration running for six days."""
    started = asked(function_app, hours=144)
    function_app.post(f"/api/approvals/{started.json()['id']}/approve")

    assert function_app.wait_for_completion(started)["runtimeStatus"] == "Completed"


def test_an_event_posted_to_the_management_api_decides_too(function_app: FunctionAppClient) -> None:
    started = asked(function_app)
    event_url = started.json()["sendEventPostUri"].replace("{eventName}", "Approval")
    function_app.post(event_url, json={"approved": True, "by": "a program"})

    assert function_app.wait_for_completion(started)["output"]["by"] == "a program"


def test_looking_at_an_approval(function_app: FunctionAppClient) -> None:
    started = asked(function_app)
    url = f"/api/approvals/{started.json()['id']}"

    waiting = function_app.get(url).json()
    assert (waiting["status"], waiting["waiting"]["approver"], waiting["outcome"]) == ("Running", "Kim", None)

    function_app.post(f"{url}/approve")
    function_app.wait_for_completion(started)
    over = function_app.get(url).json()
    assert (over["status"], over["waiting"], over["outcome"]["outcome"]) == ("Completed", None, "approved")


def test_what_is_over_cannot_be_decided_again(function_app: FunctionAppClient) -> None:
    started = asked(function_app)
    url = f"/api/approvals/{started.json()['id']}"
    function_app.post(f"{url}/approve")
    function_app.wait_for_completion(started)

    assert function_app.post(f"{url}/reject").status_code == 409


def test_an_approval_that_never_was_is_not_found(function_app: FunctionAppClient) -> None:
    assert function_app.get("/api/approvals/nothing").status_code == 404
    assert function_app.post("/api/approvals/nothing/approve").status_code == 404


def test_unusable_hours_are_refused_at_once(function_app: FunctionAppClient) -> None:
    refused = function_app.post("/api/approvals", json={**REQUEST, "hours": 0})

    assert refused.status_code == 400
    assert "hours must be a number above 0" in refused.text


def test_unusable_hours_past_the_route_fail_the_orchestration(function_app: FunctionAppClient) -> None:
    started = function_app.post(
        "/runtime/webhooks/durabletask/orchestrators/approval", json={**REQUEST, "hours": 0}
    )
    status = function_app.wait_for_completion(started)

    assert status["runtimeStatus"] == "Failed"
    assert "hours must be a number above 0" in status["output"]
