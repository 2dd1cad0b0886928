"""Turns what went wrong while loading user code into problems that point at the user's own lines.

Imported by worker processes: standard library only.
"""

from __future__ import annotations

import inspect
import os
import sys
import traceback
from collections.abc import Callable, Iterator
from pathlib import Path
from types import TracebackType
from typing import Any

from funchost.app.index import IndexProblem

_NOT_THE_USERS = ("site-packages", "dist-packages")
MISSING_MODULE_HELP = (
    "Cannot find module. Please check the requirements.txt file for the missing module. For more info, please "
    "refer the troubleshooting guide: https://aka.ms/functions-modulenotfound."
)


class FunctionRefused(Exception):
    """One function cannot be loaded; ``str()`` says why. The rest of the app is not concerned."""


def is_user_file(filename: str, root: Path) -> bool:
    """Whether a file is the app's own code: under the app root and in no folder of installed packages."""
    if filename.startswith("<"):  # the import machinery's own frames, which name no file
        return False
    try:
        parts = Path(os.path.realpath(filename)).relative_to(os.path.realpath(root)).parts
    except ValueError:
        return False
    return not any(part in _NOT_THE_USERS for part in parts)


def user_frames(tb: TracebackType | None, root: Path) -> list[traceback.FrameSummary]:
    """The frames of a traceback that run the app's own code, outermost first."""
    return [frame for frame in traceback.extract_tb(tb) if is_user_file(frame.filename, root)]


def describe(error: BaseException) -> str:
    """``Type: text`` of an exception; for a missing module also what to look at and where was looked."""
    text = f"{type(error).__name__}: {error}"
    if isinstance(error, ModuleNotFoundError):
        text += f". {MISSING_MODULE_HELP} Current sys.path: {sys.path}"
    return text


def from_exception(error: BaseException, root: Path, *, function_name: str | None, doing: str) -> IndexProblem:
    """A problem out of an exception of user code.

    ``doing`` begins the message (``function_app.py could not be imported``); the traceback, cut down to the
    app's own frames, ends it. The place is where the user's code was last, or the line that does not parse.
    """
    frames = user_frames(error.__traceback__, root)
    file, line = (frames[-1].filename, frames[-1].lineno) if frames else (None, None)
    if isinstance(error, SyntaxError) and error.filename:
        file, line = error.filename, error.lineno
        shown = "".join(traceback.format_exception_only(error)).rstrip()
    else:
        shown = describe(error)
    trace = "".join(traceback.format_list(frames)).rstrip()
    message = f"{doing}: {shown}" + (f"\nStack:\n{trace}" if trace else "")
    return IndexProblem(function_name=function_name, message=message, file=file, line=line)


def user_function(function: Callable[..., Any]) -> Callable[..., Any]:
    """The function the user wrote, under the wrappers that the SDK's decorators laid around it."""
    seen: set[int] = set()
    while id(function) not in seen:
        seen.add(id(function))
        for inner in _wrapped_by(function):
            function = inner
            break
    return function


def _wrapped_by(function: Callable[..., Any]) -> Iterator[Callable[..., Any]]:
    for attribute in ("orchestrator_function", "entity_function", "client_function", "__wrapped__"):
        inner = getattr(function, attribute, None)
        if callable(inner):
            yield inner


def place(function: Callable[..., Any]) -> tuple[str | None, int | None]:
    """File and first line of a function as the user wrote it."""
    code = getattr(inspect.unwrap(user_function(function)), "__code__", None)
    return (code.co_filename, code.co_firstlineno) if code is not None else (None, None)
