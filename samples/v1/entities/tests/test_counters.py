"""Counters as their users see them: signalled and read over HTTP."""

from uuid import uuid4

import pytest
from funchost.testing import FunctionAppClient

ENTITIES = "/runtime/webhooks/durabletask/entities"


@pytest.fixture
def key() -> str:
    """A counter that no other test uses."""
    return f"test-{uuid4().hex}"


def wait_for_value(function_app: FunctionAppClient, key: str, value: int) -> None:
    """Signals are carried out soon, not at once."""
    function_app.wait_until(f"/api/counters/{key}", lambda counter: counter["value"] == value, timeout=20)


def test_a_counter_that_nobody_has_used_is_at_zero(function_app: FunctionAppClient, key: str) -> None:
    assert function_app.get(f"/api/counters/{key}").json() == {"key": key, "value": 0}


def test_amounts_add_up(function_app: FunctionAppClient, key: str) -> None:
    for amount in (5, 0, -2):
        assert function_app.post(f"/api/counters/{key}/add", json={"amount": amount}).status_code == 202
    assert function_app.post(f"/api/counters/{key}/add").status_code == 202  # by one

    wait_for_value(function_app, key, 4)


def test_a_reset_counter_starts_over(function_app: FunctionAppClient, key: str) -> None:
    function_app.post(f"/api/counters/{key}/add", json={"amount": 5})
    wait_for_value(function_app, key, 5)
    assert function_app.post(f"/api/counters/{key}/reset").status_code == 202

    wait_for_value(function_app, key, 0)


def test_a_deleted_counter_is_gone(function_app: FunctionAppClient, key: str) -> None:
    function_app.post(f"/api/counters/{key}/add", json={"amount": 5})
    wait_for_value(function_app, key, 5)
    assert function_app.delete(f"/api/counters/{key}").status_code == 202

    wait_for_value(function_app, key, 0)
    assert function_app.get(f"{ENTITIES}/counter/{key}").status_code == 404


def test_counters_are_listed_by_the_management_api(function_app: FunctionAppClient, key: str) -> None:
    function_app.post(f"/api/counters/{key}/add", json={"amount": 7})
    wait_for_value(function_app, key, 7)

    entities = function_app.get(f"{ENTITIES}/counter", params={"fetchState": "true"}).json()
    states = {entity["entityId"]["key"]: entity["state"] for entity in entities}
    assert states[key] == 7


def test_a_signal_may_come_past_our_routes(function_app: FunctionAppClient, key: str) -> None:
    function_app.post(f"{ENTITIES}/counter/{key}", params={"op": "add"}, json={"amount": 3})

    wait_for_value(function_app, key, 3)


@pytest.mark.parametrize("body", [{"amount": "much"}, {"amount": True}, {"amount": 1.5}, {}, [1]])
def test_what_is_no_amount_is_refused(function_app: FunctionAppClient, key: str, body: object) -> None:
    refused = function_app.post(f"/api/counters/{key}/add", json=body)

    assert refused.status_code == 400
    assert "amount" in refused.text


@pytest.mark.parametrize("name", ["a b", "a%23b", "x" * 101])
def test_an_unusable_name_is_refused(function_app: FunctionAppClient, name: str) -> None:
    assert function_app.get(f"/api/counters/{name}").status_code == 400
    assert function_app.post(f"/api/counters/{name}/add").status_code == 400
    assert function_app.post(f"/api/counters/{name}/reset").status_code == 400
    assert function_app.delete(f"/api/counters/{name}").status_code == 400
