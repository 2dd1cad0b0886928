"""Every supported set of answers bakes an app that is whole; every refused one leaves nothing behind."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from scaffolding.bake import files_of
from scaffolding.repository import ROOT, template_ids, version
from tests.templates.answer_sets import case_id, refused, supported
from tests.templates.conftest import Bake

PLACEHOLDER = re.compile(rb"\{\{-?\s*cookiecutter|\{%|\{#-")


def recorded_answers(app: Path) -> dict[str, Any]:
    answers: dict[str, Any] = json.loads((app / ".cookiecutter.json").read_text(encoding="utf-8"))["cookiecutter"]
    return answers


@pytest.fixture(scope="session")
def mypy_cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One cache for all apps: the SDK and the standard library are the same in each."""
    return tmp_path_factory.mktemp("mypy")


@pytest.mark.parametrize(("template_id", "answers"), supported(), ids=case_id)
def test_every_supported_set_of_answers_bakes_a_whole_app(
    bake: Bake, template_id: str, answers: dict[str, str], mypy_cache: Path
) -> None:
    app = bake(template_id, **{**answers, "vendor": "none"})

    assert not [path for path, content in files_of(app).items() if PLACEHOLDER.search(content)]
    assert not [path for path in files_of(app) if "cookiecutter" in path and path != ".cookiecutter.json"]
    for file in [
        "host.json",
        "local.settings.json",
        *(f".vscode/{path.name}" for path in (app / ".vscode").iterdir()),
    ]:
        json.loads((app / file).read_text(encoding="utf-8"))

    ruff = [sys.executable, "-m", "ruff", "check", "--no-cache", "."]
    assert run(ruff, app) == "All checks passed!\n"
    ruff_format = [sys.executable, "-m", "ruff", "format", "--no-cache", "--check", "."]
    assert "already formatted" in run(ruff_format, app)
    mypy = [sys.executable, "-m", "mypy", "--cache-dir", str(mypy_cache)]
    assert run(mypy, app).startswith("Success: no issues found")


def run(command: list[str], app: Path) -> str:
    """What a tool says about an app; it finds the app's own settings in the app's folder."""
    environment = {**os.environ, "MYPYPATH": str(ROOT)}  # funchost, whether it is installed or not
    result = subprocess.run(
        command, cwd=app, env=environment, capture_output=True, text=True, check=False, timeout=120
    )
    return result.stdout + result.stderr


@pytest.mark.parametrize(("template_id", "answers", "to_type"), refused(), ids=case_id)
def test_every_refused_set_of_answers_says_what_to_type_and_leaves_nothing_behind(
    cookiecutter: Callable[..., subprocess.CompletedProcess[str]],
    output: Path,
    template_id: str,
    answers: dict[str, str],
    to_type: str,
) -> None:
    pairs = [f"{key}={value}" for key, value in answers.items()]
    result = cookiecutter(f"templates/{template_id}", "--no-input", "-o", output, *pairs, check=False)

    assert result.returncode != 0
    assert to_type in result.stderr
    assert list(output.iterdir()) == []


@pytest.mark.parametrize("template_id", template_ids())
def test_what_is_derived_from_the_answers_is_recorded_with_them(bake: Bake, template_id: str) -> None:
    app = bake(template_id, project_name="Paper Mill 7", python_version="3.12")

    answers = recorded_answers(app)
    assert answers == {
        "project_name": "Paper Mill 7",
        "slug": "paper-mill-7",
        "python_version": "3.12",
        "programming_model": "v2",
        "vendor": "none",
        "ci": "none",
        "azure": "none",
        "devcontainer": False,
        "__ci": "",
        "__azure": "",
        "__scheduler": "",
        "__devcontainer": "",
        "__pattern": template_id,
        "__template_version": version(),
        "__hub_name": "PaperMill7Hub",
        "__v1": "",
        "__v2": "yes",
    }
    host = json.loads((app / "host.json").read_text(encoding="utf-8"))
    assert host["extensions"]["durableTask"]["hubName"] == "PaperMill7Hub"
    assert host["extensionBundle"]["version"] == "[4.*, 5.0.0)"


@pytest.mark.parametrize("slug", ["abc", "a-b", "a-name-with-exactly-forty-characters-abc"])
def test_the_task_hub_has_a_name_that_azure_storage_takes(bake: Bake, slug: str) -> None:
    """Letters and digits, a letter first, 3 to 45 of them."""
    hub_name = recorded_answers(bake("chaining", slug=slug))["__hub_name"]

    assert re.fullmatch(r"[A-Za-z][A-Za-z0-9]{2,44}", hub_name)


def test_no_path_of_this_computer_gets_into_the_app(bake: Bake, tmp_path: Path) -> None:
    app = bake("chaining")

    here = [os.fsencode(ROOT), os.fsencode(tmp_path)]
    assert not [path for path, content in files_of(app).items() if any(place in content for place in here)]


def test_the_recorded_answers_bake_the_same_app_again(
    bake: Bake, cookiecutter: Callable[..., subprocess.CompletedProcess[str]], tmp_path: Path
) -> None:
    app = bake("fan_out", project_name="Paper Mill", python_version="3.12")
    again = tmp_path / "again"

    cookiecutter("templates/fan_out", "-o", again, "--replay-file", app / ".cookiecutter.json")

    assert files_of(again / "paper-mill") == files_of(app)


def test_the_app_brings_the_wheel_that_its_developer_requirements_name(bake: Bake) -> None:
    app = bake("chaining")

    requirements = (app / "requirements-dev.txt").read_text(encoding="utf-8")
    assert f"funchost=={version()}" in requirements
    assert [path.name for path in (app / "wheels").glob("*.whl")] == [f"funchost-{version()}-py3-none-any.whl"]
