"""Shared files live once, in templates/_common, and are laid into every template."""

from __future__ import annotations

import hashlib
import json
import re
import subprocess
from collections import defaultdict
from pathlib import Path
from typing import Any

import pytest

from scaffolding import overlay
from scaffolding import pins as version_pins
from scaffolding.repository import APP_FOLDER, ROOT, TEMPLATES, ScaffoldingError, template_ids, version

QUESTIONS = {
    "project_name": None,
    "slug": "{{ cookiecutter.project_name|slugify }}",
    "python_version": "3.12",
    "_python_versions": ["3.10", "3.11", "3.12"],
    "__pattern": None,
    "__template_version": None,
    "__prompts__": {"project_name": "Name?", "python_version": "From {oldest} to {newest}"},
}


@pytest.fixture
def templates(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of templates: _common, and one that was never synced."""
    common = tmp_path / "_common"
    write(common / "questions.json", QUESTIONS)
    (common / "hooks").mkdir()
    (common / "hooks" / "pre_gen_project.py").write_text("pass\n")
    (common / APP_FOLDER).mkdir()
    (common / APP_FOLDER / "host.json").write_text("{}\n")
    write(tmp_path / "relay" / "cookiecutter.json", {"project_name": "Relay"})
    monkeypatch.setattr("scaffolding.repository.TEMPLATES", tmp_path)
    monkeypatch.setattr("scaffolding.overlay.TEMPLATES", tmp_path)
    monkeypatch.setattr("scaffolding.overlay.COMMON", common)
    return tmp_path


def write(path: Path, data: dict[str, Any]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(data), encoding="utf-8")


def read(path: Path) -> dict[str, Any]:
    data: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return data


# --- This repository ---------------------------------------------------------------------------------


def test_no_template_differs_from_its_sources() -> None:
    assert overlay.sync(check=True) == []


def test_no_file_is_in_two_templates_by_hand() -> None:
    """What two apps share belongs into _common."""
    found = defaultdict(list)
    for template_id in template_ids():
        folder = TEMPLATES / template_id
        laid = overlay.read_record(folder)["files"].keys() | {overlay.RECORD, overlay.COOKIECUTTER}
        for path in folder.rglob("*"):
            name = path.relative_to(folder).as_posix()
            if path.is_file() and name not in laid and "__pycache__" not in name and says_something(path):
                found[hashlib.sha256(path.read_bytes()).hexdigest()].append(f"{template_id}/{name}")

    assert [names for names in found.values() if len(names) > 1] == []


def says_something(path: Path) -> bool:
    """An empty __init__.py does not, nor what only fills in a shared part: {% from ... %} and one {{ call() }}."""
    return re.fullmatch(rb"|\{% from '[^\n]* -%\}\n\{\{ [^\n]* \}\}\n", path.read_bytes()) is None


LEFT_BY_TOOLS = ("__pycache__", ".python_packages", ".venv", ".funchost", "_cache/", ".whl")


def git_files(*options: str) -> list[str]:
    """Paths in templates/ and samples/ as git lists them."""
    command = ["git", "ls-files", *options, "templates", "samples"]
    listed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    if listed.returncode != 0:
        pytest.skip("not a git clone")
    return listed.stdout.splitlines()


def test_git_has_every_file_of_templates_and_samples() -> None:
    """The apps' own .gitignore files work in here, too: what they hide has to be added with --force."""
    hidden = git_files("--others", "--ignored", "--exclude-standard")

    assert [path for path in hidden if not any(word in path for word in LEFT_BY_TOOLS)] == []


def test_git_has_nothing_that_tools_leave_behind() -> None:
    """Which is what --force adds as well."""
    assert [path for path in git_files() if any(word in path for word in LEFT_BY_TOOLS)] == []


# --- Laying ------------------------------------------------------------------------------------------


def test_a_new_template_needs_only_its_own_files(templates: Path) -> None:
    overlay.sync(check=False)

    relay = templates / "relay"
    assert (relay / APP_FOLDER / "host.json").read_text() == "{}\n"
    assert (relay / "hooks" / "pre_gen_project.py").exists()
    assert "azure-functions-durable==" in (relay / APP_FOLDER / "requirements.txt").read_text()
    assert not (relay / "questions.json").exists()
    assert overlay.sync(check=True) == []


def test_a_changed_copy_is_drift_and_is_laid_again(templates: Path) -> None:
    overlay.sync(check=False)
    copy = templates / "relay" / APP_FOLDER / "host.json"
    copy.write_text('{"version": "1.0"}\n')

    assert overlay.sync(check=True) == [f"templates/relay/{APP_FOLDER}/host.json differs from its source"]
    assert copy.read_text() != "{}\n"  # a check changes nothing
    overlay.sync(check=False)
    assert copy.read_text() == "{}\n"


def test_a_copy_whose_source_is_gone_is_removed(templates: Path) -> None:
    overlay.sync(check=False)
    (templates / "_common" / "hooks" / "pre_gen_project.py").unlink()

    assert "templates/relay/hooks/pre_gen_project.py has no source any more" in overlay.sync(check=True)
    overlay.sync(check=False)
    assert not (templates / "relay" / "hooks" / "pre_gen_project.py").exists()


def test_a_templates_own_files_are_left_alone(templates: Path) -> None:
    own = templates / "relay" / APP_FOLDER / "function_app.py"
    own.parent.mkdir()
    own.write_text("app = None\n")
    overlay.sync(check=False)
    overlay.sync(check=False)

    assert own.read_text() == "app = None\n"


def test_a_file_of_the_template_where_a_shared_one_belongs_is_refused(templates: Path) -> None:
    own = templates / "relay" / APP_FOLDER / "host.json"
    own.parent.mkdir()
    own.write_text('{"version": "2.0"}\n')

    with pytest.raises(ScaffoldingError, match=r"templates/relay/.*/host.json is the template's own"):
        overlay.sync(check=False)
    assert own.read_text() == '{"version": "2.0"}\n'


# --- Questions ---------------------------------------------------------------------------------------


def test_questions_are_shared_and_defaults_may_be_the_templates(templates: Path) -> None:
    overlay.sync(check=False)

    questions = read(templates / "relay" / "cookiecutter.json")
    assert list(questions) == list(QUESTIONS)
    assert (questions["project_name"], questions["__pattern"]) == ("Relay", "relay")
    assert questions["__template_version"] == version()
    assert questions["__prompts__"]["python_version"] == "From 3.10 to 3.12"


def test_a_templates_own_question_comes_after_the_shared_ones(templates: Path) -> None:
    write(
        templates / "relay" / "cookiecutter.json",
        {"project_name": "Relay", "hops": "3", "__prompts__": {"hops": "How many hops?"}},
    )
    overlay.sync(check=False)
    overlay.sync(check=False)

    questions = read(templates / "relay" / "cookiecutter.json")
    assert list(questions)[-2:] == ["hops", "__prompts__"]
    assert questions["__prompts__"]["hops"] == "How many hops?"


def test_a_shared_question_that_was_removed_does_not_stay_as_the_templates_own(templates: Path) -> None:
    write(templates / "_common" / "questions.json", {**QUESTIONS, "colour": "blue"})
    overlay.sync(check=False)
    write(templates / "_common" / "questions.json", QUESTIONS)
    overlay.sync(check=False)

    assert "colour" not in read(templates / "relay" / "cookiecutter.json")


def test_a_question_without_any_default_is_refused(templates: Path) -> None:
    write(templates / "relay" / "cookiecutter.json", {})

    with pytest.raises(ScaffoldingError, match="needs a default for 'project_name'"):
        overlay.sync(check=False)


def test_requirements_have_the_section_that_vendoring_reads() -> None:
    pins = version_pins.load()
    for template_id in template_ids():
        lines = version_pins.requirements_txt(pins, template_id).splitlines()
        headings = [line[2:7] for line in lines if line.startswith("# [")]
        assert headings == ["[sdk]", "[app]"]
        assert "azure-functions-durable==1.7.0" in lines
        assert all("==" in line for line in lines if line and not line.startswith("#"))
