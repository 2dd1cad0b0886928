"""The app as its users see it: started on a host, asked over HTTP."""

import hashlib
from pathlib import Path

from funchost.testing import FunctionAppClient


def test_every_file_is_measured_and_totalled(function_app: FunctionAppClient, tmp_path: Path) -> None:
    (tmp_path / "sub").mkdir()
    contents = {f"sub/{number:02}.txt": b"line\n" * number for number in range(25)}
    for path, content in contents.items():
        (tmp_path / path).write_bytes(content)

    started = function_app.post("/api/inventories", json={"directory": str(tmp_path)})
    status = function_app.wait_for_completion(started)

    assert status["runtimeStatus"] == "Completed"
    inventory = status["output"]
    assert (inventory["files"], inventory["lines"], inventory["bytes"]) == (25, 300, 1500)
    assert [entry["path"] for entry in inventory["measures"]] == sorted(contents)
    assert {entry["path"]: entry["sha256"] for entry in inventory["measures"]} == {
        path: hashlib.sha256(content).hexdigest() for path, content in contents.items()
    }
    assert status["customStatus"] == "Measured 25 files"


def test_an_empty_folder_has_an_empty_inventory(function_app: FunctionAppClient, tmp_path: Path) -> None:
    started = function_app.post("/api/inventories", json={"directory": str(tmp_path)})

    assert function_app.wait_for_completion(started)["output"]["files"] == 0


def test_a_missing_folder_is_refused_at_once(function_app: FunctionAppClient, tmp_path: Path) -> None:
    refused = function_app.post("/api/inventories", json={"directory": str(tmp_path / "nowhere")})

    assert refused.status_code == 400
    assert "There is no folder" in refused.text


def test_a_request_without_a_folder_is_refused(function_app: FunctionAppClient) -> None:
    assert function_app.post("/api/inventories", json={"folder": "/tmp"}).status_code == 400
    assert function_app.post("/api/inventories", content=b"not JSON").status_code == 400


def test_a_folder_that_is_missing_when_it_is_listed_fails_the_orchestration(
    function_app: FunctionAppClient, tmp_path: Path
) -> None:
    """Started through the management API, past the check in the route."""
    started = function_app.post(
        "/runtime/webhooks/durabletask/orchestrators/take_inventory",
        json={"directory": str(tmp_path / "nowhere")},
    )
    status = function_app.wait_for_completion(started)

    assert status["runtimeStatus"] == "Failed"
    assert "There is no folder" in status["output"]
