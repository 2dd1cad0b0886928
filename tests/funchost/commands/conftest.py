"""The app of these tests, its host, and the command line as a test says it."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from funchost.cli import main
from funchost.testing.hosts import EmbeddedHost

APP = Path(__file__).parents[2] / "apps" / "commands"


@dataclass(frozen=True)
class Commands:
    """``funchost durable`` on the app of these tests, with a state folder of its own."""

    state: Path

    def run(self, *arguments: str) -> Result:
        """Run a command, whatever comes of it."""
        place = ["--script-root", str(APP), "--state", str(self.state)]
        return CliRunner().invoke(main, ["durable", arguments[0], *place, *arguments[1:]])

    def __call__(self, *arguments: str) -> str:
        """What a command that must succeed prints for people."""
        result = self.run(*arguments)
        assert result.exit_code == 0, result.output
        return result.stdout

    def json(self, *arguments: str) -> Any:
        """What a command that must succeed prints for programs."""
        return json.loads(self(*arguments, "--json"))

    def error(self, *arguments: str) -> str:
        """What a command that must fail says."""
        result = self.run(*arguments)
        assert result.exit_code == 1, result.output
        assert result.stdout == ""
        return result.stderr


@pytest.fixture
def commands(tmp_path: Path) -> Commands:
    """The command line, over a hub that is not there yet."""
    return Commands(tmp_path / "state")


@pytest.fixture
def mended(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A file whose existence mends the app's broken activity."""
    path = tmp_path / "mended"
    monkeypatch.setenv("MENDED", str(path))
    return path


@pytest.fixture
def start_host(commands: Commands, mended: Path) -> Iterator[Callable[[], EmbeddedHost]]:
    """Starts hosts over the hub of ``commands``, and stops what is left of them."""
    started: list[EmbeddedHost] = []

    def start() -> EmbeddedHost:
        host = EmbeddedHost(APP, commands.state, arguments=("--python", sys.executable))
        started.append(host)
        host.start()
        return host

    yield start
    for host in started:
        host.stop()
