"""The page at ``/``: that the app runs, and where its functions are."""

from __future__ import annotations

from collections.abc import Iterable
from html import escape

_PAGE = """<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Your Azure Function App is up and running.</title>
<style>
body {{ font: 16px/1.5 system-ui, sans-serif; max-width: 46rem; margin: 4rem auto; padding: 0 1.5rem;
  color: #1b1b1f; background: #fff; }}
h1 {{ font-size: 1.6rem; font-weight: 600; }}
code {{ font: 0.9em ui-monospace, monospace; overflow-wrap: anywhere; }}
li {{ margin: 0.3rem 0; }}
@media (prefers-color-scheme: dark) {{ body {{ color: #e6e6ea; background: #17171b; }} }}
</style>
</head>
<body>
<h1>Your Functions 4.0 app is up and running</h1>
<p>It runs on funchost, a local host for development and tests.</p>
{functions}
</body>
</html>
"""


def home_page(functions: Iterable[tuple[str, str]]) -> str:
    """The page, with a line per HTTP function.

    Args:
        functions: Name and URL template of each, in the order to show.
    """
    items = "".join(f"<li>{escape(name)}: <code>{escape(url)}</code></li>\n" for name, url in functions)
    return _PAGE.format(functions=f"<ul>\n{items}</ul>" if items else "<p>It has no HTTP functions.</p>")
