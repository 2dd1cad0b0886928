"""Pins: one data file, and the requirements that are written from it."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import pytest

from scaffolding import pins as version_pins
from scaffolding.__main__ import report
from scaffolding.pins import EMPTY, App, Group
from scaffolding.repository import PINS, ScaffoldingError, version

PIN = re.compile(r"[A-Za-z0-9._-]+==[^ ;]+( ; .+)?")


def test_the_data_file_is_as_it_would_be_written(tmp_path: Path) -> None:
    copy = tmp_path / "pins.json"
    version_pins.save(version_pins.load(), copy)

    assert copy.read_text(encoding="utf-8") == PINS.read_text(encoding="utf-8")


def test_everything_is_pinned_to_one_version() -> None:
    pins = version_pins.load()
    groups = [pins.sdk, pins.development, *pins.apps.values(), *(app.development for app in pins.apps.values())]

    for group in groups:
        assert [line for line in group.locked if not PIN.fullmatch(line)] == []


def test_the_sdk_has_a_version_for_every_python() -> None:
    """azure-functions 2 needs Python 3.13; older ones take the last 1."""
    locked = version_pins.load().sdk.locked

    assert "azure-functions-durable==1.7.0" in locked
    versions = {line.partition(" ; ")[2]: line for line in locked if line.startswith("azure-functions==")}
    assert versions["python_full_version < '3.13'"].startswith("azure-functions==1.")
    assert versions["python_full_version >= '3.13'"].startswith("azure-functions==2.")


def test_developer_requirements_install_funchost_from_the_app(tmp_path: Path) -> None:
    lines = version_pins.requirements_dev_txt(version_pins.load(), "chaining").splitlines()

    assert lines.index("--find-links wheels") < lines.index(f"funchost=={version()}")
    assert "-r requirements.txt" in lines


def test_moving_the_pins_locks_each_group_and_an_app_together_with_the_sdk(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = []

    def compile_closure(wanted: tuple[str, ...], oldest: str, *, dependencies: bool = True) -> tuple[str, ...]:
        asked.append((tuple(wanted), dependencies))
        return tuple(f"{re.split('[=>]', name)[0]}==9" for name in wanted)

    monkeypatch.setattr(version_pins, "compile_closure", compile_closure)
    app = App(wanted=("numpy",), locked=(), development=Group(wanted=("pillow",), locked=()), pythons=())
    before = replace(
        version_pins.load(),
        sdk=Group(wanted=("sdk>=1",), locked=("sdk==1",)),
        apps={"relay": app},
        development=Group(wanted=("pytest",), locked=()),
    )

    moved = version_pins.update(before)

    assert moved.sdk.locked == ("sdk==9",)
    assert moved.app("relay").locked == ("numpy==9",)
    assert moved.development.locked == ("pytest==9",)
    assert (("sdk==9", "numpy"), True) in asked
    assert (("pytest",), False) in asked
    assert moved.app("another") == App(wanted=(), locked=(), development=EMPTY, pythons=())


def test_without_uv_moving_the_pins_says_how_to_get_it(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))

    with pytest.raises(ScaffoldingError, match="pip install uv"):
        version_pins.compile_closure(["sdk"], "3.10")


def test_drift_is_listed_with_the_command_that_repairs_it(capsys: pytest.CaptureFixture[str]) -> None:
    assert report(["a file differs"], check=True, command="sync") == 1

    printed = capsys.readouterr()
    assert printed.out == "a file differs\n"
    assert "Type: python -m scaffolding sync" in printed.err
