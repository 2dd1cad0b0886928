"""Version pins of generated apps: read them, write requirements files from them, move them forward.

`pins.json` holds for each group what is *wanted* (a range, written by hand) and what is *locked* (every
distribution that this resolves to, for all supported Pythons and platforms, written by `update`):

    sdk           the Durable Functions SDK; in every app
    apps          per template id, what that app needs besides the SDK, what its developer does, and
                  the Pythons that have wheels of it; absent for most
    development   what an app's developer installs: the test tools
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from scaffolding.repository import PINS, ScaffoldingError, version


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """Requirements that are locked together."""

    wanted: tuple[str, ...]
    locked: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class App(Group):
    """What one app needs besides what all have."""

    development: Group
    pythons: tuple[str, ...]  # on which it can be installed; empty: wherever the SDK can


EMPTY = Group(wanted=(), locked=())


@dataclass(frozen=True, slots=True, kw_only=True)
class Pins:
    """The content of pins.json."""

    about: str
    oldest_python: str  # the closure is resolved from here upwards
    samples_python: str  # what samples/ are baked for, whoever bakes them
    sdk: Group
    apps: dict[str, App]
    development: Group

    def app(self, template_id: str) -> App:
        """What one app needs besides the SDK, empty for most."""
        return self.apps.get(template_id, App(wanted=(), locked=(), development=EMPTY, pythons=()))


def load(path: Path = PINS) -> Pins:
    """Read the data file."""
    data: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return Pins(
        about=data["about"],
        oldest_python=data["oldest_python"],
        samples_python=data["samples_python"],
        sdk=_group(data["sdk"]),
        apps={name: _app(group) for name, group in data["apps"].items()},
        development=_group(data["development"]),
    )


def save(pins: Pins, path: Path = PINS) -> None:
    """Write the data file, in the order in which `load` names its keys."""
    data = {
        "about": pins.about,
        "oldest_python": pins.oldest_python,
        "samples_python": pins.samples_python,
        "sdk": _data(pins.sdk),
        "apps": {
            name: {"pythons": list(app.pythons), **_data(app), "development": _data(app.development)}
            for name, app in sorted(pins.apps.items())
        },
        "development": _data(pins.development),
    }
    path.write_text(json.dumps(data, indent=2) + "\n", encoding="utf-8")


def _group(data: dict[str, list[str]]) -> Group:
    return Group(wanted=tuple(data["wanted"]), locked=tuple(data["locked"]))


def _app(data: dict[str, Any]) -> App:
    group = _group(data)
    return App(
        wanted=group.wanted,
        locked=group.locked,
        development=_group(data["development"]),
        pythons=tuple(data["pythons"]),
    )


def _data(group: Group) -> dict[str, list[str]]:
    return {"wanted": list(group.wanted), "locked": list(group.locked)}


# --- Requirements files ------------------------------------------------------------------------------


def requirements_txt(pins: Pins, template_id: str) -> str:
    """An app's requirements.txt. tools/vendor.py reads the headings in brackets."""
    app = pins.app(template_id)
    lines = [
        "# What the app needs to run, pinned. Azure's remote build reads this file, and so does",
        "# tools/vendor.py, which installs it into .python_packages.",
        "",
        "# [sdk] The Durable Functions SDK, and everything that it needs",
        *pins.sdk.locked,
        "",
        "# [app] What this app needs besides; after a change: python tools/vendor.py --what all",
        *app.locked,
    ]
    return "\n".join(lines) + "\n"


def requirements_dev_txt(pins: Pins, template_id: str) -> str:
    """An app's requirements-dev.txt. funchost comes from the wheel in the app until it is on an index."""
    lines = [
        "# What its developer needs besides, to run and test the app without Azure:",
        "# python -m pip install -r requirements-dev.txt",
        "-r requirements.txt",
        "",
        "# The embedded host; its wheel is in wheels/ (wheels/README.md says how it gets there)",
        "--find-links wheels",
        f"funchost=={version()}",
        "",
        *pins.development.locked,
        *pins.app(template_id).development.locked,
    ]
    return "\n".join(lines) + "\n"


# --- Moving forward ----------------------------------------------------------------------------------


def update(pins: Pins) -> Pins:
    """Lock every group to the newest versions that its wanted ranges and all supported Pythons allow."""
    sdk = compile_closure(pins.sdk.wanted, pins.oldest_python)
    apps = {}
    for name, app in pins.apps.items():
        # Resolved together with the SDK, so that one environment can hold both, then listed apart.
        together = compile_closure([*sdk, *app.wanted], pins.oldest_python)
        tools = compile_closure(app.development.wanted, pins.oldest_python, dependencies=False)
        apps[name] = replace(
            app,
            locked=tuple(line for line in together if line not in sdk),
            development=replace(app.development, locked=tools),
        )
    development = compile_closure(pins.development.wanted, pins.oldest_python, dependencies=False)
    return replace(
        pins,
        sdk=replace(pins.sdk, locked=sdk),
        apps=apps,
        development=replace(pins.development, locked=development),
    )


def compile_closure(wanted: Sequence[str], oldest_python: str, *, dependencies: bool = True) -> tuple[str, ...]:
    """Everything that `wanted` resolves to, one pinned line each, with markers where Pythons differ.

    Raises:
        ScaffoldingError: uv is missing, or finds no solution; carries its explanation.
    """
    uv = shutil.which("uv")
    if uv is None:
        raise ScaffoldingError("Moving the pins needs uv, which resolves for every Python at once: pip install uv")
    command = [uv, "pip", "compile", "--universal", "--upgrade", "--python-version", oldest_python]
    command += ["--no-header", "--no-annotate", "--quiet", "-"]
    if not dependencies:
        command.append("--no-deps")
    result = subprocess.run(
        command,
        check=False,
        input="\n".join(wanted),
        env={**os.environ, "UV_PYTHON_DOWNLOADS": "never"},
        capture_output=True,
        text=True,
    )
    if result.returncode != 0:
        raise ScaffoldingError(f"uv found no versions for {', '.join(wanted)}:\n{result.stderr}")
    return tuple(line for line in result.stdout.splitlines() if line and not line.startswith("#"))
