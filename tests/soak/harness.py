"""A host under mixed load from several clients, who purge what has finished and leave nothing behind."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import sqlite3
import time
from contextlib import closing
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from pathlib import Path
from random import Random
from typing import Any

import httpx

from tests import processes
from tests.crash.lane import Stuck
from tests.crash.tally import Tally
from tests.crash.website import Website
from tests.crash.workload import API, Expected, Patterns, Script
from tests.hostile.command import PATTERNS, PATTERNS_HUB, Command
from tests.soak.measures import Samples

WORKERS = 2
PURGE_SECONDS = 5.0
SAMPLE_SECONDS = 0.5
PATIENCE_SECONDS = 60.0
LARGE = "x" * 200_000
ENTITIES = ("eternal", "bookkeeper")
"""Patterns that leave an entity with the id of their instance."""

TABLES = ("instances", "instance_inputs", "history", "messages", "activity_tasks", "entities")


@dataclass(slots=True)
class Report:
    """What a soak has seen."""

    tally: Tally = field(default_factory=lambda: Tally(wanted=0, quiet=True))
    samples: Samples = field(default_factory=Samples)
    purged: int = 0
    left: dict[str, int] = field(default_factory=dict)
    seconds: float = 0.0

    @property
    def findings(self) -> list[str]:
        """Everything that is not as it should be."""
        left = [f"{rows} rows left in {table}" for table, rows in self.left.items() if rows]
        return [*self.tally.lost, *self.tally.wrong, *left, *self.samples.findings()]

    def table(self) -> str:
        """Everything, for people."""
        (host, host_end), (workers, workers_end) = self.samples.memory("host"), self.samples.memory("workers")
        rows = (
            ("seconds of load", f"{self.seconds:.0f}"),
            ("instances finished", f"{self.tally.finished}"),
            ("  a second", f"{self.tally.finished / self.seconds:.1f}"),
            ("requests acknowledged", f"{self.tally.acknowledged}"),
            ("instances and entities purged", f"{self.purged}"),
            ("host's memory after warm-up, at the end", f"{host:.1f} MB, {host_end:.1f} MB"),
            ("workers' memory after warm-up, at the end", f"{workers:.1f} MB, {workers_end:.1f} MB"),
            ("database at most", f"{self.samples.largest('database'):.1f} MB"),
            ("write-ahead log at most", f"{self.samples.largest('log'):.1f} MB"),
            ("instances stuck or lost", f"{len(self.tally.lost)}"),
            ("outputs wrong", f"{len(self.tally.wrong)}"),
            ("rows left at the end", f"{sum(self.left.values())}"),
        )
        return "\n".join([*(f"{name:<42}  {text}" for name, text in rows), *self.findings])


class SteadyHub:
    """A hub whose host stays up (``workload.Hub``)."""

    def __init__(self, url: str, scratch: Path, tally: Tally) -> None:
        self._client = httpx.AsyncClient(base_url=url, timeout=60.0)
        self._scratch, self._tally = scratch, tally
        self._last_progress = time.monotonic()

    @property
    def scratch(self) -> Path:
        return self._scratch

    async def request(
        self, method: str, path: str, body: Any = None, *, unless: str | None = None
    ) -> tuple[httpx.Response, int]:
        response = await self._client.request(method, path, json=body)
        if response.status_code == 202:
            self._tally.acknowledged += 1
        return response, 1

    def progress(self) -> None:
        self._last_progress = time.monotonic()

    def check_patience(self, waiting_for: str) -> None:
        if time.monotonic() - self._last_progress > PATIENCE_SECONDS:
            raise Stuck(f"nothing went on for {PATIENCE_SECONDS:.0f} s; waited for {waiting_for}")

    async def close(self) -> None:
        await self._client.aclose()


class MixedPatterns(Patterns):
    """All patterns, and large values, long histories and failures besides."""

    @property
    def scripts(self) -> tuple[Script, ...]:
        return (*super().scripts, self._large, self._long, self._failing)

    async def _large(self, instance_id: str) -> Expected:
        await self._start("race", instance_id, LARGE)
        await self._send(f"instances/{instance_id}/raiseEvent/go", LARGE)
        return Expected(LARGE)

    async def _long(self, instance_id: str) -> Expected:
        await self._start("chain", instance_id, 50)
        return Expected([2 * number for number in range(50)], custom_status={"done": 50})

    async def _failing(self, instance_id: str) -> Expected:
        await self._start("broken_child", instance_id, None)
        status = await self._wait(instance_id, ("Failed",))
        if "child is broken" not in status["output"]:
            self._tally.wrong.append(f"{instance_id}: {status}")
        return Expected(status["output"], "Failed")


class Soak:
    """One run against one host. Call ``run`` once."""

    def __init__(self, folder: Path, website: Website, *, seconds: float, clients: int, seed: int) -> None:
        self._website, self._seconds, self._clients = website, seconds, clients
        self._random = Random(seed)
        self._numbers = itertools.count(1)
        self._report = Report()
        self._under_way: dict[str, datetime] = {}
        self._scratch = folder / "scratch"
        self._scratch.mkdir(parents=True)
        logs = folder / "logs"
        logs.mkdir()
        self._state = folder / "state"
        self._command = Command(PATTERNS, self._state, logs, "--workers", str(WORKERS))

    async def run(self) -> Report:
        """Load, let it end, purge, and look at what is left."""
        self._command.start()
        assert self._command.process is not None
        hub = SteadyHub(self._command.url, self._scratch, self._report.tally)
        began = time.monotonic()
        upkeep = [asyncio.ensure_future(self._sample(began)), asyncio.ensure_future(self._purge_regularly(hub))]
        try:
            await asyncio.gather(*(self._visit(hub, began) for _ in range(self._clients)))
            self._report.seconds = time.monotonic() - began
            for task in upkeep:
                task.cancel()
            await asyncio.gather(*upkeep, return_exceptions=True)
            await self._purge(hub)
            self._report.left = rows(self._state / PATTERNS_HUB)
            if self._command.stop() != 0:
                self._report.tally.wrong.append(f"the host ended badly: {self._command.stderr}")
        finally:
            for task in upkeep:
                task.cancel()
            await hub.close()
            self._command.kill()
        return self._report

    async def _visit(self, hub: SteadyHub, began: float) -> None:
        """One client: one pattern after the other, at random."""
        while time.monotonic() - began < self._seconds:
            patterns = MixedPatterns(hub, self._report.tally, f"n{next(self._numbers)}", self._website.url)
            script = self._random.choice(patterns.scripts)
            prefix = str(id(patterns))
            self._under_way[prefix] = datetime.now(timezone.utc)
            try:
                instance_id = await patterns.play(script)
            except Stuck as stuck:
                self._report.tally.lost += [f"{name}: {stuck}" for name in patterns.unfinished]
                return
            finally:
                del self._under_way[prefix]
            if instance_id.endswith(ENTITIES):
                response, _ = await hub.request("DELETE", f"{API}/instances/@ledger@{instance_id}")
                self._report.purged += response.json()["instancesDeleted"]

    async def _purge_regularly(self, hub: SteadyHub) -> None:
        while True:
            await asyncio.sleep(PURGE_SECONDS)
            await self._purge(hub)

    async def _purge(self, hub: SteadyHub) -> None:
        """Purge what has finished and was begun before anything that a client still looks at."""
        until = min(self._under_way.values(), default=datetime.now(timezone.utc) + timedelta(seconds=1))
        response, _ = await hub.request(
            "DELETE",
            f"{API}/instances?createdTimeFrom=2000-01-01T00:00:00Z&createdTimeTo={until:%Y-%m-%dT%H:%M:%S.%fZ}",
        )
        if response.status_code == 200:
            self._report.purged += response.json()["instancesDeleted"]

    async def _sample(self, began: float) -> None:
        assert self._command.process is not None
        host = self._command.process.pid
        while True:
            self._report.samples.look(
                time.monotonic() - began, processes.of_session(host), host, self._state / PATTERNS_HUB
            )
            await asyncio.sleep(SAMPLE_SECONDS)


def rows(database: Path) -> dict[str, int]:
    """Rows by table, of a hub that a host has open."""
    with closing(sqlite3.connect(f"{database.as_uri()}?mode=ro", uri=True, timeout=10)) as hub:
        return {table: hub.execute(f"SELECT count(*) FROM {table}").fetchone()[0] for table in TABLES}


async def run(folder: Path, *, seconds: float, clients: int, seed: int) -> Report:
    """Load a host for so many seconds; what came of it. Linux only, since memory is read from ``/proc``."""
    with contextlib.closing(Website()) as website:
        return await Soak(folder, website, seconds=seconds, clients=clients, seed=seed).run()
