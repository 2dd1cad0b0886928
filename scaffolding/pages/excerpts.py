"""Code in a page, taken from a file of this repository.

A page says which code, and the fence below is filled with it:

    <!-- from samples/chaining/function_app.py: hello_cities, say_hello -->
    ```python
    ...
    ```

Names are definitions and assignments at the top level of the file, or `Class.method`. A file that is not Python
is taken whole, without names.
"""

from __future__ import annotations

import ast
import itertools
import re
import textwrap
from pathlib import Path

from scaffolding.repository import ScaffoldingError

_EXCERPT = re.compile(
    r"^<!-- from (?P<file>[^\s:]+)(?:: (?P<names>[^>]+?))? -->\n```(?P<kind>\w+)\n.*?^```$",
    re.MULTILINE | re.DOTALL,
)


def with_excerpts(page: str, root: Path) -> str:
    """A page with each of its excerpts as the file has it now. Raises ScaffoldingError for a missing one."""

    def filled(match: re.Match[str]) -> str:
        head = match[0].partition("\n")[0]
        code = excerpt(root, match["file"], match["names"])
        return f"{head}\n```{match['kind']}\n{code}\n```"

    return _EXCERPT.sub(filled, page)


def excerpt(root: Path, file: str, names: str | None) -> str:
    """The text of some definitions of a file, in the order in which they are named."""
    if not (root / file).is_file():
        raise ScaffoldingError(f"A page takes code from {file}, and there is no such file.")
    text = (root / file).read_text(encoding="utf-8")
    if names is None:
        return text.rstrip()
    found = _definitions(text)
    wanted = [name.strip() for name in names.split(",")]
    for name in wanted:
        if name not in found:
            raise ScaffoldingError(f"A page takes {name} from {file}, which has only: {', '.join(found)}")
    parts = [found[name] for name in wanted]
    joined = parts[0]
    for before, part in itertools.pairwise(parts):
        alone = "\n" not in before and "\n" not in part  # assignments of one line stand together
        joined += ("\n" if alone else "\n\n\n") + part
    return joined


def _definitions(text: str) -> dict[str, str]:
    """The text of each definition by name, with its decorators and the comment right above it."""
    lines = text.splitlines()
    found: dict[str, str] = {}
    for node in ast.parse(text).body:
        for name in _names(node):
            found[name] = _text(node, lines)
        if isinstance(node, ast.ClassDef):
            for member in node.body:
                for name in _names(member):
                    found[f"{node.name}.{name}"] = textwrap.dedent(_text(member, lines))
    return found


def _names(node: ast.stmt) -> list[str]:
    match node:
        case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.ClassDef():
            return [node.name]
        case ast.Assign():
            return [target.id for target in node.targets if isinstance(target, ast.Name)]
        case ast.AnnAssign(target=ast.Name(id=name)):
            return [name]
        case _:
            return []


def _text(node: ast.stmt, lines: list[str]) -> str:
    decorators = getattr(node, "decorator_list", [])
    first = min([node.lineno, *(decorator.lineno for decorator in decorators)]) - 1
    while first > 0 and lines[first - 1].lstrip().startswith("#"):
        first -= 1
    return "\n".join(lines[first : node.end_lineno])
