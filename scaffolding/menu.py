"""The menu (the root cookiecutter.json) as tables for people to read."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

from scaffolding.repository import ROOT, SAMPLES, programming_models, sample

BEGIN = "<!-- patterns: written by `python -m scaffolding bake` from cookiecutter.json -->"
END = "<!-- end of patterns -->"


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One pattern in the menu."""

    template_id: str
    path: str
    title: str
    description: str


def entries(menu: Path = ROOT / "cookiecutter.json") -> list[Entry]:
    """The menu, in its order; the first is what `--no-input` takes."""
    templates = json.loads(menu.read_text(encoding="utf-8"))["templates"]
    return [Entry(template_id=template_id, **entry) for template_id, entry in templates.items()]


def table(samples: str) -> str:
    """A Markdown table of the patterns; `samples` is the path of samples/ from where the table stands."""
    lines = ["| Pattern | What the app does | Bake it | Read it |", "| --- | --- | --- | --- |"]
    for entry in entries():
        links = ", ".join(
            f"[{model}]({samples}{sample(entry.template_id, model).relative_to(SAMPLES).as_posix()}/)"
            for model in programming_models()
        )
        lines.append(f"| **{entry.title}** | {entry.description} | `--directory {entry.path}` | {links} |")
    return "\n".join(lines)


SHOWN = {
    "chaining": ("`call_activity`, a retry policy, custom status", "chaining"),
    "fan_out": ("`task_all`, failures as results, one activity a file", "fan-out"),
    "fan_out_tensorflow": ("`task_all` over batches, a model loaded once a process", "fan-out-tensorflow"),
    "external_events": ("`wait_for_external_event`, `task_any`, a timer that is cancelled", "external-events"),
    "entities": ("`entity_trigger`, signals and calls, `read_entity_state`", "entities"),
}
"""Of each pattern: what of the SDK its sample shows, and its page in docs/patterns/."""


def shown() -> str:
    """A Markdown table of what to look for where; a template that `SHOWN` does not know has an empty cell."""
    lines = ["| Sample | What of Durable Functions it shows | Explained in |", "| --- | --- | --- |"]
    for entry in entries():
        what, page = SHOWN.get(entry.template_id, ("", "../index"))
        lines.append(f"| {entry.template_id} | {what} | [{entry.title}](../docs/patterns/{page}.md) |")
    return "\n".join(lines)


def samples_readme() -> str:
    """samples/README.md."""
    return f"""# Samples

Each folder is a template baked with its defaults, ready to copy; `v1/` holds the same apps in programming model v1.
Nothing in here is edited by hand: change the template, then `python -m scaffolding bake`.

{table("")}

{shown()}

All of them have an HTTP function that starts the orchestration and answers with the URLs that watch and steer it, a
logger that keeps quiet during replay, tests on virtual time, and tests on a live host.

To run one as it stands, from its folder, with funchost from this clone:

    python -m pip install <path of this clone> pytest
    python tools/vendor.py
    funchost start

and its tests with `python -m pytest`.
"""


def generated() -> dict[Path, str]:
    """Files that follow from the menu, by path; of the README only what stands between the markers."""
    files = {SAMPLES / "README.md": samples_readme()}
    readme = ROOT / "README.md"
    if readme.exists():
        before, begin, rest = readme.read_text(encoding="utf-8").partition(BEGIN)
        _, end, after = rest.partition(END)
        if begin and end:
            files[readme] = f"{before}{BEGIN}\n{table('samples/')}\n{END}{after}"
    return files
