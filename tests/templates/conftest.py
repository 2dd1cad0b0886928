"""Baking for tests: in a home of its own, without a network, in well under a second."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from scaffolding.repository import ROOT, SAMPLES, TEMPLATES
from tests.templates.wheels import build_funchost

Bake = Callable[..., Path]
RUNNING = "{}.{}".format(*sys.version_info)


@pytest.fixture(scope="session")
def funchost_wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """funchost's wheel, built once."""
    return build_funchost(tmp_path_factory.mktemp("funchost"))


def commit(repository: Path, message: str) -> None:
    """Commit all files of a git repository, also those that the apps' own .gitignore files hide."""
    git = ["git", "-C", str(repository), "-c", "user.name=Test", "-c", "user.email=test@example.org"]
    subprocess.run([*git, "add", "--all", "--force"], check=True)
    subprocess.run([*git, "commit", "--quiet", "--message", message], check=True)


def copy_repository(folder: Path) -> Path:
    """A git repository with one commit: what a user would clone, were it committed now."""
    ignore = shutil.ignore_patterns("__pycache__", ".python_packages", ".venv", ".funchost", ".*_cache")
    for name in ["templates", "funchost"]:
        shutil.copytree(ROOT / name, folder / name, ignore=ignore)
    for name in ["cookiecutter.json", "pyproject.toml", "README.md", "LICENSE"]:
        shutil.copy(ROOT / name, folder)
    subprocess.run(["git", "init", "--quiet", "--initial-branch", "main", str(folder)], check=True)
    commit(folder, "Everything")
    return folder


@pytest.fixture(scope="session")
def clone(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A git repository of the templates as they are; not to be changed."""
    # Cookiecutter takes a URL for git's only if it has "git" in it.
    return copy_repository(tmp_path_factory.mktemp("git") / "durable")


def isolated_environment(folder: Path, funchost_wheel: Path) -> dict[str, str]:
    """A process environment below a folder: an empty home, and a wheelhouse that holds funchost and nothing else."""
    home = folder / "home"
    home.mkdir()
    house = folder / "wheelhouse"
    house.mkdir()
    shutil.copy(funchost_wheel, house)
    return {
        **os.environ,
        "HOME": str(home),
        "USERPROFILE": str(home),
        "PIP_CONFIG_FILE": os.devnull,
        "DURABLE_WHEELHOUSE": str(house),
        "PYTHONDONTWRITEBYTECODE": "1",
    }


@pytest.fixture
def environment(tmp_path: Path, funchost_wheel: Path) -> dict[str, str]:
    """A process environment: an empty home, and a wheelhouse that holds funchost and nothing else."""
    return isolated_environment(tmp_path, funchost_wheel)


@pytest.fixture(scope="session")
def baked(cookies_session: Any, tmp_path_factory: pytest.TempPathFactory, funchost_wheel: Path) -> Bake:
    """Bake a template, nothing vendored, once for each set of answers; the app is shared and not to be changed."""
    environment = isolated_environment(tmp_path_factory.mktemp("baked"), funchost_wheel)
    apps: dict[tuple[str, ...], Path] = {}

    def run(template_id: str, **answers: str) -> Path:
        given = {"vendor": "none", **answers}
        key = (template_id, *(f"{question}={answer}" for question, answer in sorted(given.items())))
        if key not in apps:
            with pytest.MonkeyPatch.context() as here:  # the hooks are processes of their own
                for name in ("DURABLE_WHEELHOUSE", "PIP_CONFIG_FILE"):
                    here.setenv(name, environment[name])
                result = cookies_session.bake(extra_context=given, template=str(TEMPLATES / template_id))
            assert result.exit_code == 0, result.exception
            apps[key] = result.project_path
        return apps[key]

    return run


@pytest.fixture
def output(tmp_path: Path) -> Iterator[Path]:
    """An empty folder to bake into."""
    folder = tmp_path / "output"
    folder.mkdir()
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def cookiecutter(environment: dict[str, str]) -> Callable[..., subprocess.CompletedProcess[str]]:
    """The command `cookiecutter`, as a user types it."""

    def run(
        *arguments: str | Path, cwd: Path = ROOT, answers: str = "", check: bool = True
    ) -> subprocess.CompletedProcess[str]:
        result = subprocess.run(
            [sys.executable, "-m", "cookiecutter", *map(str, arguments)],
            cwd=cwd,
            env=environment,
            input=answers,
            capture_output=True,
            text=True,
            check=False,
            timeout=120,
        )
        if check and result.returncode != 0:
            raise AssertionError(f"cookiecutter failed:\n{result.stdout}\n{result.stderr}")
        return result

    return run


@pytest.fixture
def bake(cookiecutter: Callable[..., subprocess.CompletedProcess[str]], output: Path) -> Bake:
    """Bake a template with its hooks, nothing vendored unless the answers say so; return the app's folder."""

    def run(template_id: str, **answers: str) -> Path:
        given = {"vendor": "none", **answers}
        pairs = [f"{key}={value}" for key, value in given.items()]
        cookiecutter(TEMPLATES / template_id, "--no-input", "-o", output, *pairs)
        (app,) = output.iterdir()
        return app

    return run


@pytest.fixture(scope="session")
def packages(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """`.python_packages` with the pinned SDK, which all these apps share; vendored once, by an app's own script."""
    app = Path(
        shutil.copytree(SAMPLES / "chaining" / "tools", tmp_path_factory.mktemp("vendored") / "tools")
    ).parent
    shutil.copy(SAMPLES / "chaining" / "requirements.txt", app)
    environment = {name: value for name, value in os.environ.items() if name != "DURABLE_WHEELHOUSE"}
    command = [sys.executable, "tools/vendor.py", "--python", RUNNING]
    subprocess.run(command, cwd=app, env=environment, check=True, timeout=300)
    return app / ".python_packages"


def link_packages(packages: Path, app: Path) -> Path:
    """Put the shared `.python_packages` into an app's folder; return the folder."""
    if os.name == "nt":  # links to folders need a privilege
        shutil.copytree(packages, app / ".python_packages")
    else:
        (app / ".python_packages").symlink_to(packages, target_is_directory=True)
    return app


@pytest.fixture
def vendored(bake: Bake, packages: Path) -> Callable[..., Path]:
    """Bake an app for this Python, with the SDK in its place."""

    def run(template_id: str, model: str) -> Path:
        return link_packages(packages, bake(template_id, programming_model=model, python_version=RUNNING))

    return run
