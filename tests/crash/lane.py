"""One task hub whose hosts are killed, one after the other, while clients go on asking things of it."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from random import Random
from typing import Any

import httpx

from funchost.running import NextHost
from tests import processes
from tests.crash.evidence import HubState, altered, completed_twice, look
from tests.crash.points import Kind, Point, plan_life
from tests.crash.tally import Tally

APP = Path(__file__).parents[1] / "apps" / "crash_patterns"
ROOT = Path(__file__).parents[2]
HUB = "CrashPatterns.db"
PATIENCE_SECONDS = 60.0
"""How long a host may be up without anything being finished or acknowledged."""

DEATH_SECONDS = 10.0
"""How long a worker may outlive its host; it notices at once, but this machine may be busy."""

POLL_SECONDS = 0.02


class Stuck(Exception):
    """Nothing goes on any more; the text says what was waited for."""


class HostEnded(Exception):
    """A host ended that nobody had killed; the text carries the end of its log."""


class Lane:
    """A hub, its present host, and a client that asks again until it is answered."""

    def __init__(self, folder: Path, random: Random, kinds: Iterator[Kind], tally: Tally) -> None:
        self._folder, self._random, self._kinds, self._tally = folder, random, kinds, tally
        self._state, self._marks = folder / "state", folder / "marks.txt"
        self._state.mkdir(parents=True)
        self._log_path = folder / "host.log"
        self._client = httpx.AsyncClient(timeout=30.0)
        self._up = asyncio.Event()
        self._url = ""
        self._last_progress = time.monotonic()
        self._before: HubState | None = None
        self.lives = 0
        self.is_purging = False
        self.purged: set[str] = set()

    @property
    def database(self) -> Path:
        return self._state / HUB

    @property
    def scratch(self) -> Path:
        """A folder for what activities leave behind."""
        return self._folder

    # -- Clients --------------------------------------------------------------------------------------------

    async def request(
        self, method: str, path: str, body: Any = None, *, unless: str | None = None
    ) -> tuple[httpx.Response, int]:
        """Ask until somebody answers; returns the answer and how often it took asking. Raises Stuck."""
        attempts = 0
        while True:
            await self._wait_until_up(f"{method} {path}")
            if attempts and unless is not None:
                there, _ = await self.request("GET", unless)
                if there.status_code != 404:
                    return there, attempts
            attempts += 1
            try:
                response = await self._client.request(method, f"{self._url}{path}", json=body)
            except httpx.TransportError:
                self._tally.unanswered += 1
                await asyncio.sleep(POLL_SECONDS)
                continue
            if method != "GET" and response.status_code == 202:
                self._tally.acknowledged += 1
                self.progress()
            return response, attempts

    def progress(self) -> None:
        """Something was finished or acknowledged."""
        self._last_progress = time.monotonic()

    def check_patience(self, waiting_for: str) -> None:
        """Raises Stuck where nothing has gone on for too long."""
        if self._up.is_set() and time.monotonic() - self._last_progress > PATIENCE_SECONDS:
            raise Stuck(f"nothing went on for {PATIENCE_SECONDS:.0f} s; waited for {waiting_for}")

    async def _wait_until_up(self, waiting_for: str) -> None:
        await self._up.wait()
        self.check_patience(waiting_for)

    # -- Hosts ----------------------------------------------------------------------------------------------

    async def keep_alive(self) -> None:
        """Start hosts and have them killed until cancelled; without kills once there were enough."""
        try:
            while True:
                await self._live(() if self._tally.is_enough else plan_life(self._random, next(self._kinds)))
        finally:
            await self._client.aclose()

    async def _live(self, points: tuple[Point, ...]) -> None:
        self.lives += 1
        self._tally.lives += 1
        announced = NextHost(self._state)
        self._marks.write_text("")
        with self._log_path.open("ab") as log:
            host = await asyncio.create_subprocess_exec(
                sys.executable, "-m", "tests.crash.host", "--app", str(APP), "--state", str(self._state),
                "--marks", str(self._marks), "--workers", str(self._random.choice((1, 1, 1, 2))),
                *map(str, points),
                stdin=asyncio.subprocess.DEVNULL, stdout=log, stderr=log, cwd=ROOT, start_new_session=True,
                env={**os.environ, "PYTHONUNBUFFERED": "1"},
            )  # fmt: skip
        outside = [point.number / 1000 for point in points if point.kind is Kind.OUTSIDE]
        killing = asyncio.ensure_future(self._kill_after(host, outside[0])) if outside else None
        try:
            while host.returncode is None and not self._is_announced(announced):  # noqa: ASYNC110 (a file)
                await asyncio.sleep(POLL_SECONDS)
            if host.returncode is None:
                self.progress()
                self._up.set()
            await host.wait()
        finally:
            self._up.clear()
            if killing is not None:
                killing.cancel()
            if host.returncode is None:  # cancelled: the run is over
                with contextlib.suppress(ProcessLookupError):
                    os.killpg(host.pid, signal.SIGKILL)
                await host.wait()
        await self._after_death(host)

    async def _kill_after(self, host: asyncio.subprocess.Process, seconds: float) -> None:
        await asyncio.sleep(seconds)
        with self._marks.open("a") as marks:
            marks.write(f"{Kind.OUTSIDE.name}\n")
        os.killpg(host.pid, signal.SIGKILL)

    def _is_announced(self, announced: NextHost) -> bool:
        if (url := announced.url()) is not None:
            self._url = url
        return url is not None

    async def _after_death(self, host: asyncio.subprocess.Process) -> None:
        if host.returncode != -signal.SIGKILL:
            raise HostEnded(f"exit code {host.returncode}\n{self.log_tail()}")
        await self._see_workers_gone(host.pid)
        for name in self._marks.read_text().split():
            self._tally.points[Kind[name]] += 1
        if self.database.exists():
            self._compare(look(self.database))
        self._tally.show_progress()

    async def _see_workers_gone(self, session: int) -> None:
        if not processes.IS_KNOWN:
            return
        deadline = time.monotonic() + DEATH_SECONDS
        while left := processes.of_session(session):
            if time.monotonic() > deadline:
                self._tally.wrong.append(f"processes {sorted(left)} outlived their host")
                os.killpg(session, signal.SIGKILL)
                return
            await asyncio.sleep(POLL_SECONDS)

    def _compare(self, now: HubState) -> None:
        before, self._before = self._before, now
        if before is not None and not self.is_purging:
            kept = {key: events for key, events in before.histories.items() if key[0] not in self.purged}
            self._tally.histories += len(kept)
            self._tally.altered += altered(HubState(before.executions, kept, before.messages, before.tasks), now)
        self._tally.altered += [f"completed more than once: {task}" for task in completed_twice(now)]
        if back := self.purged & now.instance_ids:
            self._tally.wrong.append(f"purged, and there again: {sorted(back)}")

    def log_tail(self) -> str:
        """The end of what the hosts have printed, without the invocations that went well."""
        lines = self._log_path.read_text(errors="replace").splitlines()
        return "\n".join([line for line in lines if "] Execut" not in line or "(Failed" in line][-40:])
