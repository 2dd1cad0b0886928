"""cruft: an app is created from a template's folder, checked, and kept up to date as the templates change."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from scaffolding.bake import files_of
from scaffolding.repository import APP_FOLDER, template_ids
from tests.templates.answer_sets import pythons
from tests.templates.conftest import commit

Cruft = Callable[..., subprocess.CompletedProcess[str]]
ANSWERS = '{"python_version": "3.12", "slug": "an-app"}'


@pytest.fixture
def cruft(environment: dict[str, str]) -> Cruft:
    """The command `cruft`, as a user types it."""
    # No settings of this computer's user for the git that cruft runs.
    environment["GIT_CONFIG_GLOBAL"] = str(Path(environment["HOME"]) / "gitconfig")

    def run(*arguments: str | Path, cwd: Path, check: bool = True) -> subprocess.CompletedProcess[str]:
        result = subprocess.run(
            [sys.executable, "-m", "cruft", *map(str, arguments)],
            cwd=cwd,
            env=environment,
            capture_output=True,
            encoding="utf-8",
            check=False,
            timeout=120,
        )
        if check and result.returncode != 0:
            raise AssertionError(f"cruft failed:\n{result.stdout}\n{result.stderr}")
        return result

    return run


@pytest.fixture
def create(cruft: Cruft, output: Path) -> Callable[..., Path]:
    """Create an app with cruft, and put it under version control as its developer would."""

    def run(repository: Path, template_id: str) -> Path:
        source = ["--directory", f"templates/{template_id}", "--no-input", "--default-config"]
        cruft("create", repository.as_uri(), *source, "--extra-context", ANSWERS, cwd=output)
        app = output / "an-app"
        subprocess.run(["git", "init", "--quiet", str(app)], check=True)
        commit(app, "As created")
        return app

    return run


@pytest.fixture
def repository(clone: Path, tmp_path: Path) -> Path:
    """A clone of the templates for one test to change."""
    folder = tmp_path / "git" / "templates"
    subprocess.run(["git", "clone", "--quiet", str(clone), str(folder)], check=True)
    return folder


def change(repository: Path, file: str, old: str, new: str) -> None:
    """Commit a change of a file of the chaining app to the templates."""
    path = repository / "templates" / "chaining" / APP_FOLDER / file
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")
    commit(repository, f"Change {file}")


def changed(app: Path) -> dict[str, str]:
    """What differs from the last commit, by file: the lines that are new."""
    git = ["git", "-C", str(app)]
    subprocess.run([*git, "add", "--all"], check=True)
    names = subprocess.run([*git, "diff", "--cached", "--name-only"], check=True, capture_output=True, text=True)
    lines = {}
    for name in names.stdout.split():
        diff = subprocess.run(
            [*git, "diff", "--cached", "-U0", "--", name], check=True, capture_output=True, encoding="utf-8"
        )
        added = [line[1:] for line in diff.stdout.splitlines() if line.startswith("+") and line[:3] != "+++"]
        lines[name] = "\n".join(added)
    return lines


def recorded(app: Path) -> dict[str, Any]:
    state: dict[str, Any] = json.loads((app / ".cruft.json").read_text(encoding="utf-8"))
    return state


@pytest.mark.parametrize("template_id", template_ids())
def test_every_templates_folder_is_one_that_cruft_creates_from_and_checks(
    cruft: Cruft, clone: Path, create: Callable[..., Path], template_id: str
) -> None:
    assert "3.12" in pythons(template_id)

    app = create(clone, template_id)

    assert recorded(app)["directory"] == f"templates/{template_id}"
    assert "up to date" in cruft("check", cwd=app).stdout
    # The hooks took away what these answers do not want, and installed nothing.
    assert not [path for path in app.rglob("*") if path.is_dir() and path.name == "infra"]
    assert not (app / ".python_packages").exists()
    assert not list((app / "wheels").glob("*.whl"))


def test_a_change_of_the_template_arrives_beside_the_developers_own(
    cruft: Cruft, repository: Path, create: Callable[..., Path]
) -> None:
    app = create(repository, "chaining")
    (app / "greetings.py").write_text('def greet(name: str) -> str:\n    return "Moin " + name\n', encoding="utf-8")
    commit(app, "Our own greeting")
    change(repository, "replay_safe.py", "A logger for orchestrators.", "A logger that orchestrators can use.")

    assert cruft("check", cwd=app, check=False).returncode == 1
    cruft("update", "--skip-apply-ask", cwd=app)

    assert changed(app).keys() == {".cruft.json", "replay_safe.py"}
    assert changed(app)["replay_safe.py"] == '"""A logger that orchestrators can use.'
    assert "Moin" in (app / "greetings.py").read_text(encoding="utf-8")
    cruft("check", cwd=app)


def test_a_newer_sdk_arrives_as_its_line_in_the_requirements(
    cruft: Cruft, repository: Path, create: Callable[..., Path]
) -> None:
    app = create(repository, "chaining")
    change(repository, "requirements.txt", "azure-functions-durable==1.7.0", "azure-functions-durable==1.7.99")

    cruft("update", "--skip-apply-ask", cwd=app)

    assert changed(app).keys() == {".cruft.json", "requirements.txt"}
    assert changed(app)["requirements.txt"] == "azure-functions-durable==1.7.99"
    assert not (app / ".python_packages").exists()


def test_an_answer_can_be_changed_later(cruft: Cruft, repository: Path, create: Callable[..., Path]) -> None:
    """What is derived from answers is private to cruft, and has to be asked for."""
    app = create(repository, "chaining")

    cruft(
        "update", "--skip-apply-ask", "--refresh-private-variables",
        "--variables-to-update", '{"azure": "storage", "devcontainer": true}', cwd=app,
    )  # fmt: skip

    assert {"azure.yaml", "infra/app.bicep", ".devcontainer/devcontainer.json"} <= changed(app).keys()
    assert "function_app.py" not in changed(app)


def test_an_app_moves_to_the_other_programming_model_and_back(
    cruft: Cruft, repository: Path, create: Callable[..., Path]
) -> None:
    app = create(repository, "chaining")
    before = files_of(app)
    (app / "greetings.py").write_text('def greet(name: str) -> str:\n    return "Moin " + name\n', encoding="utf-8")
    commit(app, "Our own greeting")

    def move(model: str) -> dict[str, str]:
        answer = json.dumps({"programming_model": model})
        options = ["--skip-apply-ask", "--refresh-private-variables", "--variables-to-update", answer]
        cruft("update", *options, cwd=app)
        moved = changed(app)
        commit(app, f"Move to {model}")
        return moved

    moved = move("v1")
    assert {"hello_cities/function.json", "say_hello/__init__.py"} <= moved.keys()
    assert not (app / "function_app.py").exists()
    assert "greetings.py" not in moved

    move("v2")
    ours = {"greetings.py", ".cruft.json"}
    assert {path: text for path, text in files_of(app).items() if path not in ours and ".git/" not in path} == {
        path: text for path, text in before.items() if path not in ours and ".git/" not in path
    }
