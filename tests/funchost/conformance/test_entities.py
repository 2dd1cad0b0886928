"""Entities: called and signalled, their errors, their states."""

from __future__ import annotations

from typing import Any

from .conformance_app import ENTITIES, INSTANCES, ConformanceApp, state_of


def test_calls_to_one_entity_run_one_after_another(app: ConformanceApp, key: str) -> None:
    key = f"{key}@with an at"
    first, second, added, who, last = app.output("entity_calls", key)

    assert (first, second, sorted(added), last) == (5, 5, list(range(6, 16)), 15)
    assert who == [["counter", f"{key}-{n}"] for n in range(3)]
    assert state_of(app, "COUNTER", key) == 15


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
    app.client.wait_until(entity, lambda _: len(state_of(app, "recorder", key) or []) == 7)
    assert state_of(app, "recorder", key) == raised + posted


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
    app.client.wait_until(f"{INSTANCES}/@counter@{key}", lambda _: state_of(app, "counter", key) == 3)

    for url in (ENTITIES, f"{ENTITIES}/counter"):
        listed = app.client.get(url, params={"fetchState": "true", "top": "1000"}).json()
        states = [each["state"] for each in listed if each["entityId"] == {"name": "counter", "key": key}]
        assert states == [3]


def test_a_signal_to_an_entity_that_is_none_is_refused(app: ConformanceApp, key: str) -> None:
    refusal = app.refusal("signal_entity", entityId=["echo", key], operation_name="add")

    assert refusal == "Exception: The operation failed with an unexpected status code 400"
    answer = app.client.post(f"{ENTITIES}/echo/{key}")
    assert "is not an entity function" in answer.json()["Message"]
