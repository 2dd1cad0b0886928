"""The guide to testing does what it says: its app, its tests, its commands and what they print."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from funchost.testing.client import FunctionAppClient
from funchost.testing.hosts import EmbeddedHost

from .snippets import Snippet, snippets

pytest_plugins = ["pytester"]
GUIDE = snippets("testing.md")
PYTEST = ("-p", "no:cacheprovider", "-W", "ignore::DeprecationWarning")


def of_kind(kind: str, title: str = "") -> list[Snippet]:
    return [snippet for snippet in GUIDE if (snippet.kind, snippet.title) == (kind, title)]


@pytest.fixture
def app(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The guide's app and its tests, in a folder with nothing else."""
    monkeypatch.setenv("VIRTUAL_ENV", sys.prefix)  # as in an activated environment
    monkeypatch.setenv("COLUMNS", "120")  # as wide a terminal as the page assumes
    (pytester.path / "host.json").write_text('{"version": "2.0"}')
    (source,) = of_kind("python", "function_app.py")
    (hooks,) = of_kind("python", "conftest.py")
    (pytester.path / "function_app.py").write_text(source.text)
    tests = pytester.mkdir("tests")
    (tests / "conftest.py").write_text(hooks.text)
    for snippet in of_kind("python"):
        assert "def test_" in snippet.text, f"docs/testing.md:{snippet.line} is no test"
        (tests / f"test_line_{snippet.line}.py").write_text(snippet.text)
    return pytester.path


def test_every_test_of_the_guide_passes_and_its_histories_are_replayed(
    app: Path, pytester: pytest.Pytester
) -> None:
    count = sum(snippet.text.count("def test_") for snippet in of_kind("python"))
    first = pytester.runpytest_subprocess(*PYTEST, "-rP", "-s")
    first.assert_outcomes(passed=count)
    _, report = of_kind("text")
    for line in report.text.splitlines():
        assert line in first.outlines

    history = app / "tests" / "histories" / "order-paid.json"
    assert '"card": "****"' in history.read_text()
    assert "4929" not in history.read_text()
    pytester.runpytest_subprocess(*PYTEST, "tests/histories").assert_outcomes(passed=1)

    source = (app / "function_app.py").read_text()
    (app / "function_app.py").write_text(source.replace('"ship"', '"send"').replace("def ship", "def send"))
    failed = pytester.runpytest_subprocess(*PYTEST, "tests/histories")
    failed.assert_outcomes(failed=1)
    departure, _ = of_kind("text")
    for line in departure.text.splitlines():
        assert line.rstrip() in [shown.rstrip() for shown in failed.outlines]


def test_the_commands_of_the_guide_do_what_they_show(app: Path) -> None:
    host = EmbeddedHost(app, app / ".funchost", arguments=("--in-process",))
    host.start()
    try:
        with FunctionAppClient(host.url) as client:
            started = client.post("/api/orders/o-66", json={"item": "lamp"})
            client.wait_until(started, lambda status: status["runtimeStatus"] == "Running")
    finally:
        host.stop()
    environment = {**os.environ, "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"}
    for snippet in of_kind("console"):
        command, *shown = snippet.text.splitlines()
        assert command.startswith("$ ")
        done = subprocess.run(
            command[2:], shell=True, cwd=app, env=environment, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stdout + done.stderr
        for line in shown:
            assert line in done.stdout.splitlines()


def test_every_block_is_of_a_kind_that_is_run_or_named_here() -> None:
    """``sh`` blocks are for other machines: they install, or need Core Tools or a deployment."""
    assert {(snippet.kind, snippet.title) for snippet in GUIDE} == {
        ("python", ""),
        ("python", "function_app.py"),
        ("python", "conftest.py"),
        ("console", ""),
        ("text", ""),
        ("sh", ""),
    }
    for snippet in of_kind("sh"):
        commands = [line.split()[0] for line in snippet.text.splitlines()]
        assert set(commands) <= {"pip", "curl", "pytest"}
