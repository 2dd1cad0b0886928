"""The app as its users see it: started on a host, asked over HTTP. The network is the real one."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from funchost.testing import FunctionAppClient

LOADING = 180.0  # seconds; the first activity of every worker process loads TensorFlow


def classify(function_app: FunctionAppClient, **fields: Any) -> dict[str, Any]:
    """Start a classification and return its output."""
    started = function_app.post("/api/classifications", json=fields)
    assert started.status_code == 202, started.text
    status = function_app.wait_for_completion(started, timeout=LOADING)
    assert status["runtimeStatus"] == "Completed", status["output"]
    output: dict[str, Any] = status["output"]
    return output


def test_the_sample_photos_are_recognised(function_app: FunctionAppClient) -> None:
    started = function_app.post("/api/classifications")
    status = function_app.wait_for_completion(started, timeout=LOADING)

    assert status["runtimeStatus"] == "Completed"
    assert status["customStatus"] == "Classified 4 of 4 images"
    output = status["output"]
    assert (output["images"], output["activities"]) == (4, 2)
    assert output["labels"] == {"Egyptian cat": 1, "espresso": 1, "tripod": 1, "missile": 1}
    assert [result["image"] for result in output["results"]] == [
        "sample:chelsea.png",
        "sample:coffee.png",
        "sample:camera.png",
        "sample:rocket.jpg",
    ]
    probabilities = [result["probability"] for result in output["results"]]
    assert probabilities == pytest.approx([0.40, 0.94, 0.94, 0.22], abs=0.02)
    assert output["failures"] == []


def test_labels_are_counted_and_every_broken_image_is_reported(
    function_app: FunctionAppClient, tmp_path: Path
) -> None:
    (tmp_path / "notes.txt").write_text("not a picture")
    broken = {
        str(tmp_path / "gone.png"): "no such file",
        str(tmp_path / "notes.txt"): "not a JPEG, PNG, GIF or BMP image",
        "http://127.0.0.1:1/cup.png": "cannot be reached: ",
    }
    images = ["sample:coffee.png", *broken, "sample:coffee.png", "sample:chelsea.png"]

    output = classify(function_app, images=images, activities=3)

    assert (output["images"], output["activities"]) == (6, 3)
    assert output["labels"] == {"espresso": 2, "Egyptian cat": 1}
    assert [failure["image"] for failure in output["failures"]] == list(broken)
    for failure in output["failures"]:
        assert failure["reason"].startswith(broken[failure["image"]])


def test_nothing_but_broken_images_is_a_result_too(function_app: FunctionAppClient) -> None:
    output = classify(function_app, images=["gone.png", "sample:dog.png"], activities=64)

    assert output["activities"] == 2  # no activity without work
    assert (output["labels"], len(output["failures"])) == ({}, 2)


@pytest.mark.parametrize(
    ("body", "complaint"),
    [
        (b"not JSON", "JSON"),
        (b'{"images": []}', "'images' must name 1 to 1000 images, not 0."),
        (b'{"activities": 0}', "'activities' must be a whole number from 1 to 64, not 0."),
    ],
)
def test_a_request_that_cannot_be_carried_out_is_refused_at_once(
    function_app: FunctionAppClient, body: bytes, complaint: str
) -> None:
    refused = function_app.post("/api/classifications", content=body)

    assert refused.status_code == 400
    assert complaint in refused.text


def test_an_orchestration_started_past_the_route_is_checked_too(function_app: FunctionAppClient) -> None:
    started = function_app.post(
        "/runtime/webhooks/durabletask/orchestrators/classify_images", json={"images": []}
    )
    status = function_app.wait_for_completion(started)

    assert status["runtimeStatus"] == "Failed"
    assert "'images' must name 1 to 1000 images, not 0." in status["output"]
