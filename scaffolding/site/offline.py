"""Checks a built site: a page may link to the network, and loads nothing from it.

    python -m scaffolding.site.offline build/docs/html

Exit codes: 0 all is in the folder, 1 something is not (listed on stderr).
"""

from __future__ import annotations

import sys
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

LOADED = {"audio", "embed", "iframe", "img", "input", "link", "object", "script", "source", "video"}
NOT_LOADED = {"index", "search", "next", "prev", "canonical"}
"""Values of a link element's ``rel`` with which a browser fetches nothing."""


class _Loads(HTMLParser):
    """Collects the addresses of what a page loads."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag not in LOADED or (tag == "link" and NOT_LOADED & set(given.get("rel", "").split())):
            return
        self.found += [given[name] for name in ("src", "href", "data") if given.get(name)]


def problems(page: Path) -> list[str]:
    """One line for each thing that a page loads and that is not a file beside it."""
    loads = _Loads()
    loads.feed(page.read_text(encoding="utf-8"))
    lines = []
    for address in loads.found:
        parts = urlsplit(address)
        if parts.scheme == "data":
            continue
        if parts.scheme or parts.netloc:
            lines.append(f"{page}: {address} is loaded from the network")
        elif not (page.parent / unquote(parts.path)).is_file():
            lines.append(f"{page}: {address} is not there")
    return lines


def main() -> int:
    site = Path(sys.argv[1])
    pages = sorted(site.rglob("*.html"))
    found = [line for page in pages for line in problems(page)]
    for line in found:
        print(line, file=sys.stderr)
    print(f"{len(pages)} pages, {len(found)} things that they would have to load from elsewhere.")
    return 1 if found or not pages else 0


if __name__ == "__main__":
    sys.exit(main())
