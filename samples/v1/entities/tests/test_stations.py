"""Stations as their users see them: single readings, batches and summaries over HTTP."""

from typing import Any
from uuid import uuid4

import pytest
from funchost.testing import FunctionAppClient


@pytest.fixture
def station() -> str:
    """A station that no other test uses."""
    return f"test-{uuid4().hex}"


def reading(value: float, sensor: str = "soil") -> dict[str, Any]:
    return {"sensor": sensor, "value": value}


def test_single_readings_are_summed_up(function_app: FunctionAppClient, station: str) -> None:
    for value in (20, 26, 17):
        assert function_app.post(f"/api/stations/{station}/readings", json=reading(value)).status_code == 202

    url = f"/api/stations/{station}"
    answer = function_app.wait_until(
        url, lambda answer: answer.get("sensors", {}).get("soil", {}).get("count") == 3, timeout=20
    )
    assert answer == {
        "station": station,
        "sensors": {"soil": {"count": 3, "mean": 21.0, "min": 17.0, "max": 26.0, "last": 17.0}},
    }


def test_a_station_without_readings_is_not_found(function_app: FunctionAppClient, station: str) -> None:
    answer = function_app.get(f"/api/stations/{station}")

    assert answer.status_code == 404
    assert station in answer.json()["problem"]


def test_the_receipt_of_a_batch_has_all_its_readings(function_app: FunctionAppClient, station: str) -> None:
    readings = [reading(float(value), f"sensor-{value % 3}") for value in range(100)]
    started = function_app.post(f"/api/stations/{station}/batches", json={"readings": readings})
    receipt = function_app.wait_for_completion(started)["output"]

    assert (receipt["recorded"], receipt["total"]) == (100, 100)
    assert receipt["sensors"]["sensor-0"] == {
        "count": 34,
        "mean": 49.5,
        "min": 0.0,
        "max": 99.0,
        "last": 99.0,
    }
    assert function_app.get(f"/api/stations/{station}").json()["sensors"] == receipt["sensors"]


def test_batches_that_run_at_once_lose_nothing(function_app: FunctionAppClient, station: str) -> None:
    batch = {"readings": [reading(1), reading(2)]}
    started = [function_app.post(f"/api/stations/{station}/batches", json=batch) for _ in range(5)]
    receipts = [function_app.wait_for_completion(each)["output"] for each in started]

    assert max(receipt["total"] for receipt in receipts) == 10
    assert function_app.get(f"/api/stations/{station}").json()["sensors"]["soil"]["count"] == 10


@pytest.mark.parametrize(
    "body", [{"sensor": "soil"}, {"sensor": "", "value": 1}, {"sensor": "soil", "value": "1"}]
)
def test_what_is_no_reading_is_refused(function_app: FunctionAppClient, station: str, body: object) -> None:
    assert function_app.post(f"/api/stations/{station}/readings", json=body).status_code == 400
    assert function_app.post(f"/api/stations/{station}/batches", json={"readings": [body]}).status_code == 400


def test_an_unusable_name_is_refused(function_app: FunctionAppClient) -> None:
    assert function_app.get("/api/stations/a%20b").status_code == 400
    assert function_app.post("/api/stations/a%20b/readings", json=reading(1)).status_code == 400
    assert (
        function_app.post("/api/stations/a%20b/batches", json={"readings": [reading(1)]}).status_code == 400
    )


def test_a_batch_past_our_routes_fails_with_the_reason(function_app: FunctionAppClient) -> None:
    started = function_app.post(
        "/runtime/webhooks/durabletask/orchestrators/record_batch", json={"readings": []}
    )
    status = function_app.wait_for_completion(started)

    assert status["runtimeStatus"] == "Failed"
    assert "1 to 500 readings" in status["output"]
