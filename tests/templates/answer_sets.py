"""Answers that every template takes, and answers that it refuses. A new question gets its lines here."""

from __future__ import annotations

import json

from scaffolding.repository import TEMPLATES, programming_models, template_ids

# On top of the defaults; see `supported` for the versions of Python.
SUPPORTED: list[dict[str, str]] = [
    {"project_name": 'Größe & Gewicht: "Zoë\'s" app', "slug": "gewicht"},
    {"slug": "abc"},
    {"slug": "a-name-with-exactly-forty-characters-abc"},
]

# Answers that add files, on top of the defaults; `test_optional_answers.py` bakes all their combinations.
OPTIONAL: dict[str, list[str]] = {
    "ci": ["none", "github"],
    "azure": ["none", "storage", "scheduler"],
    "devcontainer": ["no", "yes"],
}

# What is refused, and what the message has to tell the user to type.
REFUSED: list[tuple[dict[str, str], str]] = [
    ({"slug": "My App"}, "slug=my-app"),
    ({"slug": "my_app"}, "slug=my-app"),
    ({"slug": "2fast"}, "slug=fast"),
    ({"slug": "ab"}, "slug=my-durable-app"),
    ({"slug": "double--hyphen"}, "slug=double-hyphen"),
    ({"slug": "trailing-"}, "slug=trailing"),
    ({"slug": "a-name-with-one-more-than-forty-characters"}, "slug=a-name-with-one-more-than-forty-characte"),
    ({"slug": "a/b"}, "slug=a-b"),
    ({"slug": "a\\b"}, "slug=a-b"),
    ({"slug": "../up"}, "slug=up"),
    ({"slug": "nul"}, "slug=my-nul"),
    ({"slug": "com1"}, "slug=my-com1"),
    ({"project_name": "42"}, "slug=my-durable-app"),
    ({"python_version": "3.9"}, "python_version="),
    ({"python_version": "3.99"}, "python_version="),
    ({"python_version": "3.11.7"}, "python_version=3.11"),
    ({"python_version": "latest"}, "python_version="),
    ({"programming_model": "v3"}, "the choices are ['v2', 'v1']"),
    ({"vendor": "everything"}, "the choices are ['sdk', 'all', 'none']"),
    ({"ci": "gitlab"}, "the choices are ['none', 'github']"),
    ({"azure": "yes"}, "the choices are ['none', 'storage', 'scheduler']"),
    ({"devcontainer": "maybe"}, "could not be converted to a boolean"),
]


def pythons(template_id: str) -> list[str]:
    """The versions of Python that a template can be baked for."""
    questions = json.loads((TEMPLATES / template_id / "cookiecutter.json").read_text(encoding="utf-8"))
    versions: list[str] = questions["_python_versions"]
    return versions


def supported() -> list[tuple[str, dict[str, str]]]:
    """Every template in its default model with every version of Python and every set of answers.

    In the other model with the oldest and the newest Python: what the other answers decide does not depend on it.
    """
    cases = []
    _, *others = programming_models()
    for template_id in template_ids():
        versions = pythons(template_id)
        cases += [(template_id, {"python_version": version}) for version in versions]
        cases += [(template_id, {"python_version": "3.11", **answers}) for answers in SUPPORTED]
        cases += [
            (template_id, {"programming_model": model, "python_version": version})
            for model in others
            for version in (versions[0], versions[-1])
        ]
    return cases


def refused() -> list[tuple[str, dict[str, str], str]]:
    """One template with every set that is refused; the others, which have the same hook, with two."""
    first, *others = template_ids()
    a_slug, a_python = REFUSED[0], ({"python_version": "3.9"}, "python_version=")
    return [(first, *case) for case in REFUSED] + [
        (other, *case) for other in others for case in (a_slug, a_python)
    ]


def case_id(case: object) -> str | None:
    """A readable test id: `chaining`, `slug:my_app`."""
    if isinstance(case, dict):
        return ",".join(f"{key}:{value}" for key, value in case.items()) or "defaults"
    return case if isinstance(case, str) and case in template_ids() else ""
