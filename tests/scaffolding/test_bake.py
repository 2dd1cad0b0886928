"""samples/ are what the templates give."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from scaffolding import bake, menu
from scaffolding import pins as version_pins
from scaffolding.repository import ROOT, SAMPLES, sample, template_ids


def test_no_sample_differs_from_its_template() -> None:
    assert bake.bake_samples(check=True) == []


def test_a_sample_is_the_same_whoever_bakes_it(tmp_path: Path) -> None:
    """For one fixed Python, and without anything of the computer or of its user."""
    python = version_pins.load().samples_python
    for name in ["one", "another place"]:
        (tmp_path / name).mkdir()
    one, another = (bake.bake("chaining", tmp_path / name, python, "v2") for name in ["one", "another place"])

    assert bake.files_of(one) == bake.files_of(another) == bake.files_of(SAMPLES / "chaining")


@pytest.fixture
def copied(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of a sample, to change."""
    monkeypatch.setattr("scaffolding.bake.ROOT", tmp_path)
    return Path(shutil.copytree(SAMPLES / "chaining", tmp_path / "sample"))


def test_every_difference_is_named(copied: Path) -> None:
    (copied / "host.json").write_text("{}")
    (copied / "notes.txt").write_text("by hand")
    (copied / "function_app.py").unlink()

    assert bake.compare(SAMPLES / "chaining", copied) == [
        "sample/function_app.py is missing",
        "sample/host.json differs from what the template gives",
        "sample/notes.txt is not in the template",
    ]


def test_what_running_a_sample_leaves_behind_is_no_difference(copied: Path) -> None:
    for folder in [".python_packages", ".venv", ".funchost", "tests/__pycache__"]:
        (copied / folder).mkdir(exist_ok=True)
        (copied / folder / "file").touch()
    (copied / "wheels" / "funchost-0.1.0-py3-none-any.whl").touch()

    assert bake.compare(SAMPLES / "chaining", copied) == []


def test_baking_again_repairs_a_sample_and_keeps_what_is_installed_in_it(copied: Path) -> None:
    (copied / "gone").mkdir()
    (copied / "gone" / "file").touch()
    (copied / "host.json").unlink()
    (copied / ".python_packages").mkdir()
    (copied / ".python_packages" / "manifest.json").touch()

    bake.replace(SAMPLES / "chaining", copied)

    assert bake.compare(SAMPLES / "chaining", copied) == []
    assert not (copied / "gone").exists()
    assert (copied / ".python_packages" / "manifest.json").exists()


def test_every_template_has_a_sample_in_every_programming_model() -> None:
    for template_id in template_ids():
        v2, v1 = (bake.files_of(sample(template_id, model)) for model in ["v2", "v1"])
        assert "function_app.py" in v2
        assert not [path for path in v2 if path.endswith("function.json")]
        assert "function_app.py" not in v1
        assert [path for path in v1 if path.endswith("function.json")]


def test_tests_and_what_functions_share_are_the_same_files_in_both_models() -> None:
    """Else a scenario would prove less for one of them. What differs is what the model decides."""
    for template_id in template_ids():
        v2, v1 = (bake.files_of(sample(template_id, model)) for model in ["v2", "v1"])
        differing = {path for path in v1.keys() & v2.keys() if v1[path] != v2[path]}
        assert differing == {".cookiecutter.json", ".vscode/settings.json", "README.md"}
        only_v1 = {Path(path).name for path in v1.keys() - v2.keys()}
        assert only_v1 == {"__init__.py", "function.json"}


def test_a_folder_that_no_template_gives_is_found_in_either_place(tmp_path: Path) -> None:
    for folder in ["chaining", "gone", "v1/chaining", "v1/gone", "v0/chaining"]:
        (tmp_path / folder).mkdir(parents=True)
    samples = {tmp_path / "chaining", tmp_path / "v1" / "chaining", tmp_path / "v1" / "not-yet-baked"}

    without = [path.relative_to(tmp_path).as_posix() for path in bake.without_template(samples)]
    assert without == ["gone", "v0", "v1/gone"]


def test_the_tables_of_patterns_match_the_menu() -> None:
    for path, text in menu.generated().items():
        assert path.read_text(encoding="utf-8") == text, f"Type: python -m scaffolding bake ({path.name})"


def test_the_tables_lead_to_every_sample_in_both_models() -> None:
    for page, samples in [(ROOT / "README.md", "samples/"), (SAMPLES / "README.md", "")]:
        links = set(re.findall(r"\]\(([\w./-]+)\)", page.read_text(encoding="utf-8")))
        for template_id in template_ids():
            assert {f"{samples}{template_id}/", f"{samples}v1/{template_id}/"} <= links


def test_the_command_exits_with_0_when_there_is_no_drift() -> None:
    command = [sys.executable, "-m", "scaffolding", "bake", "--check"]
    result = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=120)

    assert (result.returncode, result.stdout) == (0, "")
