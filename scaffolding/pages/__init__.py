"""What is written into the pages of docs/ from elsewhere, so that nothing is said twice: code, the reference."""

from __future__ import annotations

from pathlib import Path

from scaffolding.pages.excerpts import with_excerpts
from scaffolding.pages.reference import reference_page
from scaffolding.repository import ROOT

DOCS = ROOT / "docs"


def generated() -> dict[Path, str]:
    """Every page of docs/ as it should be, by path: with the excerpts of today's samples, and the reference."""
    pages = {
        path: with_excerpts(path.read_text(encoding="utf-8"), ROOT)
        for path in sorted(DOCS.rglob("*.md"))
        if "_build" not in path.parts
    }
    return {**pages, DOCS / "reference.md": reference_page()}


def write(*, check: bool) -> list[str]:
    """Bring docs/ up to date; return one line for each page that was not. With `check`, change nothing."""
    differences = []
    for path, text in generated().items():
        if not path.exists() or path.read_text(encoding="utf-8") != text:
            differences.append(f"{path.relative_to(ROOT).as_posix()} does not match what is written into it")
            if not check:
                path.write_text(text, encoding="utf-8", newline="\n")
    return differences
