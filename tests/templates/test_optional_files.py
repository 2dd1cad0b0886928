"""Files that only some answers want: `{{cookiecutter.__x and 'name'}}`, with `__x` empty where it is not wanted."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from scaffolding.repository import APP_FOLDER, COMMON, TEMPLATES

Cookiecutter = Callable[..., subprocess.CompletedProcess[str]]

QUESTIONS = {
    "slug": "an-app",
    "vendor": "none",
    "docker": ["no", "yes"],
    "__docker": "{{ 'yes' if cookiecutter.docker == 'yes' else '' }}",
}


@pytest.fixture
def template(tmp_path: Path) -> Path:
    """A template with our hook, in which two folders have optional files and one has others as well."""
    folder = tmp_path / "template"
    app = folder / APP_FOLDER
    (folder / "hooks").mkdir(parents=True)
    shutil.copy(COMMON / "hooks" / "post_gen_project.py", folder / "hooks")
    (folder / "cookiecutter.json").write_text(json.dumps(QUESTIONS), encoding="utf-8")
    for name in [
        "host.json",
        "{{cookiecutter.__docker and 'Dockerfile'}}",
        "images/{{cookiecutter.__docker and 'base.txt'}}",
        "images/small/{{cookiecutter.__docker and 'small.txt'}}",
        "tests/{{cookiecutter.__docker and 'test_image.py'}}",
        "tests/test_app.py",
        "wheels/README.md",
    ]:
        (app / name).parent.mkdir(parents=True, exist_ok=True)
        (app / name).write_text("{{ cookiecutter.slug }}\n", encoding="utf-8")
    return folder


def paths(app: Path) -> list[str]:
    """Every file and folder of an app, but for the wheel that the hook puts there."""
    found = (path.relative_to(app).as_posix() for path in app.rglob("*"))
    return sorted(path for path in found if not path.endswith(".whl"))


ALWAYS = ["host.json", "tests", "tests/test_app.py", "wheels", "wheels/README.md"]
OPTIONAL = [
    "Dockerfile",
    "images",
    "images/base.txt",
    "images/small",
    "images/small/small.txt",
    "tests/test_image.py",
]


def test_a_file_that_is_not_wanted_is_not_made_and_leaves_no_empty_folder(
    cookiecutter: Cookiecutter, template: Path, output: Path
) -> None:
    cookiecutter(template, "--no-input", "-o", output)

    assert paths(output / "an-app") == ALWAYS


def test_a_file_that_is_wanted_has_its_plain_name_and_is_rendered(
    cookiecutter: Cookiecutter, template: Path, output: Path
) -> None:
    cookiecutter(template, "--no-input", "-o", output, "docker=yes")

    assert paths(output / "an-app") == sorted([*ALWAYS, *OPTIONAL])
    assert (output / "an-app" / "images" / "small" / "small.txt").read_text(encoding="utf-8") == "an-app\n"


def test_generating_again_keeps_what_is_there_and_empty_folders_of_the_users_own(
    cookiecutter: Cookiecutter, template: Path, output: Path
) -> None:
    cookiecutter(template, "--no-input", "-o", output, "docker=yes")
    (output / "an-app" / "data").mkdir()
    cookiecutter(template, "--no-input", "-o", output, "--overwrite-if-exists")

    assert paths(output / "an-app") == sorted([*ALWAYS, *OPTIONAL, "data"])


# --- The names in this repository ----------------------------------------------------------------------


OPTIONAL_NAME = re.compile(r"\{\{cookiecutter\.__\w+ and '[\w.-]+'\}\}")


def template_paths() -> list[Path]:
    return [path for path in TEMPLATES.rglob("*") if "__pycache__" not in path.parts]


def test_every_name_with_braces_follows_the_rule() -> None:
    """Folders have plain names: one that renders to nothing would stop the generation."""
    with_braces = [path for path in template_paths() if "{" in path.name and path.name != APP_FOLDER]

    assert [path.name for path in with_braces if not (path.is_file() and OPTIONAL_NAME.fullmatch(path.name))] == []


def test_the_variable_of_an_optional_file_is_yes_or_empty() -> None:
    questions = json.loads((COMMON / "questions.json").read_text(encoding="utf-8"))
    names = [path.name for path in template_paths() if OPTIONAL_NAME.fullmatch(path.name)]
    for variable in {name.split(" and ")[0].removeprefix("{{cookiecutter.") for name in names}:
        assert re.fullmatch(r"\{\{ 'yes' if .* else '' \}\}", questions[variable])


def test_windows_can_check_out_every_name() -> None:
    """Its file names have no `<>:"|?*`, do not end in a dot or a blank; its paths had at most 260 characters."""
    paths = [path.relative_to(TEMPLATES.parent).as_posix() for path in template_paths()]

    assert [path for path in paths if re.search(r'[<>:"|?*\\]|[. ](/|$)', path)] == []
    assert [path for path in paths if len(path) > 180] == []
