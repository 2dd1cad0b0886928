"""``funchost history save``: with a host running, with none, and with secrets taken out."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from click.testing import CliRunner, Result

from funchost.cli import main
from funchost.testing.client import FunctionAppClient
from funchost.testing.histories import check_history
from funchost.testing.hosts import EmbeddedHost

APPROVALS = Path(__file__).parents[2] / "apps" / "approvals"


@pytest.fixture
def app(tmp_path: Path) -> Path:
    """The app's folder; its hub lies where ``funchost start`` puts it."""
    folder = tmp_path / "app"
    shutil.copytree(APPROVALS, folder, ignore=shutil.ignore_patterns("__pycache__", ".funchost"))
    return folder


@pytest.fixture
def host(app: Path) -> Iterator[EmbeddedHost]:
    """A host on which the approval ``a-1`` has been decided."""
    host = EmbeddedHost(app, app / ".funchost", arguments=("--in-process",))
    host.start()
    with FunctionAppClient(host.url) as client:
        urls = client.post("/api/approvals", json={"to": "ada", "hours": 72}).json()
        client.wait_until(urls["statusQueryGetUri"], lambda status: status["runtimeStatus"] == "Running")
        event = urls["sendEventPostUri"].replace("{eventName}", "Approval")
        httpx.post(event, json={"password": "open sesame"}).raise_for_status()
        client.wait_for_completion(urls["statusQueryGetUri"])
    (app / "instance").write_text(urls["id"])
    yield host
    host.stop()


def run(app: Path, *arguments: str) -> Result:
    before = Path.cwd()
    os.chdir(app)
    try:
        return CliRunner().invoke(main, ["history", "save", *arguments])
    finally:
        os.chdir(before)


def saved(app: Path, *arguments: str) -> Path:
    result = run(app, (app / "instance").read_text(), *arguments)
    assert result.exit_code == 0, result.output
    return app / result.stdout.strip()


def test_a_history_is_the_same_whether_a_host_runs_or_not(app: Path, host: EmbeddedHost) -> None:
    beside = saved(app)
    assert beside.parent == app / "tests" / "histories"
    host.stop()
    at_rest = saved(app, "kept.json")
    assert beside.read_text() == at_rest.read_text()
    check_history(at_rest, app)
    assert "open sesame" in at_rest.read_text()

    (app / "ours.py").write_text(
        "def hide(value, key):\n"
        '    return "***" if key == "password" else None\n'
        "def shout(value):\n"
        "    return value.upper() if isinstance(value, str) else None\n"
    )
    scrubbed = json.loads(saved(app, "--scrub", "ours:hide").read_text())
    assert [e["input"] for e in scrubbed["events"] if e["event"] == "EventRaised"] == [{"password": "***"}]
    shouted = json.loads(saved(app, "--scrub", "ours:shout").read_text())
    assert shouted["input"] == {"to": "ADA", "hours": 72}
    assert shouted["name"] == "approval"

    unknown = run(app, "nobody")
    assert unknown.exit_code == 1
    assert "No instance with ID 'nobody'" in unknown.stderr
    for spec in ("ours:nothing", "theirs:hide", "ours"):
        refused = run(app, "x", "--scrub", spec)
        assert refused.exit_code == 1
        assert f"--scrub {spec}: " in refused.stderr
        assert "module:function" in refused.stderr


def test_without_a_hub_it_says_how_to_get_one(app: Path) -> None:
    refused = run(app, "x")
    assert refused.exit_code == 1
    assert "There is no task hub in" in refused.stderr
    assert not (app / ".funchost").exists()
