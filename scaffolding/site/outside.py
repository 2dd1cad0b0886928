"""Links out of docs/, to samples and the README: they lead there in the repository; on the site they are text.

The site is also read where there is no repository beside it, from a stick or on a server.
"""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Any

_LINK = re.compile(r"\[(?P<text>[^\[\]]+)\]\((?P<target>\.\.?/[^)\s]+)\)")


def without_outside_links(text: str, folder: Path, docs: Path) -> str:
    """A page's text with the links that leave `docs` replaced by what they say; `folder` is the page's."""

    def kept(link: re.Match[str]) -> str:
        target = Path(os.path.normpath(folder / link["target"].partition("#")[0]))
        return link[0] if target.is_relative_to(docs) else link["text"]

    return _LINK.sub(kept, text)


def unlink(app: Any, name: str, source: list[str]) -> None:
    source[0] = without_outside_links(source[0], Path(app.env.doc2path(name)).parent, Path(app.srcdir))


def setup(app: Any) -> dict[str, bool]:
    app.connect("source-read", unlink)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
