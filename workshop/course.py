"""The labs in their order, and the folders that participants work in."""

from __future__ import annotations

import importlib
import shutil
import sys
import tempfile
from pathlib import Path

from scaffolding.bake import bake
from scaffolding.repository import ROOT, ScaffoldingError
from workshop.lab import Lab, WorkshopError, lay_start

LABS_FOLDER = Path(__file__).parent / "labs"
MY_LABS = ROOT / "my-labs"
RUNNING = "{}.{}".format(*sys.version_info)


def labs() -> list[Lab]:
    """Every lab, the first first."""
    names = sorted(path.parent.name for path in LABS_FOLDER.glob("lab*/lab.py"))
    found: list[Lab] = [importlib.import_module(f"workshop.labs.{name}.lab").LAB for name in names]
    return found


def lab_numbered(number: int) -> Lab:
    """One lab.

    Raises:
        WorkshopError: There is none of that number.
    """
    known = {lab.number: lab for lab in labs()}
    if number not in known:
        raise WorkshopError(f"There are labs {min(known)} to {max(known)}, but none numbered {number}.")
    return known[number]


def lab_here(folder: Path) -> tuple[Lab, Path]:
    """The lab whose folder this is, or is in, and that lab's folder.

    Raises:
        WorkshopError: It is none's.
    """
    by_slug = {lab.slug: lab for lab in labs()}
    for place in (folder, *folder.parents):
        if place.name in by_slug:
            return by_slug[place.name], place
    raise WorkshopError("Which lab? Stand in its folder, or say its number: python -m workshop check 3")


def prepare(lab: Lab, parent: Path) -> Path:
    """Bake the lab's app and change it into the lab's starting folder, below `parent`; return it.

    Raises:
        WorkshopError: The folder is there already, or the template has moved on.
    """
    folder = parent / lab.slug
    if folder.exists():
        raise WorkshopError(
            f"{short(folder)} is there already. To begin once more, and keep what is in it under another name: "
            f"python -m workshop start {lab.number} --again"
        )
    parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=parent, prefix=".baking-") as scratch:
        try:
            app = bake(lab.template, Path(scratch), RUNNING, "v2")
        except ScaffoldingError as error:
            raise WorkshopError(str(error)) from error
        lay_start(lab, app)
        app.rename(folder)
    return folder


def put_aside(lab: Lab, parent: Path) -> Path | None:
    """Rename the lab's folder, so that it can be begun once more; return its new place, None if there was none."""
    folder = parent / lab.slug
    if not folder.exists():
        return None
    number = next(n for n in range(1, 1000) if not (parent / f"{lab.slug}.{n}").exists())
    return Path(shutil.move(folder, parent / f"{lab.slug}.{number}"))


def work_folder(lab: Lab, parent: Path) -> Path:
    """The participant's folder of a lab.

    Raises:
        WorkshopError: It was not begun yet.
    """
    folder = parent / lab.slug
    if not folder.is_dir():
        raise WorkshopError(f"Lab {lab.number} was not begun yet. Type: python -m workshop start {lab.number}")
    return folder


def short(path: Path) -> str:
    return path.relative_to(ROOT).as_posix() if path.is_relative_to(ROOT) else str(path)
