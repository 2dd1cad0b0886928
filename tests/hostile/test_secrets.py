"""What ``local.settings.json`` holds is for the app alone: no log, page, answer, file or command line shows it."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import httpx
import pytest

from funchost.testing import FunctionAppClient
from tests import processes
from tests.hostile.command import API, Command, start_instance

SOURCE = Path(__file__).parents[1] / "apps" / "hostile_secrets"
MARKER = "hunter2-Zx81"
ACCOUNT = f"DefaultEndpointsProtocol=https;AccountName=shop;AccountKey={MARKER}==;EndpointSuffix=core.windows.net"
SETTINGS: dict[str, Any] = {
    "IsEncrypted": False,
    "Values": {
        "FUNCTIONS_WORKER_RUNTIME": "python",
        "AzureWebJobsStorage": ACCOUNT,
        "STORE": ACCOUNT,
        "DATABASE_PASSWORD": MARKER,
        "SCHEDULE": "0 0 4 1 1 *",
    },
    "ConnectionStrings": {"Orders": f"Server=db;Password={MARKER}"},
    "Host": {"CORS": "*"},
}


@pytest.fixture
def app(tmp_path: Path) -> Path:
    """The app with its secrets."""
    app = tmp_path / "app"
    shutil.copytree(SOURCE, app)
    (app / "local.settings.json").write_text(json.dumps(SETTINGS))
    return app


def everything_said(client: FunctionAppClient) -> list[str]:
    """Ask for every page and provoke every error; heads and bodies of all answers."""
    said: list[httpx.Response] = []
    for path in (
        "/", "/admin/host/status", "/admin/functions", "/admin/functions/works", "/admin/functions/on_message",
        "/admin/functions/on_time", "/admin/functions/on_message/status", "/admin/functions/nothing",
        "/admin/host/keys",
        "/admin/settings", "/admin/vfs/local.settings.json", "/api/works", "/api/raises", "/api/wrong", "/api/dies",
        "/api/client", "/api/none", f"{API}/instances", f"{API}/entities", f"{API}/instances?top=x",
        f"{API}/instances/none", f"{API}/instances?taskHub=other", "/runtime/webhooks/other",
        "/durabletask/instances",
    ):  # fmt: skip
        said.append(client.get(path))
    for name in ("on_time", "on_message", "works", "fails", "box"):
        said.append(client.post(f"/admin/functions/{name}", json={"input": "x"}))
    said.append(client.post(f"{API}/orchestrators/unknown", json=1))
    said.append(
        client.post(f"{API}/orchestrators/fails", content=b"{not json", headers={"content-type": "text/json"})
    )
    said.append(client.post(f"{API}/entities/box/b?op=put", json=1))
    said.append(
        client.options("/api/works", headers={"Origin": "http://x", "Access-Control-Request-Method": "GET"})
    )
    for name in ("fails", "fetches"):
        path = start_instance(client, name, f"i-{name}")
        client.wait_for_completion(path)
        said.append(client.get(f"{path}?showHistory=true&showHistoryOutput=true&showInput=true"))
    assert len(said) > 30
    return [f"{answer.request.url} {answer.status_code} {answer.headers} {answer.text}" for answer in said]


def test_secrets_stay_with_the_app(app: Path, state: Path, logs: Path) -> None:
    command = Command(app, state, logs, "--verbose")
    with command.running() as client:
        said = everything_said(client)
        lines = [
            Path(f"/proc/{process}/cmdline").read_text()
            for process in (processes.of_session(client_session(command)) if processes.IS_KNOWN else ())
        ]
    assert any("has a password: True" in line for line in command.stdout.splitlines()), "the app has its settings"
    kept = [path.read_bytes().decode("latin-1") for path in state.iterdir()]
    for text in (*said, *lines, *kept, command.stdout, command.stderr):
        assert MARKER not in text


def client_session(command: Command) -> int:
    assert command.process is not None
    return command.process.pid


@pytest.mark.parametrize(
    "content",
    [
        json.dumps(SETTINGS)[:-1],
        json.dumps(SETTINGS).replace('"STORE":', '"STORE" '),
        json.dumps({**SETTINGS, "IsEncrypted": True}),
        json.dumps({**SETTINGS, "Values": {**SETTINGS["Values"], "DATABASE_PASSWORD": {"nested": MARKER}}}),
        json.dumps({**SETTINGS, "Values": [MARKER]}),
    ],
    ids=["cut off", "colon missing", "encrypted", "nested", "list"],
)
def test_a_settings_file_that_cannot_be_used_is_not_quoted(
    app: Path, state: Path, logs: Path, content: str
) -> None:
    (app / "local.settings.json").write_text(content)
    command = Command(app, state, logs, "--verbose")
    assert "local.settings.json" in command.refusal()
    assert MARKER not in command.stdout + command.stderr


def test_a_worker_that_cannot_start_shows_no_secret(app: Path, state: Path, logs: Path) -> None:
    (app / "function_app.py").write_text(
        "import os\nos.environ['DATABASE_PASSWORD']\nimport nothing_of_this_name\n"
    )
    text = Command(app, state, logs, "--verbose").refusal()
    assert "nothing_of_this_name" in text
    assert MARKER not in text
