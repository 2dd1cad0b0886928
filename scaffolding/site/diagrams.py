"""Diagrams of the site: text in ```mermaid fences, drawn in the reader's browser, checked when the site is built.

The site carries mermaid.js itself, as a plain script, so diagrams are drawn from a folder without a server or a
network. The script comes out of the package mermaidx, which also draws without a browser; that is how a diagram
that cannot be drawn fails the build.
"""

from __future__ import annotations

import hashlib
import html
import importlib.resources
from pathlib import Path
from typing import Any

MERMAID_SHA256 = "74d7c46dabca328c2294733910a8aa1ed0c37451776e8d5295da38a2b758fb9b"
"""Of dist/mermaid.min.js in mermaid 11.16.0 on npm: what the package carries is exactly that."""


def mermaid_script() -> bytes:
    """Mermaid's own script. Raises ValueError where the package carries another than its authors published."""
    script = (importlib.resources.files("mermaidx") / "assets" / "mermaid.js").read_bytes()
    if hashlib.sha256(script).hexdigest() != MERMAID_SHA256:
        raise ValueError(
            "The mermaid.js in the package mermaidx is not the one that is expected here. If the package was "
            "updated on purpose, compare its script with dist/mermaid.min.js of the mermaid package on npm, and "
            "write its SHA-256 into scaffolding/site/diagrams.py."
        )
    return script


def problem_with(diagram: str) -> str | None:
    """What mermaid says about a diagram that it cannot draw; None where it can. Takes a few seconds."""
    import mermaidx  # a megabyte of JavaScript is compiled for the first diagram

    try:
        mermaidx.render(diagram).svg()
    except RuntimeError as error:
        return str(error)
    return None


def place_script(app: Any) -> None:
    if app.builder.format == "html":
        static = Path(app.outdir) / "_static"
        static.mkdir(parents=True, exist_ok=True)
        (static / "mermaid.js").write_bytes(mermaid_script())


def replace_fences(app: Any, document: Any) -> None:
    """Put each mermaid fence of a page that was read into an element that the script finds."""
    from docutils import nodes
    from sphinx.util import logging

    logger = logging.getLogger(__name__)
    for fence in list(document.findall(nodes.literal_block)):
        if fence.get("language") != "mermaid":
            continue
        text = fence.astext()
        if problem := _checked_once(Path(app.doctreedir) / "diagrams", text):
            logger.warning("mermaid cannot draw this diagram: %s", problem, location=fence)
        escaped = html.escape(text)
        fence.replace_self(nodes.raw("", f'<pre class="mermaid">\n{escaped}\n</pre>\n', format="html"))
        app.env.metadata[app.env.docname]["diagrams"] = "yes"


def _checked_once(folder: Path, diagram: str) -> str | None:
    """The problem with a diagram, if any; one that was drawn in an earlier build is not drawn again."""
    mark = folder / hashlib.sha256(f"{MERMAID_SHA256}{diagram}".encode()).hexdigest()
    if mark.exists():
        return None
    problem = problem_with(diagram)
    if problem is None:
        folder.mkdir(parents=True, exist_ok=True)
        mark.touch()
    return problem


def add_scripts(app: Any, name: str, template: str, context: dict[str, Any], document: Any) -> None:
    """Load the scripts on pages with diagrams, and on no other."""
    if app.env.metadata.get(name, {}).get("diagrams"):
        app.add_js_file("mermaid.js", loading_method="defer")
        app.add_js_file("diagrams.js", loading_method="defer")


def setup(app: Any) -> dict[str, bool]:
    app.connect("builder-inited", place_script)
    app.connect("doctree-read", replace_fences)
    app.connect("html-page-context", add_scripts)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
