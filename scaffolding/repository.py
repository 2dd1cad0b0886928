"""Where things are in this repository, and the one error of its tooling."""

from __future__ import annotations

import json
import re
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
TEMPLATES = ROOT / "templates"
COMMON = TEMPLATES / "_common"
SAMPLES = ROOT / "samples"
PINS = Path(__file__).resolve().parent / "pins.json"

# The folder that cookiecutter renders; its name is the generated app's.
APP_FOLDER = "{{cookiecutter.slug}}"


class ScaffoldingError(Exception):
    """A command cannot go on; the text says why and what to type next."""


def template_ids() -> list[str]:
    """Every template: a folder of templates/ with a cookiecutter.json, whether in the menu yet or not."""
    return sorted(path.parent.name for path in TEMPLATES.glob("[!_]*/cookiecutter.json"))


def programming_models() -> list[str]:
    """The values of the question `programming_model`; the first is the default."""
    models: list[str] = json.loads((COMMON / "questions.json").read_text(encoding="utf-8"))["programming_model"]
    return models


def sample(template_id: str, model: str) -> Path:
    """A sample's folder: those of the default model directly in samples/, the others in a folder of their model."""
    return (SAMPLES if model == programming_models()[0] else SAMPLES / model) / template_id


def version() -> str:
    """funchost's version, read and not imported: the tooling must not need funchost's dependencies."""
    text = (ROOT / "funchost" / "__init__.py").read_text(encoding="utf-8")
    found = re.search(r'^__version__ = "([^"]+)"$', text, re.MULTILINE)
    if found is None:
        raise ScaffoldingError("funchost/__init__.py has no __version__ line.")
    return found[1]
