"""The workflows of .github: valid, safe, and in step with the rest of the repository."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from scaffolding.repository import ROOT
from tests.github_workflows import installed_actionlint, lint, read, schema_errors

WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yml"))
every_workflow = pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.name)


def jobs(path: Path) -> Iterator[tuple[str, dict[str, Any]]]:
    yield from read(path)["jobs"].items()


def steps(path: Path) -> Iterator[dict[str, Any]]:
    for _, job in jobs(path):
        yield from job["steps"]


def test_there_are_workflows_for_changes_and_for_time_passing() -> None:
    triggers = {path.name: set(read(path)["on"]) for path in WORKFLOWS}

    assert {"push", "pull_request"} <= triggers["ci.yml"]
    assert "schedule" in triggers["weekly.yml"]


def test_they_fit_the_schema() -> None:
    assert schema_errors(WORKFLOWS) == ""


@pytest.fixture(scope="module")
def actionlint() -> Path:
    """actionlint, installed."""
    return installed_actionlint()


@every_workflow
def test_actionlint_finds_nothing(actionlint: Path, path: Path) -> None:
    assert lint(actionlint, path) == []


@every_workflow
def test_they_can_read_the_repository_and_nothing_else(path: Path) -> None:
    text = path.read_text(encoding="utf-8")

    assert read(path)["permissions"] == {"contents": "read"}
    assert not [name for name, job in jobs(path) if "permissions" in job]
    assert "secrets." not in text
    assert "pull_request_target" not in text
    checkouts = [step for step in steps(path) if step.get("uses", "").startswith("actions/checkout@")]
    assert checkouts
    assert all(step["with"]["persist-credentials"] is False for step in checkouts)


@every_workflow
def test_actions_are_githubs_own_at_a_pinned_major_version(path: Path) -> None:
    used = [step["uses"] for step in steps(path) if "uses" in step]

    assert [action for action in used if not re.fullmatch(r"actions/[a-z-]+@v\d+", action)] == []


@every_workflow
def test_no_run_goes_on_for_ever_or_beside_its_successor(path: Path) -> None:
    assert "github.ref" in read(path)["concurrency"]["group"]
    assert [name for name, job in jobs(path) if "timeout-minutes" not in job] == []


def test_every_supported_python_is_tested_on_every_system() -> None:
    supported = re.findall(r'Programming Language :: Python :: (3\.\d+)"', (ROOT / "pyproject.toml").read_text())
    ci = read(ROOT / ".github" / "workflows" / "ci.yml")["jobs"]

    matrix = ci["tests"]["strategy"]["matrix"]
    assert matrix["python"] == supported
    assert {name.split("-")[0] for name in matrix["os"]} == {"ubuntu", "macos", "windows"}
    assert ci["coretools"]["strategy"]["matrix"]["python"] == supported


@every_workflow
def test_every_session_and_every_path_that_they_name_exists(path: Path) -> None:
    noxfile = (ROOT / "noxfile.py").read_text(encoding="utf-8")
    sessions = set(re.findall(r"^@nox\.session[^\n]*\ndef (\w+)\(", noxfile, re.MULTILINE))
    commands = [step["run"] for step in steps(path) if step.get("run", "").startswith("nox ")]
    named = {found[1] for command in commands if (found := re.match(r"nox -s (\w+)", command))}
    for _, job in jobs(path):
        named |= {
            row["session"]
            for row in job.get("strategy", {}).get("matrix", {}).get("include", [])
            if "session" in row
        }
    paths = [word for command in commands for word in command.split() if word.startswith("tests/")]

    assert named
    assert named - sessions == set()
    assert [word for word in paths if not (ROOT / word).exists()] == []


def test_the_cached_azurite_is_where_the_tests_look_for_it() -> None:
    for path in WORKFLOWS:
        for _, job in jobs(path):
            cached = [
                step["with"]["path"] for step in job["steps"] if step.get("uses", "").startswith("actions/cache@")
            ]
            assert all(where == f"{job['env']['FUNCHOST_CACHE']}/azurite-*" for where in cached)
