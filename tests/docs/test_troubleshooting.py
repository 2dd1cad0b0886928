"""The page about troubleshooting quotes messages that exist, and knows every error of funchost."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

import pytest

from .snippets import DOCS, ROOT, Snippet, snippets

PAGE = "troubleshooting.md"
TEXT = (DOCS / PAGE).read_text(encoding="utf-8")
QUOTED = snippets(PAGE)
SHOWN = {"StartError", "StoreError", "WorkerStartFailed", "CommandFailed", "FunctionRefused", "InvalidInstanceId"}
SHORTEST = 18  # letters of a text that says something by itself, and does not only join others
SOURCES = {"funchost", "sdk", "python", "coretools"}


def normal(text: str) -> str:
    """A message with an ellipsis for each value in it, on one line."""
    return " ".join(re.sub(r"\{[^{}\s]*\}|%[sdr]", "…", text).split())


def messages(folder: Path) -> Iterator[str]:
    """Every literal of the Python code in a folder, and the name of every class."""
    for path in folder.rglob("*.py"):
        yield from literals(ast.parse(path.read_text(encoding="utf-8")))


def literals(tree: ast.AST) -> Iterator[str]:
    """The texts in a piece of code, and the names of the classes that it defines."""
    for node in ast.walk(tree):
        match node:
            case ast.JoinedStr(values=values):
                parts = (str(v.value) if isinstance(v, ast.Constant) else "…" for v in values)
                yield normal("".join(parts))
            case ast.Constant(value=str(text)):
                yield normal(text)
            case ast.ClassDef(name=class_name):
                yield class_name


def installed(package: str) -> Path:
    spec = find_spec(package)
    assert spec is not None
    assert spec.origin is not None
    return Path(spec.origin).parent


@pytest.fixture(scope="module")
def known() -> dict[str, set[str]]:
    """Whose message it is: the texts it may be. Messages of Python, and of Core Tools, are not looked up."""
    sdk = {*messages(installed("azure.functions")), *messages(installed("azure.durable_functions"))}
    return {"funchost": set(messages(ROOT / "funchost")), "sdk": sdk}


def is_known(quoted: Snippet, known: dict[str, set[str]]) -> bool:
    return any(normal(quoted.text) in message for message in known[quoted.title])


def test_every_message_that_is_quoted_exists(known: dict[str, set[str]]) -> None:
    looked_up = [quoted for quoted in QUOTED if quoted.title in known]
    assert len(looked_up) > 100
    missing = [f"docs/{PAGE}:{quoted.line}: {quoted.text}" for quoted in looked_up if not is_known(quoted, known)]
    assert not missing


def test_a_message_that_does_not_exist_is_found_out(known: dict[str, set[str]]) -> None:
    assert not is_known(Snippet("text", "funchost", "Port … is unavailable. Try again.", 1), known)


def test_every_message_says_whose_it_is() -> None:
    assert {quoted.title for quoted in QUOTED if quoted.kind == "text"} == SOURCES


def test_every_error_of_funchost_has_an_entry() -> None:
    tree = ast.parse((ROOT / "funchost" / "errors.py").read_text(encoding="utf-8"))
    classes = {node.name for node in tree.body if isinstance(node, ast.ClassDef)}
    assert not {name for name in classes if f"`{name}`" not in TEXT}


def test_every_message_that_ends_a_start_or_a_command_or_refuses_a_function_has_an_entry() -> None:
    """Of each such error in the code, one of its texts is quoted. The page is what people search."""
    quoted = {normal(one.text) for one in QUOTED}
    missing = [
        f"{place}: {max(texts, key=len)}"
        for place, texts in raised(ROOT / "funchost")
        if not any(one in text for one in quoted for text in texts)
    ]
    assert not missing


def raised(folder: Path) -> Iterator[tuple[str, list[str]]]:
    """Each call of one of these errors with a text, and the longer literals in it."""
    for path in sorted(folder.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            match node:
                case ast.Call(func=ast.Name(id=name)) if name in SHOWN:
                    texts = [text for text in literals(node) if len(re.sub(r"\W", "", text)) > SHORTEST]
                    if texts:
                        yield f"{path.relative_to(folder.parent)}:{node.lineno}", texts


def test_every_entry_has_a_cause() -> None:
    """Messages that stand together share one; the line after the last of them says it."""
    lines = TEXT.splitlines()
    ends = [place for place, line in enumerate(lines) if line == "```"]
    for end in ends:
        following = next((line for line in lines[end + 1 :] if line), "")
        assert following.startswith(("**Cause.**", "```")), f"docs/{PAGE}:{end + 1}: {following}"
