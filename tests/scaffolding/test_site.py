"""The documentation's site: what it loads, and how its navigation comes about."""

from __future__ import annotations

from pathlib import Path

import pytest

from scaffolding.site.navigation import add_navigation, groups
from scaffolding.site.offline import problems

FRONT_PAGE = """# Title

Text with a [link](concepts.md) in it.

## Start

- [Quickstart](quickstart.md): from nothing.
- [Chaining](patterns/chaining.md): one after the other.

## Elsewhere

- [The README](../README.md)
"""


def test_each_section_that_lists_pages_is_a_group_of_the_navigation() -> None:
    assert groups(FRONT_PAGE) == [("Start", ["quickstart", "patterns/chaining"])]


def test_the_navigation_is_appended_to_the_front_page_and_to_no_other() -> None:
    front, other = [FRONT_PAGE], [FRONT_PAGE]
    add_navigation(None, "index", front)
    add_navigation(None, "concepts", other)
    assert front[0].endswith("```{toctree}\n:hidden:\n:caption: Start\n\nquickstart\npatterns/chaining\n```\n")
    assert other == [FRONT_PAGE]


@pytest.mark.parametrize(
    ("element", "said"),
    [
        ('<script src="https://cdn.example/x.js"></script>', "is loaded from the network"),
        ('<link rel="stylesheet" href="//fonts.example/a.css">', "is loaded from the network"),
        ('<img src="missing.png">', "missing.png is not there"),
    ],
)
def test_what_a_page_loads_from_elsewhere_is_named(element: str, said: str, tmp_path: Path) -> None:
    page = tmp_path / "page.html"
    page.write_text(element)
    (line,) = problems(page)
    assert said in line


def test_links_and_files_beside_the_page_are_fine(tmp_path: Path) -> None:
    (tmp_path / "a.js").touch()
    page = tmp_path / "page.html"
    page.write_text('<a href="https://example.com">x</a><script src="a.js?v=1"></script><link rel="next" href="b">')
    assert problems(page) == []
