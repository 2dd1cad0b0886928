"""Every way to reach a template: menu and --directory, from '.', an absolute path, a git URL and a zip."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from scaffolding import menu
from scaffolding.bake import files_of
from scaffolding.repository import ROOT, template_ids
from tests.templates.answer_sets import pythons

RUNNING = "{}.{}".format(*sys.version_info)
Command = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture(scope="session")
def archive(clone: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same as a zip, in the form in which code hosts offer it: one folder at the top."""
    path = tmp_path_factory.mktemp("zip") / "durable.zip"
    command = [
        "git",
        "-C",
        str(clone),
        "archive",
        "--format=zip",
        "--prefix=durable-main/",
        "-o",
        str(path),
        "HEAD",
    ]
    subprocess.run(command, check=True)
    return path


@pytest.fixture(params=["relative path", "absolute path", "git URL", "zip"])
def source(request: pytest.FixtureRequest) -> str:
    """What a user types after `cookiecutter`."""
    if request.param == "relative path":
        return "."
    if request.param == "absolute path":
        return str(ROOT)
    if request.param == "git URL":
        clone: Path = request.getfixturevalue("clone")
        return clone.as_uri()
    return str(request.getfixturevalue("archive"))


def recorded(app: Path) -> dict[str, str]:
    answers: dict[str, str] = json.loads((app / ".cookiecutter.json").read_text(encoding="utf-8"))["cookiecutter"]
    return answers


def test_the_menu_leads_to_its_first_pattern_without_input(
    cookiecutter: Command, source: str, output: Path
) -> None:
    first = menu.entries()[0].template_id

    cookiecutter(source, "--no-input", "-o", output, "vendor=none", cwd=ROOT)

    (app,) = output.iterdir()
    assert recorded(app)["__pattern"] == first
    assert recorded(app)["python_version"] == RUNNING


def test_the_menu_asks_for_a_pattern_and_then_the_questions_in_order(
    cookiecutter: Command, source: str, output: Path
) -> None:
    number = [entry.template_id for entry in menu.entries()].index("external_events") + 1
    # The pattern, the name, the slug and Python as proposed, model v1, the third choice of what to vendor, none of the
    # rest.
    typed = f"{number}\nPaper Mill\n\n\n2\n3\n\n\n\n"

    asked = cookiecutter(source, "-o", output, answers=typed).stdout

    answers = recorded(output / "paper-mill")
    assert (answers["__pattern"], answers["project_name"], answers["vendor"]) == (
        "external_events",
        "Paper Mill",
        "none",
    )
    assert (answers["python_version"], answers["programming_model"]) == (RUNNING, "v1")
    questions = [
        "What is the app called?",
        "Its folder",
        "The Python it runs on",
        "How its functions are declared",
        "What to install",
        "Where its tests run",
        "Files that create what it needs in Azure",
        "A dev container",
    ]
    positions = [asked.index(question) for question in questions]
    assert positions == sorted(positions)


@pytest.mark.parametrize("template_id", template_ids())
def test_directory_is_the_scripted_form(
    cookiecutter: Command, source: str, output: Path, template_id: str, tmp_path: Path
) -> None:
    if RUNNING not in pythons(template_id):
        pytest.skip(f"{template_id} cannot be baked for Python {RUNNING}, which is what this form proposes")
    answers = ["slug=an-app", "vendor=none"]
    cookiecutter(source, "--directory", f"templates/{template_id}", "--no-input", "-o", output, *answers)

    app = output / "an-app"
    assert recorded(app)["python_version"] == RUNNING
    assert list((app / "wheels").glob("funchost-*.whl"))
    sample = ROOT / "samples" / template_id
    # Some names, and with them some line lengths, depend on the answers; the files do not.
    assert files_of(app).keys() == files_of(sample).keys()


def test_every_entry_of_the_menu_is_a_template_and_every_template_is_in_the_menu() -> None:
    assert sorted(entry.template_id for entry in menu.entries()) == template_ids()
    for entry in menu.entries():
        assert entry.path == f"templates/{entry.template_id}"
        assert entry.title
        assert entry.description


def test_an_output_folder_with_spaces_and_letters_beyond_ascii(cookiecutter: Command, tmp_path: Path) -> None:
    output = tmp_path / "Mein Büro"
    cookiecutter(".", "--directory", "templates/chaining", "--no-input", "-o", output, "vendor=none")

    assert list((output / "durable-chaining" / "wheels").glob("*.whl"))
