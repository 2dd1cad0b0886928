"""Folders are the architecture: inside funchost a module imports only from its own room and the rooms above."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[2] / "funchost"

ROWS: list[set[str]] = [
    {"record"},
    {"model"},
    {"errors", "clock", "ids", "prompt"},
    {"engine"},
    {"wire"},
    {"store"},
    {"app"},
    {"worker"},
    {"dispatch"},
    {"http"},
    {"dashboard"},
    {"console"},
    {"lint"},
    {"running"},
    {"host"},
    {"testing"},
    {"commands"},
    {"cli"},
    {"__main__"},
]
"""From the top down; modules of one row know nothing of each other."""

WORKER_ROOMS = {"app", "worker"}
"""What a worker process imports; there the host's packages do not exist."""


def room_of(module: str) -> str:
    return module.split(".")[1]


def imports_of(path: Path) -> set[str]:
    """Names of the funchost modules that a file imports, wherever in it."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and node.level == 0:
            found.add(node.module)
    return {name for name in found if name.startswith("funchost.")}


FILES = sorted(path for path in PACKAGE.rglob("*.py") if path != PACKAGE / "__init__.py")


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.relative_to(PACKAGE).as_posix())
def test_imports_point_up(path: Path) -> None:
    row_of = {room: number for number, row in enumerate(ROWS) for room in row}
    own = path.relative_to(PACKAGE).parts[0].removesuffix(".py")
    assert own in row_of, f"{own} has no row yet: say in ROWS where it belongs"
    for imported in imports_of(path):
        room = room_of(imported)
        assert room == own or row_of[room] < row_of[own], f"{own} may not import {imported}"


@pytest.mark.parametrize("row", ["engine", "model"])
def test_the_core_reads_no_clock_and_makes_no_ids(row: str) -> None:
    for path in (PACKAGE / row).rglob("*.py"):
        text = path.read_text(encoding="utf-8")
        for forbidden in ("datetime.now", "import time", "import uuid", "import random", "import asyncio", "open("):
            assert forbidden not in text, f"{path.name} uses {forbidden}"
