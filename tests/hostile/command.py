"""``funchost start`` as a command in a terminal: what it prints on which stream, and how it ends."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import IO, Any

from funchost.running import NextHost
from funchost.testing import FunctionAppClient

PATTERNS = Path(__file__).parents[1] / "apps" / "crash_patterns"
PATTERNS_HUB = "CrashPatterns.db"
API = "/runtime/webhooks/durabletask"
START_SECONDS = 60.0
END_SECONDS = 30.0
POLL_SECONDS = 0.02
ROOT = Path(__file__).parents[2]


class Command:
    """One run of the command. ``stdout`` and ``stderr`` are what it has printed so far.

    Args:
        app: The app's folder.
        state: The folder of the task hub.
        logs: Where the streams are kept, a new file each.
        program: What stands before ``start``: funchost itself, or a test's variant of it.
        out: Where stdout goes instead.
    """

    def __init__(
        self,
        app: Path,
        state: Path,
        logs: Path,
        *arguments: str,
        program: Sequence[str] = ("-m", "funchost"),
        prefix: Sequence[str] = (),
        out: IO[Any] | None = None,
    ) -> None:
        self._app, self._state = app, state
        self._command = [
            *prefix, sys.executable, *program, "start", "--port", "0", "--state", str(state),
            "--script-root", str(app), "--python", sys.executable, *arguments,
        ]  # fmt: skip
        number = len(list(logs.glob("*.out")))
        self._out_path, self._err_path = logs / f"{number}.out", logs / f"{number}.err"
        self._out = out
        self.process: subprocess.Popen[bytes] | None = None
        self.url = ""

    @property
    def stdout(self) -> str:
        return self._out_path.read_text(errors="replace")

    @property
    def stderr(self) -> str:
        return self._err_path.read_text(errors="replace")

    def begin(self) -> None:
        """Start the process and wait for nothing."""
        with self._out_path.open("wb") as out, self._err_path.open("wb") as err:
            self.process = subprocess.Popen(
                self._command,
                cwd=ROOT,
                stdin=subprocess.DEVNULL,
                stdout=self._out or out,
                stderr=err,
                env={**os.environ, "PYTHONUNBUFFERED": "1", "NO_COLOR": "1"},
                start_new_session=True,
            )

    def start(self) -> None:
        """Return once the app's functions answer."""
        announced = NextHost(self._state)
        self.begin()
        assert self.process is not None
        deadline = time.monotonic() + START_SECONDS
        while (url := announced.url()) is None:
            assert self.process.poll() is None, f"ended with {self.process.returncode}: {self.stderr}{self.stdout}"
            assert time.monotonic() < deadline, f"no answer: {self.stderr}{self.stdout}"
            time.sleep(POLL_SECONDS)
        self.url = url

    def wait(self) -> int:
        """The exit code."""
        assert self.process is not None
        return self.process.wait(END_SECONDS)

    def stop(self) -> int:
        """Ask it to end, as Ctrl-C would; the exit code."""
        assert self.process is not None
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        return self.wait()

    def kill(self) -> None:
        """End it and its workers, whatever they do. Idempotent."""
        if self.process is not None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()

    @contextlib.contextmanager
    def running(self) -> Iterator[FunctionAppClient]:
        """Start it, give a client, and end it."""
        self.start()
        try:
            with FunctionAppClient(self.url) as client:
                yield client
            assert self.stop() == 0, self.stderr
        finally:
            self.kill()

    def refusal(self) -> str:
        """What it says on stderr when it ends by itself with exit code 1."""
        self.begin()
        try:
            assert self.wait() == 1, self.stdout
        finally:
            self.kill()
        assert "Traceback" not in self.stderr + self.stdout
        return self.stderr.strip()


def start_instance(client: FunctionAppClient, name: str, instance_id: str, value: Any = None) -> str:
    """Start an orchestrator; the path of its status. Raises where the answer is not 202."""
    started = client.post(f"{API}/orchestrators/{name}/{instance_id}", json=value)
    assert started.status_code == 202, f"HTTP {started.status_code} {started.text}"
    return f"{API}/instances/{instance_id}"
