"""Hosts a test can start an app on. Each runs the app's folder unchanged and is reached over HTTP only."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Protocol

import httpx

from funchost.running import NextHost
from funchost.testing.client import may_use_proxy

START_TIMEOUT_SECONDS = 60.0
STOP_TIMEOUT_SECONDS = 5.0
POLL_SECONDS = 0.02


class HostDidNotStart(Exception):
    """The host ended or fell silent before it answered; the text carries its log."""


class LiveHost(Protocol):
    """A host that serves one app. ``url`` is known once ``start`` has returned."""

    url: str

    def start(self) -> None:
        """Return once the app's functions answer. Raises HostDidNotStart."""
        ...

    def stop(self) -> None:
        """End the host and everything it started. Idempotent."""
        ...

    def log(self) -> str:
        """Everything the host has printed so far."""
        ...


class EmbeddedHost:
    """``funchost start`` in a process of its own, on a free port.

    Args:
        app: The app's folder.
        state: Folder of the task hub, and of the host's log; kept, so that another host can go on from it.
        arguments: More arguments for ``funchost start``.
    """

    def __init__(self, app: Path, state: Path, *, arguments: tuple[str, ...] = ()) -> None:
        self._app = app
        self._state = state
        self._arguments = arguments
        self._log_path = state / "host.log"
        self._process: subprocess.Popen[bytes] | None = None
        self.url = ""

    def start(self) -> None:
        try:
            self._start()
        except BaseException:
            self.stop()
            raise

    def _start(self) -> None:
        self._state.mkdir(parents=True, exist_ok=True)
        announced = NextHost(self._state)
        with self._log_path.open("ab") as log:
            self._process = subprocess.Popen(
                [
                    sys.executable,
                    "-m",
                    "funchost",
                    "start",
                    "--port",
                    "0",
                    "--state",
                    str(self._state),
                    *self._arguments,
                ],
                cwd=self._app,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                env={**os.environ, "PYTHONUNBUFFERED": "1", "NO_COLOR": "1"},
                start_new_session=sys.platform != "win32",
            )
        deadline = time.monotonic() + START_TIMEOUT_SECONDS
        while (url := announced.url()) is None:
            if self._process.poll() is not None:
                raise HostDidNotStart(f"funchost ended with exit code {self._process.returncode}:\n{self.log()}")
            if time.monotonic() > deadline:
                raise HostDidNotStart(f"no answer within {START_TIMEOUT_SECONDS:.0f} s:\n{self.log()}")
            time.sleep(POLL_SECONDS)
        self.url = url
        try:
            # Not through a proxy that the environment names: the host is on this computer.
            answer = httpx.get(f"{self.url}/admin/host/status", timeout=START_TIMEOUT_SECONDS, trust_env=False)
            answer.raise_for_status()
        except httpx.HTTPError as error:
            raise HostDidNotStart(f"funchost was announced, but does not answer: {error}\n{self.log()}") from error

    @property
    def process(self) -> subprocess.Popen[bytes]:
        """The host's process, for tests that kill it."""
        assert self._process is not None, "start() comes first"
        return self._process

    def stop(self) -> None:
        if self._process is None or self._process.poll() is not None:
            return
        if sys.platform == "win32":
            self._process.terminate()
        else:
            self._process.send_signal(signal.SIGTERM)
        try:
            self._process.wait(STOP_TIMEOUT_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def log(self) -> str:
        try:
            return self._log_path.read_text(encoding="utf-8", errors="replace")
        except OSError:
            return ""


class RunningHost:
    """A host that somebody else started; its URL is all that is known of it."""

    def __init__(self, url: str) -> None:
        self.url = url.rstrip("/")

    def start(self) -> None:
        try:
            httpx.get(self.url, timeout=START_TIMEOUT_SECONDS, trust_env=may_use_proxy(self.url))
        except httpx.HTTPError as error:
            raise HostDidNotStart(f"nothing answers at {self.url}: {error}") from error

    def stop(self) -> None:
        """Leave it running."""

    def log(self) -> str:
        return f"(the log of {self.url} is with whoever started it)"
