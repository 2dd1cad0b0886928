"""A record is a dataclass that a type checker keeps as it was made."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import field, fields, replace
from pathlib import Path

import pytest

from funchost.record import record


@record
class Point:
    x: int
    y: int = 0
    tags: tuple[str, ...] = field(default=(), compare=False)


def test_it_is_a_value() -> None:
    assert Point(x=1) == Point(x=1, y=0, tags=("a",))
    assert len({Point(x=1), Point(x=1), Point(x=2)}) == 2
    assert replace(Point(x=1), y=2) == Point(x=1, y=2)
    assert [each.name for each in fields(Point)] == ["x", "y", "tags"]  # type: ignore[arg-type]
    with pytest.raises(AttributeError):
        Point(x=1).z = 3  # type: ignore[attr-defined]


CHANGED = """
from funchost.record import record

@record
class Point:
    x: int

Point(x=1).x = 2
Point(1)
"""


def test_the_type_checker_refuses_a_change(tmp_path: Path) -> None:
    (tmp_path / "changed.py").write_text(CHANGED)
    checked = subprocess.run(
        [sys.executable, "-m", "mypy", "--strict", "--config-file=", "changed.py"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert 'changed.py:8: error: Property "x" defined in "Point" is read-only' in checked.stdout
    assert "changed.py:9: error: Too many positional arguments" in checked.stdout
