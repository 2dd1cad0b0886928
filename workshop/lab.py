"""What a lab is: a baked app, the small changes it begins with, and those that solve it."""

from __future__ import annotations

import importlib.util
import re
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path


class WorkshopError(Exception):
    """A command cannot go on; the text says why and what to type next."""


@dataclass(frozen=True, slots=True)
class Edit:
    """Replace a piece of a file that occurs in it exactly once."""

    path: str  # below the app's folder, with slashes
    old: str
    new: str


@dataclass(frozen=True, slots=True)
class Remove:
    """Delete a file or a folder."""

    path: str


Change = Edit | Remove


@dataclass(frozen=True, slots=True, kw_only=True)
class Lab:
    """One lab. Beside its changes it may have folders `start/` and `solution/`, whose files are laid in as well.

    `needs` names modules without which the lab cannot be done, each with what to do about it.
    """

    home: Path
    title: str
    minutes: int
    template: str
    start: tuple[Change, ...] = ()
    solution: tuple[Change, ...] = ()
    needs: tuple[tuple[str, str], ...] = ()

    @property
    def number(self) -> int:
        return int(self._name[1])

    @property
    def slug(self) -> str:
        """The name of a participant's folder, as 03-determinism."""
        return f"{self._name[1]}-{self._name[2].replace('_', '-')}"

    @property
    def readme(self) -> Path:
        return self.home / "README.md"

    @property
    def checks(self) -> Path:
        return self.home / "checks.py"

    @property
    def _name(self) -> re.Match[str]:
        name = re.fullmatch(r"lab(\d\d)_(\w+)", self.home.name)
        assert name is not None, f"A lab's folder is called lab03_determinism, not {self.home.name}."
        return name

    def missing(self) -> list[str]:
        """What has to be installed before the lab can be done, one sentence each."""
        return [remedy for module, remedy in self.needs if importlib.util.find_spec(module) is None]


def lay_start(lab: Lab, app: Path) -> None:
    """Turn a freshly baked app into the lab's starting folder."""
    apply(lab, lab.start, app)
    _lay_files(lab.home / "start", app)
    shutil.copy(lab.readme, app / "LAB.md")


def lay_solution(lab: Lab, app: Path) -> None:
    """Turn the lab's starting folder into its solution."""
    apply(lab, lab.solution, app)
    _lay_files(lab.home / "solution", app)


def apply(lab: Lab, changes: Sequence[Change], app: Path) -> None:
    """Make the changes in order.

    Raises:
        WorkshopError: The template has moved on, and what a change is about is not there any more.
    """
    for change in changes:
        file = app / change.path
        if not file.exists():
            raise WorkshopError(f"{lab.home.name}/lab.py: the template has no {change.path} any more.")
        if isinstance(change, Remove):
            shutil.rmtree(file) if file.is_dir() else file.unlink()
            continue
        text = file.read_text(encoding="utf-8")
        if (count := text.count(change.old)) != 1:
            raise WorkshopError(
                f"{lab.home.name}/lab.py: this is {count} times in {change.path} of the template "
                f"{lab.template}, and has to be there once:\n{change.old}"
            )
        file.write_text(text.replace(change.old, change.new), encoding="utf-8")


def _lay_files(source: Path, app: Path) -> None:
    if source.is_dir():
        shutil.copytree(source, app, dirs_exist_ok=True, ignore=shutil.ignore_patterns("__pycache__", ".*_cache"))
