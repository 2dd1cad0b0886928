"""The pages for people, and the fenced blocks in them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
PAGES = sorted(DOCS.rglob("*.md"))
TEXTS = [*PAGES, *(ROOT / name for name in ("README.md", "CONTRIBUTING.md", "AGENTS.md", "samples/README.md"))]
_BLOCK = re.compile(r"^```(?P<kind>\w+)(?: (?P<title>[^\n]+))?\n(?P<text>.*?)^```$", re.MULTILINE | re.DOTALL)


@dataclass(frozen=True)
class Snippet:
    """``kind`` is the language, ``title`` what follows it (a file's name), ``line`` where the block begins."""

    kind: str
    title: str
    text: str
    line: int


def snippets(page: str | Path) -> list[Snippet]:
    """Every block of a page, in order. A fence that is not one of ours fails loudly: nothing is left out."""
    text = (DOCS / page).read_text(encoding="utf-8")
    found = [
        Snippet(match["kind"], match["title"] or "", match["text"], text.count("\n", 0, match.start()) + 1)
        for match in _BLOCK.finditer(text)
    ]
    assert text.count("\n```") == 2 * len(found), f"{page} has a fence without a language, or an open one"
    return found


def prose(page: Path) -> str:
    """A page's text without its blocks; lines keep their numbers."""
    return _BLOCK.sub(lambda block: "\n" * block[0].count("\n"), page.read_text(encoding="utf-8"))


def name(page: Path) -> str:
    return page.relative_to(ROOT).as_posix()
