"""samples/ are what the templates give."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from scaffolding import bake, menu
from scaffolding import pins as version_pins
from scaffolding.repository import ROOT, SAMPLES


def test_no_sample_differs_from_its_template() -> None:
    assert bake.bake_samples(check=True) == []


def test_a_sample_is_the_same_whoever_bakes_it(tmp_path: Path) -> None:
    """For one fixed Python, and without anything of the computer or of its user."""
    python = version_pins.load().samples_python
    for name in ["one", "another place"]:
        (tmp_path / name).mkdir()
    one, another = (bake.bake("chaining", tmp_path / name, python) for name in ["one", "another place"])

    assert bake.files_of(one) == bake.files_of(another) == bake.files_of(SAMPLES / "chaining")


@pytest.fixture
def sample(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of a sample, to change."""
    monkeypatch.setattr("scaffolding.bake.ROOT", tmp_path)
    return Path(shutil.copytree(SAMPLES / "chaining", tmp_path / "sample"))


def test_every_difference_is_named(sample: Path) -> None:
    (sample / "host.json").write_text("{}")
    (sample / "notes.txt").write_text("by hand")
    (sample / "function_app.py").unlink()

    assert bake.compare(SAMPLES / "chaining", sample) == [
        "sample/function_app.py is missing",
        "sample/host.json differs from what the template gives",
        "sample/notes.txt is not in the template",
    ]


def test_what_running_a_sample_leaves_behind_is_no_difference(sample: Path) -> None:
    for folder in [".python_packages", ".venv", ".funchost", "tests/__pycache__"]:
        (sample / folder).mkdir(exist_ok=True)
        (sample / folder / "file").touch()
    (sample / "wheels" / "funchost-0.1.0-py3-none-any.whl").touch()

    assert bake.compare(SAMPLES / "chaining", sample) == []


def test_baking_again_repairs_a_sample_and_keeps_what_is_installed_in_it(sample: Path) -> None:
    (sample / "gone").mkdir()
    (sample / "gone" / "file").touch()
    (sample / "host.json").unlink()
    (sample / ".python_packages").mkdir()
    (sample / ".python_packages" / "manifest.json").touch()

    bake.replace(SAMPLES / "chaining", sample)

    assert bake.compare(SAMPLES / "chaining", sample) == []
    assert not (sample / "gone").exists()
    assert (sample / ".python_packages" / "manifest.json").exists()


def test_the_tables_of_patterns_match_the_menu() -> None:
    for path, text in menu.generated().items():
        assert path.read_text(encoding="utf-8") == text, f"Type: python -m scaffolding bake ({path.name})"


def test_the_command_exits_with_0_when_there_is_no_drift() -> None:
    command = [sys.executable, "-m", "scaffolding", "bake", "--check"]
    result = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=120)

    assert (result.returncode, result.stdout) == (0, "")
