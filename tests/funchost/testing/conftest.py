"""Programs for the drivers: a stand-in for func, and a real Azurite."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import socket
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from funchost.testing.azurite import AzuriteUnavailable, install_azurite
from funchost.testing.coretools_program import PATH_VARIABLE

STAND_IN = Path(__file__).with_name("stand_in_func.py")


class RollCall:
    """Knows which processes of a stand-in live: each stays connected to it while it does."""

    def __init__(self) -> None:
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._listener.settimeout(20)
        self.port: int = self._listener.getsockname()[1]
        self._lines: dict[str, socket.socket] = {}

    def wait_for(self, *roles: str) -> None:
        """Return once a process of each role has come."""
        while not set(roles) <= self._lines.keys():
            line, _ = self._listener.accept()
            line.settimeout(20)
            with line.makefile() as said:
                self._lines[said.readline().strip()] = line

    def wait_until_all_are_gone(self) -> list[str]:
        """Return the roles of those that came, once they have ended; TimeoutError where one lives on."""
        for line in self._lines.values():
            with contextlib.suppress(ConnectionResetError):
                while line.recv(1):
                    pass
        return sorted(self._lines)

    def close(self) -> None:
        for line in (self._listener, *self._lines.values()):
            line.close()


class StandIn:
    """An executable called func that is ``stand_in_func.py``; keyword arguments of ``does`` are its scenario."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch, roll_call: RollCall) -> None:
        self.path = make_func(folder)
        self._monkeypatch = monkeypatch
        self._roll_call = roll_call
        self.does()

    def does(self, **scenario: Any) -> None:
        self._monkeypatch.setenv("STAND_IN", json.dumps({"roll_call": self._roll_call.port, **scenario}))


def make_func(folder: Path) -> Path:
    """Put an executable ``func`` that runs the stand-in into a folder."""
    folder.mkdir(parents=True, exist_ok=True)
    if sys.platform == "win32":
        path = folder / "func.cmd"
        path.write_text(f'@"{sys.executable}" -I -S "{STAND_IN}" %*\n', encoding="utf-8")
    else:
        # Not a shell script: a shell would drop the variable whose name has colons.
        path = folder / "func"
        path.write_text(
            f"#!{sys.executable} -IS\nimport runpy\nrunpy.run_path({str(STAND_IN)!r}, run_name='__main__')\n",
            encoding="utf-8",
        )
        path.chmod(0o755)
    return path


@pytest.fixture
def roll_call() -> Iterator[RollCall]:
    """Which of the stand-in's processes live."""
    roll_call = RollCall()
    yield roll_call
    roll_call.close()


@pytest.fixture
def stand_in(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, roll_call: RollCall) -> StandIn:
    """A stand-in for func, which the driver finds; the app's storage is said to be elsewhere."""
    stand_in = StandIn(tmp_path / "programs", monkeypatch, roll_call)
    monkeypatch.setenv(PATH_VARIABLE, os.fspath(stand_in.path))
    monkeypatch.setenv("AzureWebJobsStorage", "DefaultEndpointsProtocol=https;AccountName=elsewhere")
    return stand_in


@pytest.fixture
def app(tmp_path: Path) -> Path:
    """The folder of an app in model v2, which only the stand-in will start."""
    folder = tmp_path / "the app"
    folder.mkdir()
    (folder / "host.json").write_text('{"version": "2.0"}', encoding="utf-8")
    (folder / "function_app.py").write_text("", encoding="utf-8")
    return folder


@pytest.fixture(scope="session")
def azurite_command() -> tuple[str, ...]:
    """How to run a real Azurite; installed from npm once, into the cache that all runs share."""
    if shutil.which("node") is None:
        pytest.skip("Node.js is not on PATH, and Azurite needs it: install Node.js 22 or newer")
    try:
        return install_azurite()
    except AzuriteUnavailable as error:
        pytest.skip(str(error))
