"""funchost as a user runs it: ``funchost start`` in the app's folder, reached over HTTP.

The app's packages are vendored, its code runs in worker processes, its task hub is a file.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import shutil
import socket
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from benchmarks.contestants.contract import REPOSITORY, Contestant, Stopwatch, expect
from benchmarks.contestants.http_client import CALLERS, HttpClient
from benchmarks.full_hub import fill

APP = REPOSITORY / "benchmarks" / "app"
PACKAGES = Path(".python_packages") / "lib" / "site-packages"
TIMEOUT_SECONDS = 600
API = "/runtime/webhooks/durabletask"
TO_THE_END = f"?timeout={TIMEOUT_SECONDS}&pollingInterval=1"
"""Has the host answer a start with the output, once there is one."""


class Funchost(Contestant):
    """Options: ``vendored`` (a folder with the SDK), ``arguments`` (of ``funchost start``), ``settings`` (of the
    app), ``finished`` (instances that are in the hub from the start)."""

    note = "`funchost start`, worker processes, SQLite synced at every commit, over HTTP"

    _client: HttpClient

    def open(self) -> None:
        self._callers = ThreadPoolExecutor(CALLERS)  # each keeps its connection from round to round
        self._app = self._lay_app(self.folder / "app")
        self._host = self._start_host(self._app)
        if finished := self.options.get("finished", 0):
            self._client.run("chain", 1)
            self._stop(self._host)
            asyncio.run(fill(self._app / ".funchost" / "Bench.db", finished))
            self._host = self._start_host(self._app)

    def close(self) -> None:
        self._stop(self._host)

    def process_ids(self) -> list[int]:
        """The host and its workers."""
        host = self._host.pid
        children = subprocess.run(["pgrep", "-P", str(host)], capture_output=True, text=True, check=False)
        return [host, *map(int, children.stdout.split())]

    # -- Workloads ------------------------------------------------------------------------------------------

    def chain(self, length: int) -> float:
        with Stopwatch() as watch:
            expect(self._client.run("chain", length), length)
        return watch.seconds

    def chains(self, count: int, length: int) -> float:
        with Stopwatch() as watch:
            for result in self._callers.map(lambda _: self._client.run("chain", length), range(count)):
                expect(result, length)
        return watch.seconds

    def fan_out(self, width: int) -> float:
        with Stopwatch() as watch:
            expect(self._client.run("fan_out", width), width * (width + 1) // 2)
        return watch.seconds

    def through_a_function(self) -> float:
        """One activity, started by the app's own HTTP function, its status asked for until it is there."""
        with Stopwatch() as watch:
            started = self._client.call("POST", "/api/start/chain/1", expected=202)
            expect(self._client.result(started["id"]), 1)
        return watch.seconds

    def events(self, count: int) -> float:
        with Stopwatch() as watch:
            started = list(self._callers.map(self._client.start, ["wait_for_go"] * count))
            numbers = range(count)
            list(self._callers.map(lambda n: self._client.raise_event(started[n], "Go", n), numbers))
            for number, result in zip(numbers, self._callers.map(self._client.result, started), strict=True):
                expect(result, number)
        return watch.seconds

    def signals(self, count: int, entities: int) -> float:
        keys = [f"{time.monotonic_ns()}-{number}" for number in range(entities)]
        with Stopwatch() as watch:
            list(
                self._callers.map(
                    lambda n: self._client.signal("counter", keys[n % entities], "add", 1), range(count)
                )
            )
            for key in keys:
                self._client.wait_for_entity("counter", key, count // entities)
        return watch.seconds

    def payload(self, megabytes: int) -> float:
        text = "x" * (megabytes * 1_000_000)
        with Stopwatch() as watch:
            expect(self._client.run("carry", text), text)
        return watch.seconds

    def fan_out_to(self, activity: str, value: float, count: int) -> float:
        asked = {"activity": activity, "input": value, "count": count}
        with Stopwatch() as watch:
            expect(self._client.run("fan_out_to", asked), count)
        return watch.seconds

    def start_up(self, number: int) -> float:
        """From ``funchost start`` to the first output, in a new app folder with a new task hub."""
        app = self._lay_app(self.folder / f"start-{number}")
        running = self._client
        try:
            with Stopwatch() as watch:
                host = self._start_host(app)
                expect(self._client.run("chain", 1), 1)
            self._stop(host)
        finally:
            self._client = running
        return watch.seconds

    # -- The host -------------------------------------------------------------------------------------------

    def _lay_app(self, folder: Path) -> Path:
        shutil.copytree(APP, folder, ignore=shutil.ignore_patterns("__pycache__"))
        packages = folder / PACKAGES
        packages.parent.mkdir(parents=True)
        vendored = Path(self.options["vendored"])
        try:
            packages.symlink_to(vendored, target_is_directory=True)
        except OSError:  # Windows, to users who may not
            shutil.copytree(vendored, packages)
        return folder

    def _start_host(self, app: Path) -> subprocess.Popen[bytes]:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        # The packages are the vendored ones, not those of the environment that runs the benchmarks.
        environ = {name: value for name, value in os.environ.items() if name != "VIRTUAL_ENV"}
        settings: dict[str, str] = self.options.get("settings", {})
        arguments: list[str] = self.options.get("arguments", [])
        with (app / "host.log").open("ab") as log:
            host = subprocess.Popen(
                [sys.executable, "-m", "funchost", "start", "--port", str(port), *arguments],
                cwd=app,
                env={**environ, **settings},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
            )
        self._client = HttpClient(port, API, TO_THE_END)
        while not self._client.can_connect():
            if host.poll() is not None:
                raise RuntimeError((app / "host.log").read_text(encoding="utf-8", errors="replace"))
            time.sleep(0.002)
        return host

    @staticmethod
    def _stop(host: subprocess.Popen[bytes]) -> None:
        host.terminate()
        with contextlib.suppress(subprocess.TimeoutExpired):
            host.wait(10)
        host.kill()
        host.wait()
