"""A command that a test run starts, with everything that the command starts: one object, ended as a whole."""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from funchost.testing import keeper

GRACE_SECONDS = 5.0  # from being asked to end until being killed; Core Tools gives itself about 2
KEEPER_SECONDS = 10.0  # what the keeper itself may take beyond that
KEEPER_KILLED = 1 if sys.platform == "win32" else -9  # how a process ends that somebody killed


class CommandNotStarted(Exception):
    """The operating system could not start the command; the text says why."""


class ProcessTree:
    """One command and its descendants, started by a keeper process (``funchost.testing.keeper``).

    Nothing of it outlives ``stop()``, the test run, or the test run's being killed.

    Args:
        command: Program and arguments.
        log_path: Where stdout and stderr go, together; appended to.
        cwd: Working directory.
        environment: The whole environment of the command.
        grace_seconds: How long it has to end by itself once asked.
    """

    def __init__(
        self,
        command: Sequence[str],
        *,
        log_path: Path,
        cwd: Path,
        environment: Mapping[str, str],
        grace_seconds: float = GRACE_SECONDS,
    ) -> None:
        self._grace_seconds = grace_seconds
        self._log_path = log_path
        self._stopped = False
        self._keeper = subprocess.Popen(
            [sys.executable, "-I", "-S", keeper.__file__, os.fspath(log_path), str(grace_seconds), *command],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            cwd=cwd,
            env=dict(environment),
            start_new_session=sys.platform != "win32",  # Ctrl-C in the terminal is the test run's, not the keeper's
        )
        assert self._keeper.stdout is not None
        with self._keeper.stdout as said:
            line = said.readline()
        answer: dict[str, Any] = json.loads(line) if line else {"error": "its keeper ended at once"}
        if "error" in answer:
            self._release()
            raise CommandNotStarted(f"{command[0]} cannot be started: {answer['error']}")
        self.pid: int = answer["pid"]  # of the command; on POSIX systems its process group as well

    @property
    def exit_code(self) -> int | None:
        """The command's exit code, 128 + n after signal n; None while it runs."""
        return self._keeper.poll()

    def log(self) -> str:
        """Everything the tree has printed so far."""
        try:
            return self._log_path.read_text(encoding="utf-8", errors="replace")
        except OSError:
            return ""

    def stop(self) -> None:
        """End the whole tree, politely first; return when it is gone. Idempotent."""
        self._release()
        if self._keeper.returncode == KEEPER_KILLED and not self._stopped:
            keeper.kill_tree(self.pid)
        self._stopped = True

    def _release(self) -> None:
        """Have the keeper end the tree, and wait for it."""
        stdin = self._keeper.stdin
        assert stdin is not None
        if stdin.closed:
            return
        with contextlib.suppress(OSError):  # the keeper has ended: so has the tree
            stdin.write(b"\n")
            stdin.flush()
        with contextlib.suppress(OSError):
            stdin.close()
        try:
            self._keeper.wait(self._grace_seconds + KEEPER_SECONDS)
        except subprocess.TimeoutExpired:
            self._keeper.kill()
            self._keeper.wait()
