"""Waiting for several events, over HTTP."""

from typing import Any

import httpx
from funchost.testing import FunctionAppClient


def started(function_app: FunctionAppClient, **request: Any) -> httpx.Response:
    """A gathering that waits."""
    answer = function_app.post("/api/gatherings", json=request)
    function_app.wait_until(answer, lambda status: status["customStatus"] is not None)
    return answer


def post_event(function_app: FunctionAppClient, gathering: httpx.Response, name: str, value: Any) -> None:
    url = gathering.json()["sendEventPostUri"].replace("{eventName}", name)
    assert function_app.post(url, json=value).status_code == 202


def test_all_events_have_to_come_in_whatever_order(function_app: FunctionAppClient) -> None:
    gathering = started(function_app, events=["Paid", "Packed"], mode="all")
    post_event(function_app, gathering, "Packed", {"boxes": 2})
    post_event(function_app, gathering, "Paid", 99.5)

    status = function_app.wait_for_completion(gathering)
    assert status["output"] == {"Paid": 99.5, "Packed": {"boxes": 2}}


def test_one_of_all_is_not_enough(function_app: FunctionAppClient) -> None:
    gathering = started(function_app, events=["Paid", "Packed"], mode="all")
    post_event(function_app, gathering, "Paid", True)

    history = {"showHistory": "true"}
    raised = function_app.wait_until(
        str(httpx.URL(gathering.json()["statusQueryGetUri"]).copy_merge_params(history)),
        lambda status: any(event["EventType"] == "EventRaised" for event in status["historyEvents"]),
    )
    assert raised["runtimeStatus"] == "Running"


def test_any_event_is_enough(function_app: FunctionAppClient) -> None:
    gathering = started(function_app, events=["Answered", "GivenUp"], mode="any")
    post_event(function_app, gathering, "GivenUp", "too late")

    assert function_app.wait_for_completion(gathering)["output"] == {"GivenUp": "too late"}


def test_an_unusable_request_is_refused(function_app: FunctionAppClient) -> None:
    refused = function_app.post("/api/gatherings", json={"events": ["A", "A"]})

    assert refused.status_code == 400
    assert "twice" in refused.text
