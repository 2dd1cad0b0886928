"""The apps that pages show, file by file, run: that of the quickstart, and both sides of a migration."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from .snippets import snippets

pytest_plugins = ["pytester"]
PYTEST = ("-p", "no:cacheprovider", "-W", "ignore::DeprecationWarning")


@pytest.fixture(autouse=True)
def _as_in_an_activated_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VIRTUAL_ENV", sys.prefix)


def write(app: Path, files: dict[str, str]) -> None:
    for name, text in {"host.json": '{"version": "2.0"}', **files}.items():
        file = app / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")


def files_of(page: str) -> dict[str, str]:
    return {snippet.title: snippet.text for snippet in snippets(page) if snippet.title and snippet.kind != "text"}


def test_the_app_of_the_quickstart_passes_its_tests(pytester: pytest.Pytester) -> None:
    write(pytester.path, files_of("quickstart.md"))
    pytester.runpytest_subprocess(*PYTEST).assert_outcomes(passed=2)


def test_a_history_of_the_v1_app_is_replayed_by_the_v2_app(pytester: pytest.Pytester) -> None:
    files = files_of("migration.md")
    script = files.pop("function_app.py")
    run = """
def test_it_runs(durable):
    hello = durable.start("hello_cities", instance_id="moved")
    hello.save_history("tests/histories")
    answer = durable.post("/api/orchestrators/hello_cities")
    assert answer.status_code == 202
    assert hello.output == ["Hello Tokyo!", "Hello London!"]
"""
    write(pytester.path, {**files, "tests/test_run.py": run})
    pytester.runpytest_subprocess(*PYTEST).assert_outcomes(passed=1)
    saved = pytester.path / "tests" / "histories" / "hello_cities-moved.json"
    assert saved.is_file()

    write(pytester.path, {"function_app.py": script})
    pytester.runpytest_subprocess(*PYTEST).assert_outcomes(passed=2)
