"""Every link between pages leads to a page, and to a heading in it; every other link is at least an address."""

from __future__ import annotations

import re
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from scaffolding.site.navigation import groups
from scaffolding.site.outside import without_outside_links

from .snippets import DOCS, PAGES, ROOT, TEXTS, name, prose

_LINK = re.compile(r"(?<!!)\[[^\]]*\]\(([^)\s]+)\)|<(https?://[^>\s]+)>")
_HEADING = re.compile(r"^#{1,6} +(.+?) *$", re.MULTILINE)
ON_GITHUB = "../../actions/"  # the badge; leads out of the repository's files on purpose


def anchors(page: Path) -> set[str]:
    """The anchors of a page's headings, made as GitHub and MyST make them."""
    found: set[str] = set()
    for heading in _HEADING.findall(prose(page)):
        text = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", heading).replace("`", "")
        slug = re.sub(r"[^\w\- ]", "", text.lower()).replace(" ", "-")
        number, unique = 0, slug
        while unique in found:
            number += 1
            unique = f"{slug}-{number}"
        found.add(unique)
    return found


def links(page: Path) -> list[str]:
    return [link or bare for link, bare in _LINK.findall(prose(page)) if not link.startswith(ON_GITHUB)]


def problem(page: Path, link: str) -> str | None:
    if "://" in link:
        address = urlsplit(link)
        local = address.hostname in {"localhost", "127.0.0.1"}
        return None if address.hostname and (address.scheme == "https" or local) else "is no https address"
    path, _, anchor = link.partition("#")
    target = (page.parent / path).resolve() if path else page
    if not target.exists():
        return "leads nowhere"
    if anchor and anchor not in anchors(target):
        return f"leads to no heading of {target.name}"
    return None


@pytest.mark.parametrize("page", TEXTS, ids=name)
def test_every_link_leads_somewhere(page: Path) -> None:
    found = {link: problem(page, link) for link in links(page)}
    assert not {link: said for link, said in found.items() if said}


def test_the_check_sees_what_is_wrong() -> None:
    page = DOCS / "index.md"
    assert problem(page, "nowhere.md") == "leads nowhere"
    assert problem(page, "testing.md#no-such-heading") == "leads to no heading of testing.md"
    assert problem(page, "http://example.com") == "is no https address"
    assert problem(page, "testing.md#time-is-yours") is None


def test_every_page_is_linked_from_the_front_page_and_so_in_the_navigation() -> None:
    listed = [page for _, pages in groups((DOCS / "index.md").read_text(encoding="utf-8")) for page in pages]
    there = [page.relative_to(DOCS).with_suffix("").as_posix() for page in PAGES]
    assert sorted(listed) == sorted(set(there) - {"index"})


def test_links_out_of_the_docs_are_plain_text_on_the_site() -> None:
    page = "See [`samples/chaining`](../../samples/chaining/), [concepts](../concepts.md#replay) and [here](#here)."
    assert without_outside_links(page, DOCS / "patterns", DOCS) == (
        "See `samples/chaining`, [concepts](../concepts.md#replay) and [here](#here)."
    )


def test_the_readme_links_the_docs() -> None:
    linked = {(ROOT / link.partition("#")[0]).resolve() for link in links(ROOT / "README.md") if "://" not in link}
    assert {DOCS / "index.md", DOCS / "quickstart.md", DOCS / "troubleshooting.md"} <= linked
