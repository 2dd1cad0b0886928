"""What a page shows can be typed: Python compiles, JSON and YAML parse, commands and their options exist."""

from __future__ import annotations

import ast
import json
import re
import shlex
from pathlib import Path

import click
import pytest
import yaml

from funchost.cli import main

from .snippets import DOCS, PAGES, ROOT, TEXTS, Snippet, name, prose, snippets

KINDS = {"sh", "console", "text", "python", "json", "yaml", "mermaid"}
PROGRAMS = {
    "az", "azd", "azurite", "cd", "cookiecutter", "cruft", "curl", "func", "funchost", "npm", "nox", "pip",
    "pytest",
}  # fmt: skip
PLUGIN = (ROOT / "funchost" / "testing" / "plugin.py").read_text(encoding="utf-8")
NOXFILE = (ROOT / "noxfile.py").read_text(encoding="utf-8")
_ALL = [(page, snippet) for page in PAGES for snippet in snippets(page)]


def of_kind(*kinds: str) -> list[object]:
    return [
        pytest.param(page, snippet, id=f"{name(page)}:{snippet.line}")
        for page, snippet in _ALL
        if snippet.kind in kinds
    ]


def test_every_block_says_what_it_is() -> None:
    assert {snippet.kind for _, snippet in _ALL} <= KINDS


@pytest.mark.parametrize(("page", "snippet"), of_kind("python"))
def test_python_compiles(page: Path, snippet: Snippet) -> None:
    text = snippet.text
    if text.startswith(" "):  # lines out of the middle of a function
        text = f"def around():\n{text}"
    ast.parse(text)


@pytest.mark.parametrize(("page", "snippet"), of_kind("json", "yaml"))
def test_data_parses(page: Path, snippet: Snippet) -> None:
    if snippet.kind == "json":
        json.loads(snippet.text)
    else:
        yaml.safe_load(snippet.text)


def commands(snippet: Snippet) -> list[str]:
    """The lines that are typed; continued ones are joined."""
    lines = snippet.text.replace("\\\n", "").splitlines()
    if snippet.kind == "console" and any(line.startswith("$ ") for line in lines):
        lines = [line.removeprefix("$ ") for line in lines if line.startswith("$ ")]
    return [part.strip() for line in lines for part in line.split("&&") if part.strip()]


def wrong_with(command: str) -> str | None:
    """What is wrong with a command line, if anything."""
    words = shlex.split(command, comments=True)
    if not words:
        return None
    program = re.sub(r"^(?:\.?\w+/)?(?:bin|Scripts)/", "", words[0])
    if program in ("python", "python3") and words[1:2] == ["-m"]:
        program, words = words[2], words[2:]
    if program in ("python", "python3", "venv"):
        return None
    match program:
        case "funchost":
            return wrong_with_funchost(words[1:])
        case "nox":
            sessions = words[words.index("-s") + 1 :] if "-s" in words else []
            missing = [s for s in sessions[: _end(sessions)] if f"def {s}(" not in NOXFILE]
            return f"there is no session {missing}" if missing else None
        case "pytest":
            options = [word.partition("=")[0] for word in words if word.startswith("--functions")]
            missing = [option for option in options if f'"{option}"' not in PLUGIN]
            return f"there is no option {missing}" if missing else None
        case _:
            return None if program in PROGRAMS else f"what is {program}?"


def _end(words: list[str]) -> int:
    return next((place for place, word in enumerate(words) if word.startswith("-")), len(words))


def wrong_with_funchost(words: list[str]) -> str | None:
    command: click.Command = main
    rest = list(words)
    while isinstance(command, click.Group) and rest and not rest[0].startswith("-"):
        verb = rest.pop(0)
        if verb == "…":
            return None
        if verb not in command.commands:
            return f"there is no command {verb}"
        command = command.commands[verb]
    known = {option for parameter in command.params for option in (*parameter.opts, *parameter.secondary_opts)}
    unknown = [word for word in rest if word.startswith("-") and word.partition("=")[0] not in {*known, "--help"}]
    return f"there is no option {unknown}" if unknown else None


@pytest.mark.parametrize(("page", "snippet"), of_kind("sh", "console"))
def test_commands_and_their_options_exist(page: Path, snippet: Snippet) -> None:
    found = {command: wrong_with(command) for command in commands(snippet)}
    assert not {command: said for command, said in found.items() if said}


@pytest.mark.parametrize("page", TEXTS, ids=name)
def test_commands_in_the_text_exist(page: Path) -> None:
    named = re.findall(r"`((?:funchost|nox|pytest|python -m pytest) [^`\n]+)`", prose(page))
    typed = [re.sub(r"[\[\]]", "", command) for command in named if "|" not in command]
    found = {command: wrong_with(command) for command in typed}
    assert not {command: said for command, said in found.items() if said}


def test_the_check_sees_what_is_wrong() -> None:
    assert wrong_with("funchost begin") == "there is no command begin"
    assert wrong_with("funchost durable get-history --name x") == "there is no option ['--name']"
    assert wrong_with("nox -s docks") == "there is no session ['docks']"
    assert wrong_with("pytest --functions-server=x") == "there is no option ['--functions-server']"
    assert wrong_with(".venv/bin/funchost start --port 0") is None


def test_every_snippet_that_is_a_file_of_an_app_is_run_by_a_test() -> None:
    titled = {name(page) for page, snippet in _ALL if snippet.title and snippet.kind in ("python", "json")}
    run = "".join(path.read_text(encoding="utf-8") for path in Path(__file__).parent.glob("test_*.py"))
    assert not {page for page in titled if f'"{Path(page).relative_to("docs").as_posix()}"' not in run}


def test_the_docs_are_where_they_are_looked_for() -> None:
    assert DOCS.is_dir()
    assert len(PAGES) > 10
