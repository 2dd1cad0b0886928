"""The fenced blocks of a page in ``docs/``."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

DOCS = Path(__file__).parents[2] / "docs"
_BLOCK = re.compile(r"^```(?P<kind>\w+)(?: (?P<title>[^\n]+))?\n(?P<text>.*?)^```$", re.MULTILINE | re.DOTALL)


@dataclass(frozen=True)
class Snippet:
    """``kind`` is the language, ``title`` what follows it (a file's name), ``line`` where the block begins."""

    kind: str
    title: str
    text: str
    line: int


def snippets(page: str) -> list[Snippet]:
    """Every block of a page, in order. A fence that is not one of ours fails loudly: nothing is left out."""
    text = (DOCS / page).read_text(encoding="utf-8")
    found = [
        Snippet(match["kind"], match["title"] or "", match["text"], text.count("\n", 0, match.start()) + 1)
        for match in _BLOCK.finditer(text)
    ]
    assert text.count("\n```") == 2 * len(found), f"{page} has a fence without a language, or an open one"
    return found
