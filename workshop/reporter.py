"""A pytest plugin that writes each check's title and, in plain words, what is missing: one JSON object a line."""

from __future__ import annotations

import json
import os
import re
import traceback
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from funchost.testing import OrchestrationFailed

RESULTS_VARIABLE = "WORKSHOP_RESULTS"
MOST_LINES = 14
FRAME = re.compile(r'File "([^"]+)", line (\d+)')
HINTS = (
    (
        r"Object of type \w*Task is not JSON serializable",
        "A task stands where its result should: put yield before context.call_activity(...).",
    ),
    (
        r"doesn't exist, is disabled, or is not an? \w+ function",
        "Has it its decorator? Are its parameters annotated with plain classes, as list and not list[str]? What "
        "is wrong with a function, funchost start says at its beginning.",
    ),
)
_MISSING = pytest.StashKey[str]()


def title_of(item: pytest.Item) -> str:
    """A check's docstring is its title."""
    function: Any = getattr(item, "function", None)
    return (getattr(function, "__doc__", None) or item.name).strip().splitlines()[0]


def in_plain_words(error: BaseException, folder: Path) -> str:
    """What went wrong: the check's own sentence, or the participant's error and the line it comes from."""
    if isinstance(error, OrchestrationFailed):
        places = [(name, line) for name, line in FRAME.findall(str(error)) if _is_own(name, folder)]
        text = str(error).partition("\n\n")[0] + _place(places, folder)
    elif isinstance(error, (AssertionError, pytest.fail.Exception)) and str(error).strip():
        text = str(error)
    else:
        frames = traceback.extract_tb(error.__traceback__)
        places = [(frame.filename, str(frame.lineno)) for frame in frames if _is_own(frame.filename, folder)]
        text = f"Your code ended with {type(error).__name__}{_place(places, folder)}: {error}"
    text = re.sub(r" \(instance '\w+'\)", "", text)  # a new one each time, and nobody can look it up
    hints = [hint for symptom, hint in HINTS if re.search(symptom, text)]
    return "\n".join([shortened(text), *hints])


def _is_own(filename: str, folder: Path) -> bool:
    return Path(filename).is_relative_to(folder) and ".python_packages" not in filename


def _place(places: list[tuple[str, str]], folder: Path) -> str:
    """The innermost line of the participant's own code, in parentheses, where there is one."""
    if not places:
        return ""
    filename, line = places[-1]
    return f" ({Path(filename).relative_to(folder).as_posix()}, line {line})"


def shortened(text: str) -> str:
    """The first lines, and of what is cut off the last: where an error is named."""
    lines = text.strip().splitlines()
    return "\n".join(lines if len(lines) <= MOST_LINES else [*lines[: MOST_LINES - 2], "...", lines[-1]])


def write(title: str, missing: str) -> None:
    with Path(os.environ[RESULTS_VARIABLE]).open("a", encoding="utf-8") as file:
        file.write(json.dumps({"title": title, "missing": missing}) + "\n")


def pytest_configure(config: pytest.Config) -> None:
    os.chdir(config.rootpath)  # as if the app ran here: its files may be named from its folder on


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]) -> Iterator[None]:
    yield
    if call.excinfo is not None and _MISSING not in item.stash:
        item.stash[_MISSING] = in_plain_words(call.excinfo.value, item.config.rootpath)


@pytest.hookimpl(trylast=True)
def pytest_runtest_teardown(item: pytest.Item) -> None:
    write(title_of(item), item.stash.get(_MISSING, ""))


def pytest_collectreport(report: pytest.CollectReport) -> None:
    if report.failed:
        write("The checks can be read", shortened(str(report.longrepr)))
