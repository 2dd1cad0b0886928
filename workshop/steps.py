"""Type the steps of a lab's README, and compare what is seen with what it says is seen.

Fenced blocks are taken in order. `sh` blocks are typed in the lab's folder; `funchost start` goes into the host's
terminal, where an earlier host is stopped first. With `sh fails` the last command has to fail. A `text`
block is what the block before it shows, and `text host` what the host's terminal shows from its last start on: its
lines appear in that order, others may stand between them, and `...` is any text. `<!-- solve -->` stands where the
participant has done the work. Other blocks are for reading.
"""

from __future__ import annotations

import os
import re
import shlex
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import httpx

from workshop.lab import Lab, WorkshopError

BLOCK = re.compile(r"^<!-- (?P<mark>solve) -->$|^```(?P<kind>[^\n]*)\n(?P<body>.*?)^```$", re.MULTILINE | re.DOTALL)
PORT = "7071"
PATIENCE_SECONDS = 120.0
COMMAND_SECONDS = 300


def blocks(markdown: str) -> list[tuple[str, str]]:
    """Kind and content of each block that means something here; the mark is a block of the kind `solve`."""
    return [(found["mark"] or found["kind"], found["body"] or "") for found in BLOCK.finditer(markdown)]


def first_not_shown(expected: str, actual: str) -> str | None:
    """The first line of `expected` that `actual` does not show after those before it, None when all are there."""
    lines = iter([_squeezed(line) for line in actual.splitlines()])
    for wanted in filter(None, map(_squeezed, expected.splitlines())):
        pattern = re.compile(".*".join(re.escape(part) for part in wanted.split("...")))
        if not any(pattern.search(line) for line in lines):
            return wanted
    return None


def _squeezed(line: str) -> str:
    return " ".join(line.split())


@dataclass
class Terminals:
    """The two terminals of a participant: one for the host, one for everything else. Both stand in the folder."""

    lab: Lab
    folder: Path
    solve: Callable[[], None]
    output: str = ""
    _log: Path = field(init=False)
    _host: subprocess.Popen[bytes] | None = None
    _port: str = ""
    _last: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._log = self.folder.parent / f"{self.folder.name}.log"

    def follow(self, markdown: str) -> None:
        """Do everything that the README says.

        Raises:
            WorkshopError: Something else happened than it says.
        """
        try:
            for kind, body in blocks(markdown):
                match kind.split():
                    case ["solve"]:
                        self.solve()
                    case ["sh"]:
                        self._type(body, fails=False)
                    case ["sh", "fails"]:
                        self._type(body, fails=True)
                    case ["text"]:
                        self._expect_output(body)
                    case ["text", "host"]:
                        self._expect_shown(body, self._host_log)
        finally:
            self._stop_host()

    # -- Typing ---------------------------------------------------------------------------------------------

    def _type(self, body: str, *, fails: bool) -> None:
        lines = [line for line in body.replace("\\\n", " ").splitlines() if line.strip()]
        self.output = ""
        for number, line in enumerate(lines):
            words = shlex.split(line, comments=True)
            if words[:2] == ["funchost", "start"]:
                self._start_host(words[2:])
            elif words[0] == "cd":
                self._must(Path(words[1]).name == self.folder.name, f"{line!r} leads somewhere else")
            elif words[:4] == ["python", "-m", "workshop", "start"]:
                self._must(words[4] == str(self.lab.number), f"{line!r} begins another lab")
            else:
                self._last = words
                code = self._run(words)
                is_last = number == len(lines) - 1
                self._must((code != 0) == (fails and is_last), f"{line!r} ended with {code}:\n{self.output}")

    def _run(self, words: list[str]) -> int:
        program = {"python": [sys.executable], "funchost": [sys.executable, "-m", "funchost"]}
        arguments = [word.replace(PORT, self._port or PORT) for word in words[1:]]
        ended = subprocess.run(
            [*program.get(words[0], [words[0]]), *arguments],
            cwd=self.folder,
            env=self._environment(),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            encoding="utf-8",
            errors="replace",
            check=False,
            timeout=COMMAND_SECONDS,
        )
        self.output += self._as_written(ended.stdout)
        return ended.returncode

    def _environment(self) -> dict[str, str]:
        readable = {"PYTHONIOENCODING": "utf-8", "PYTHONUNBUFFERED": "1", "NO_COLOR": "1", "COLUMNS": "120"}
        return {**os.environ, **readable, "VIRTUAL_ENV": sys.prefix}

    # -- The host's terminal --------------------------------------------------------------------------------

    def _start_host(self, arguments: list[str]) -> None:
        self._stop_host()
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self._port = str(free.getsockname()[1])
        command = [sys.executable, "-m", "funchost", "start", "--port", self._port, *arguments]
        with self._log.open("wb") as log:
            self._host = subprocess.Popen(
                command, cwd=self.folder, env=self._environment(), stdin=subprocess.DEVNULL, stdout=log, stderr=log
            )
        self._wait_until(self._is_ready, lambda: f"the host did not start:\n{self._host_log()}")

    def _is_ready(self) -> bool:
        assert self._host is not None
        self._must(self._host.poll() is None, f"the host ended:\n{self._host_log()}")
        try:
            return bool(httpx.get(f"http://127.0.0.1:{self._port}/admin/host/status").json()["state"] == "Running")
        except httpx.TransportError:
            return False

    def _stop_host(self) -> None:
        if self._host is not None:
            self._host.terminate()
            self._host.wait(30)
            self._host = None

    def _host_log(self) -> str:
        return self._as_written(self._log.read_text(encoding="utf-8", errors="replace"))

    def _as_written(self, text: str) -> str:
        """With the port that READMEs name in place of the free one that was taken."""
        return text.replace(self._port, PORT) if self._port else text

    # -- Looking --------------------------------------------------------------------------------------------

    def _expect_output(self, expected: str) -> None:
        """A command that only looks is typed again until it shows what it should, as a participant would."""
        only_looks = self._last[:2] == ["funchost", "durable"] and self._last[2].startswith("get-")
        line = first_not_shown(expected, self.output)
        if line is not None and only_looks:
            self._expect_shown(expected, self._look_again)
            return
        self._must(line is None, f"{shlex.join(self._last)} does not show {line!r} but\n{self.output}")

    def _look_again(self) -> str:
        self.output = ""
        self._run(self._last)
        return self.output

    def _expect_shown(self, expected: str, look: Callable[[], str]) -> None:
        seen = ""

        def shown() -> bool:
            nonlocal seen
            seen = look()
            return first_not_shown(expected, seen) is None

        self._wait_until(shown, lambda: f"{first_not_shown(expected, seen)!r} is not shown, but\n{seen}")

    def _wait_until(self, condition: Callable[[], bool], problem: Callable[[], str]) -> None:
        deadline = time.monotonic() + PATIENCE_SECONDS
        while not condition():
            if time.monotonic() > deadline:
                self._must(False, problem())
            time.sleep(0.1)

    def _must(self, holds: bool, otherwise: str) -> None:
        if not holds:
            raise WorkshopError(f"{self.lab.home.name}/README.md: {otherwise}")
