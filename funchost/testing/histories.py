"""Saved histories as pytest items: each is replayed against today's code."""

from __future__ import annotations

import logging
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from funchost.app.environment import VENDORED
from funchost.app.loader import LoadedApp, load_app
from funchost.app.settings import load_settings
from funchost.testing.departures import describe_departure
from funchost.testing.history_files import read_history
from funchost.testing.replay import replay
from funchost.wire.golden import GoldenError, GoldenHistory
from funchost.worker.surroundings import Surroundings

FOLDER = "histories"


class HistoryDeparted(AssertionError):
    """Today's code asks for something else than the history; the text shows both, with file and line."""


# -- Replaying ----------------------------------------------------------------------------------------------


@contextmanager
def loaded(app_root: Path) -> Iterator[LoadedApp]:
    """The app's functions, imported into this process for as long as the block runs."""
    settings = load_settings(app_root, os.environ)
    vendored = settings.root / VENDORED
    surroundings = Surroundings(settings.root)
    surroundings.enter(settings.environment, [str(vendored)] if vendored.is_dir() else [], logging.WARNING)
    try:
        yield load_app(settings.root, settings.environment)
    finally:
        surroundings.leave()


def check_history(file: Path, app_root: Path) -> None:
    """Replay one file against the app. Raises HistoryDeparted, and GoldenError for a file that is no history."""
    history = read_history(file)
    with loaded(app_root) as app:
        departure = replay(_orchestrator(app, history, file), history)
        if departure is not None:
            raise HistoryDeparted(describe_departure(departure, history, file))


def _orchestrator(app: LoadedApp, history: GoldenHistory, file: Path) -> Callable[[Any], str]:
    orchestrators = [f for f in app.functions.values() if f.info.trigger.type == "orchestrationTrigger"]
    wanted = history.name.casefold()
    for function in orchestrators:
        if wanted in (function.info.durable_name.casefold(), function.info.name.casefold()):
            handle: Callable[[Any], str] = function.function
            return handle
    names = ", ".join(sorted(f.info.durable_name for f in orchestrators)) or "none"
    problems = "".join(f"\n{problem.message}" for problem in app.index.problems)
    raise HistoryDeparted(
        f"{file.name} is a history of the orchestrator {history.name!r}, which the app no longer has. "
        f"Its orchestrators: {names}.{problems}"
    )


# -- pytest -------------------------------------------------------------------------------------------------


class HistoryFile(pytest.File):
    """A saved history, collected as one test."""

    app_root: Path

    def collect(self) -> Iterator[pytest.Item]:
        item: HistoryItem = HistoryItem.from_parent(self, name="replay")
        yield item


class HistoryItem(pytest.Item):
    """Replays one history. A departure is shown without the plugin's own frames."""

    parent: HistoryFile

    def runtest(self) -> None:
        check_history(self.path, self.parent.app_root)

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: Any = None) -> Any:
        if isinstance(excinfo.value, HistoryDeparted | GoldenError):
            return str(excinfo.value)
        return super().repr_failure(excinfo, style)

    def reportinfo(self) -> tuple[Path, int | None, str]:
        return self.path, None, f"replay of {self.path.name}"


def collect_history(file_path: Path, parent: pytest.Collector, app_root: Path | None) -> HistoryFile | None:
    """The collector of a file in a folder ``histories`` inside an app; None for every other file."""
    if file_path.suffix != ".json" or file_path.parent.name != FOLDER or app_root is None:
        return None
    if not file_path.resolve().is_relative_to(app_root.resolve()):
        return None
    collected: HistoryFile = HistoryFile.from_parent(parent, path=file_path)
    collected.app_root = app_root
    return collected
