"""The navigation of the site is the front page: each of its sections becomes a group, each link in it an entry.

So a page is entered once, in `docs/index.md`, which reads well on GitHub too. A page that is not linked there
is a warning of Sphinx, and warnings fail the build.
"""

from __future__ import annotations

import re
from typing import Any

FRONT_PAGE = "index"
_SECTION = re.compile(r"^## (?P<title>.+)\n(?P<text>(?:(?!^## ).*\n?)*)", re.MULTILINE)
_ENTRY = re.compile(r"^(?:[-*|]) +\**\[[^\]]+\]\((?P<page>[\w/-]+)\.md\)", re.MULTILINE)


def groups(front_page: str) -> list[tuple[str, list[str]]]:
    """The title of each section of the front page that lists pages, and these pages, in order."""
    found = [
        (section["title"], [entry["page"] for entry in _ENTRY.finditer(section["text"])])
        for section in _SECTION.finditer(front_page)
    ]
    return [(title, pages) for title, pages in found if pages]


def add_navigation(app: Any, name: str, source: list[str]) -> None:
    """Append the hidden tables of contents to the front page as Sphinx reads it."""
    if name != FRONT_PAGE:
        return
    for title, pages in groups(source[0]):
        listed = "\n".join(pages)
        source[0] += f"\n```{{toctree}}\n:hidden:\n:caption: {title}\n\n{listed}\n```\n"


def setup(app: Any) -> dict[str, bool]:
    app.connect("source-read", add_navigation)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
