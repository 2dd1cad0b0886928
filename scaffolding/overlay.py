"""The overlay: files that every app shares, laid from templates/_common into each template.

A template folder is complete in itself, because cookiecutter reads nothing outside it when it comes from
`--directory`, a zip or cruft. So the shared files are copied, and a record in each template
(`.overlay.json`) says which of its files are copies: a changed copy is drift, a copy whose source is gone
is removed, and a template that brings a file of the same name is refused.

A template's cookiecutter.json is laid too: the shared questions, in their order, with the template's own
answers (`project_name`) and after them its own questions.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from scaffolding import pins as version_pins
from scaffolding.repository import APP_FOLDER, COMMON, TEMPLATES, ScaffoldingError, template_ids, version

RECORD = ".overlay.json"
QUESTIONS = "questions.json"
COOKIECUTTER = "cookiecutter.json"


@dataclass(frozen=True, slots=True, kw_only=True)
class Overlay:
    """What belongs into one template: content by path, paths below the template's folder with slashes."""

    template_id: str
    files: dict[str, bytes]
    stale: frozenset[str]  # laid by an earlier sync, no longer shared

    @property
    def folder(self) -> Path:
        return TEMPLATES / self.template_id


def plan(template_id: str, pins: version_pins.Pins) -> Overlay:
    """Work out what belongs into a template; changes nothing.

    Raises:
        ScaffoldingError: The template has a file of its own where a shared one belongs.
    """
    folder = TEMPLATES / template_id
    files = shared_files()
    files[f"{APP_FOLDER}/requirements.txt"] = version_pins.requirements_txt(pins, template_id).encode()
    files[f"{APP_FOLDER}/requirements-dev.txt"] = version_pins.requirements_dev_txt(pins, template_id).encode()

    record = read_record(folder)
    recorded = set(record["files"])
    for path in files.keys() - recorded:
        if (folder / path).exists() and (folder / path).read_bytes() != files[path]:
            raise ScaffoldingError(
                f"templates/{template_id}/{path} is the template's own, and _common has one too. "
                "Delete one of the two; where apps differ, let the shared file include a part of the template."
            )
    questions = json.loads((COMMON / QUESTIONS).read_text(encoding="utf-8"))
    own = json.loads((folder / COOKIECUTTER).read_text(encoding="utf-8"))
    former = [key for key in record["questions"] if key not in questions]
    merged = merge_questions(template_id, questions, own, former, pins.app(template_id).pythons)
    files[COOKIECUTTER] = as_json(merged)
    files[RECORD] = as_json(
        {
            "about": "Laid from templates/_common. Edit there, then: python -m scaffolding sync",
            "files": {
                path: hashlib.sha256(files[path]).hexdigest() for path in sorted(files) if path != COOKIECUTTER
            },
            "questions": list(questions),
        }
    )
    return Overlay(template_id=template_id, files=files, stale=frozenset(recorded - files.keys()))


def merge_questions(
    template_id: str,
    shared: dict[str, Any],
    own: dict[str, Any],
    former: list[str],
    pythons: Sequence[str] = (),
) -> dict[str, Any]:
    """The template's cookiecutter.json: shared questions first, then its own, then the prompts.

    A shared question without a default (null) takes the template's. `former` names shared questions of an
    earlier sync, which would else pass for the template's own. `pythons` replaces the shared list of
    supported Pythons, where an app cannot be installed on all of them.
    """
    given = {"__pattern": template_id, "__template_version": version()}
    merged: dict[str, Any] = {}
    for key, default in shared.items():
        if key == "__prompts__":
            continue
        merged[key] = given.get(key, own.get(key)) if default is None else default
        if key == "_python_versions" and pythons:
            merged[key] = list(pythons)
        if merged[key] is None:
            raise ScaffoldingError(f"templates/{template_id}/{COOKIECUTTER} needs a default for {key!r}.")
    for key, default in own.items():
        if key not in shared and key not in former:
            merged[key] = default
    prompts = {**own.get("__prompts__", {}), **shared["__prompts__"]}
    oldest, *_, newest = merged["_python_versions"]
    prompts["python_version"] = prompts["python_version"].format(oldest=oldest, newest=newest)
    merged["__prompts__"] = {key: prompt for key, prompt in prompts.items() if key in merged}
    return merged


def shared_files() -> dict[str, bytes]:
    """Every file of _common, except the questions, which are merged and not copied."""
    return {
        path.relative_to(COMMON).as_posix(): path.read_bytes()
        for path in sorted(COMMON.rglob("*"))
        if path.is_file() and path.name != QUESTIONS and "__pycache__" not in path.parts
    }


def read_record(folder: Path) -> dict[str, Any]:
    """What the last sync laid into a template; empty for a new one."""
    path = folder / RECORD
    if not path.exists():
        return {"files": {}, "questions": []}
    record: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return record


def drift(overlay: Overlay) -> list[str]:
    """One line per file that is not as it should be."""
    lines = []
    for path, content in overlay.files.items():
        file = overlay.folder / path
        if not file.exists():
            lines.append(f"templates/{overlay.template_id}/{path} is missing")
        elif file.read_bytes() != content:
            lines.append(f"templates/{overlay.template_id}/{path} differs from its source")
    for path in sorted(overlay.stale):
        if (overlay.folder / path).exists():
            lines.append(f"templates/{overlay.template_id}/{path} has no source any more")
    return lines


def lay(overlay: Overlay) -> None:
    """Write every file of the overlay and remove what is stale."""
    for path, content in overlay.files.items():
        file = overlay.folder / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content)
    for path in overlay.stale:
        (overlay.folder / path).unlink(missing_ok=True)


def sync(*, check: bool) -> list[str]:
    """Lay the overlay into every template, or with `check` only say what would change."""
    pins = version_pins.load()
    overlays = [plan(template_id, pins) for template_id in template_ids()]
    differences = [line for overlay in overlays for line in drift(overlay)]
    if not check:
        for overlay in overlays:
            lay(overlay)
    return differences


def as_json(data: dict[str, Any]) -> bytes:
    """Indented, with non-ASCII letters as they are."""
    return (json.dumps(data, indent=2, ensure_ascii=False) + "\n").encode()
