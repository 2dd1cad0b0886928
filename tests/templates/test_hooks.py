"""The hooks, rendered as cookiecutter renders them and called function by function."""

from __future__ import annotations

import importlib.util
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from cookiecutter.environment import StrictEnvironment  # type: ignore[import-untyped]

from scaffolding.repository import COMMON, ROOT
from tests.templates.conftest import Bake
from tests.templates.wheels import make_wheel

ANSWERS = {
    "slug": "an-app",
    "python_version": "3.12",
    "vendor": "none",
    "_python_versions": ["3.10", "3.11", "3.12"],
    "_repo_dir": "templates/chaining",
}

Render = Callable[..., ModuleType]


@pytest.fixture
def hook(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Render:
    """Render a hook with answers, standing in the template's folder, and import the result."""

    def render(name: str, **answers: Any) -> ModuleType:
        context = {
            "cookiecutter": {key: value for key, value in {**ANSWERS, **answers}.items() if value is not None}
        }
        source = (COMMON / "hooks" / f"{name}.py").read_text(encoding="utf-8")
        path = tmp_path / f"{name}.py"
        path.write_text(
            StrictEnvironment(context=context, keep_trailing_newline=True).from_string(source).render(context),
            encoding="utf-8",
        )
        spec = importlib.util.spec_from_file_location(name, path)
        assert spec is not None
        assert spec.loader is not None
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        return module

    monkeypatch.chdir(ROOT / "templates" / "chaining")
    monkeypatch.delenv("DURABLE_WHEELHOUSE", raising=False)
    return render


@pytest.fixture
def wheels(tmp_path: Path) -> Path:
    """An app's folder for wheels."""
    folder = tmp_path / "wheels"
    folder.mkdir()
    return folder


# --- Before the generation ---------------------------------------------------------------------------


def test_usable_answers_have_no_problems(hook: Render) -> None:
    pre = hook("pre_gen_project")

    assert list(pre.problems(pre.SLUG, pre.PYTHON_VERSION, pre.SUPPORTED)) == []


def test_all_problems_are_told_at_once(hook: Render) -> None:
    pre = hook("pre_gen_project")

    assert len(list(pre.problems("My App", "2.7", ["3.12"]))) == 2


@pytest.mark.parametrize(
    ("slug", "suggestion"),
    [
        ("nul", "my-nul"),
        ("COM1", "my-com1"),
        ("My App", "my-app"),
        ("7 Zwerge", "zwerge"),
        ("", "my-durable-app"),
        ("x" * 50, "x" * 40),
    ],
)
def test_a_refused_slug_comes_with_one_that_is_taken(hook: Render, slug: str, suggestion: str) -> None:
    pre = hook("pre_gen_project")

    assert pre.suggestion(slug) == suggestion
    assert list(pre.problems(suggestion, "3.12", ["3.12"])) == []


@pytest.mark.parametrize(("typed", "meant"), [("3.11.7", "3.11"), ("3.11", "3.11"), ("2.7", "3.11"), ("x", "3.11")])
def test_a_refused_python_comes_with_the_one_that_was_meant(hook: Render, typed: str, meant: str) -> None:
    assert hook("pre_gen_project").suggested_python(typed, ["3.10", "3.11", "3.12"]) == meant


def test_answers_with_quotes_do_not_break_out_of_the_hook(hook: Render) -> None:
    slug = 'a"; import os; os._exit(3) #'

    assert slug == hook("pre_gen_project", slug=slug).SLUG


# --- After it ----------------------------------------------------------------------------------------


def test_under_cruft_nothing_is_installed(
    hook: Render, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """cruft hands over no _repo_dir, and runs the hook at every check and update."""
    post = hook("post_gen_project", _repo_dir=None, vendor="sdk")

    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("a process was started")

    monkeypatch.setattr(subprocess, "run", refuse)
    post.main()

    assert "type in its folder: python tools/vendor.py" in capsys.readouterr().out


def test_the_repository_is_found_from_a_template_inside_it(hook: Render) -> None:
    post = hook("post_gen_project")

    assert Path(post.TEMPLATE_DIR) == ROOT / "templates" / "chaining"
    assert post.find_repository(post.TEMPLATE_DIR) == ROOT


def test_another_project_above_the_template_is_not_the_repository(hook: Render, tmp_path: Path) -> None:
    template = tmp_path / "project" / "templates" / "chaining"
    template.mkdir(parents=True)
    (tmp_path / "project" / "pyproject.toml").write_text('[project]\nname = "funchost-tools"\n')

    assert hook("post_gen_project").find_repository(template) is None


def test_without_the_repository_one_sentence_says_where_to_read_on(
    hook: Render, tmp_path: Path, wheels: Path
) -> None:
    sentence = hook("post_gen_project").lay_wheel(tmp_path, wheels)

    assert "wheels/README.md has the command" in sentence
    assert list(wheels.iterdir()) == []


def test_a_wheelhouse_with_the_wheel_is_used_first(
    hook: Render, tmp_path: Path, wheels: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    house = tmp_path / "house"
    house.mkdir()
    make_wheel(house, "funchost", "9.9.9")
    monkeypatch.setenv("DURABLE_WHEELHOUSE", str(house))

    assert hook("post_gen_project").lay_wheel(ROOT, wheels) is None
    assert [path.name for path in wheels.iterdir()] == ["funchost-9.9.9-py3-none-any.whl"]


def test_a_wheel_that_is_newer_than_the_source_is_not_built_again(
    hook: Render, wheels: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    post = hook("post_gen_project")
    make_wheel(wheels, "funchost", "9.9.9")

    monkeypatch.setattr(post, "build_command", lambda *_: pytest.fail("it was built"))

    assert post.lay_wheel(ROOT, wheels) is None


def test_a_build_that_fails_is_told_and_does_not_stop_the_generation(
    hook: Render, tmp_path: Path, wheels: Path
) -> None:
    repository = tmp_path / "clone"
    (repository / "funchost").mkdir(parents=True)
    project = '[build-system]\nrequires = []\nbuild-backend = "no_such_backend"\n[project]\nname = "funchost"\n'
    (repository / "pyproject.toml").write_text(project)

    sentence = hook("post_gen_project").lay_wheel(repository, wheels)

    assert "wheels/README.md has the command" in sentence
    assert "Building it here failed" in sentence


def test_the_wheel_is_built_from_the_clone_that_the_template_is_in(
    bake: Bake, environment: dict[str, str], funchost_wheel: Path
) -> None:
    """Needs the package index or a cache, for the build backend."""
    del environment["DURABLE_WHEELHOUSE"]
    environment["PATH"] = os.pathsep.join([str(Path(sys.executable).parent), environment["PATH"]])

    app = bake("chaining")

    assert [path.name for path in (app / "wheels").glob("*.whl")] == [funchost_wheel.name]
    assert not (app / "wheels" / ".gitignore").exists()


def test_hooks_need_nothing_but_the_standard_library(hook: Render, tmp_path: Path) -> None:
    """Cookiecutter may run them with an interpreter that has nothing else."""
    for name in ["pre_gen_project", "post_gen_project"]:
        hook(name, _repo_dir=None)
        result = subprocess.run(
            [sys.executable, "-I", "-S", tmp_path / f"{name}.py"],
            cwd=tmp_path,
            capture_output=True,
            text=True,
            check=False,
            timeout=30,
        )
        assert result.returncode == 0, result.stderr
    shutil.rmtree(tmp_path / "__pycache__", ignore_errors=True)
