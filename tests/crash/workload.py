"""What clients ask of the hub in one round, and what has to come of it."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import httpx

from tests.crash.evidence import completed_twice, read_live
from tests.crash.lane import Lane, Stuck
from tests.crash.tally import Tally

API = "/runtime/webhooks/durabletask"
FINISHED = ("Completed", "Failed", "Terminated", "Canceled")
CHILDREN = 6
"""Sub-orchestrations that ``parent`` starts."""

SIGNALS = 6
LONGEST_POLL_SECONDS = 0.4


@dataclass(frozen=True, slots=True)
class Expected:
    """The end of an instance."""

    output: Any
    status: str = "Completed"
    custom_status: Any = None


Script = Callable[[str], Awaitable[Expected]]


class Hub(Protocol):
    """Where a workload sends its requests. Implementations decide what becomes of the host meanwhile."""

    @property
    def scratch(self) -> Path:
        """A folder for what activities leave behind."""
        ...

    async def request(
        self, method: str, path: str, body: Any = None, *, unless: str | None = None
    ) -> tuple[httpx.Response, int]:
        """Ask until somebody answers; returns the answer and how often it took asking. Raises Stuck.

        Before asking again, the path ``unless`` is looked at; where something is there, that is the answer.
        """
        ...

    def progress(self) -> None:
        """Something was finished or acknowledged."""
        ...

    def check_patience(self, waiting_for: str) -> None:
        """Raises Stuck where nothing has gone on for too long."""
        ...


class Patterns:
    """Every pattern as a script of what a client does, with instance ids that begin with ``prefix``."""

    def __init__(self, hub: Hub, tally: Tally, prefix: str, website: str) -> None:
        self._hub, self._tally, self._prefix, self._website = hub, tally, prefix, website
        self.unfinished: set[str] = set()

    @property
    def scripts(self) -> tuple[Script, ...]:
        """One for each pattern; to be given to ``play``."""
        return (
            self._chain, self._fan_out, self._retries, self._parent, self._timers, self._race, self._events,
            self._eternal, self._bookkeeper, self._web, self._terminated, self._suspended,
        )  # fmt: skip

    async def play(self, script: Script) -> str:
        """Start an instance, do to it what the script says, and compare its end; its id."""
        instance_id = f"{self._prefix}-{script.__name__.strip('_')}"
        self.unfinished.add(instance_id)
        expected = await script(instance_id)
        status = await self._wait(instance_id, FINISHED)
        found = Expected(status["output"], status["runtimeStatus"], status["customStatus"])
        if found != expected:
            self._tally.wrong.append(f"{instance_id}: expected {expected}, found {found}")
        self._tally.finished += 1
        self.unfinished.discard(instance_id)
        self._hub.progress()
        return instance_id

    # -- The scripts ----------------------------------------------------------------------------------------

    async def _chain(self, instance_id: str) -> Expected:
        await self._start("chain", instance_id, 6)
        return Expected([0, 2, 4, 6, 8, 10], custom_status={"done": 6})

    async def _fan_out(self, instance_id: str) -> Expected:
        await self._start("fan_out", instance_id, 8, through_app=True)
        return Expected(56)

    async def _retries(self, instance_id: str) -> Expected:
        await self._start("retries", instance_id, str(self._hub.scratch / f"{instance_id}.mark"))
        return Expected(["recovered", True])

    async def _parent(self, instance_id: str) -> Expected:
        await self._start("parent", instance_id, None)
        return Expected([[0, 2, 4], 6, 20, True])

    async def _timers(self, instance_id: str) -> Expected:
        await self._start("timers", instance_id, {}, through_app=True)
        return Expected(4)

    async def _race(self, instance_id: str) -> Expected:
        await self._start("race", instance_id, None)
        await self._send(f"instances/{instance_id}/raiseEvent/go", {"by": "client"})
        return Expected({"by": "client"})

    async def _events(self, instance_id: str) -> Expected:
        await self._start("events", instance_id, {}, through_app=True)
        for number in (4, 0, 3, 1, 2):
            await self._send(f"instances/{instance_id}/raiseEvent/item-{number}", number)
        return Expected([0, 1, 2, 3, 4])

    async def _eternal(self, instance_id: str) -> Expected:
        await self._start("eternal", instance_id, {"left": 4, "total": 0, "ledger": instance_id})
        await self._wait(instance_id, FINISHED)
        await self._entity(instance_id, lambda entries: entries == ["4", "3", "2", "1"])
        return Expected(20)

    async def _bookkeeper(self, instance_id: str) -> Expected:
        await self._start("bookkeeper", instance_id, instance_id)
        entries = [f"{kind}-{number}" for number in range(3) for kind in ("call", "signal")]
        return Expected([[1, 3, 5], entries])

    async def _web(self, instance_id: str) -> Expected:
        await self._start("web", instance_id, self._website)
        return Expected(["7", "done"])

    async def _terminated(self, instance_id: str) -> Expected:
        await self._start("race", instance_id, None)
        await self._send(f"instances/{instance_id}/terminate?reason=enough", None)
        return Expected("enough", "Terminated")

    async def _suspended(self, instance_id: str) -> Expected:
        await self._start("race", instance_id, None)
        await self._send(f"instances/{instance_id}/suspend?reason=wait", None)
        await self._wait(instance_id, ("Suspended",))
        await self._send(f"instances/{instance_id}/raiseEvent/go", "awake")
        status = await self._wait(instance_id, ("Suspended", *FINISHED))
        if status["runtimeStatus"] != "Suspended":
            self._tally.wrong.append(f"{instance_id}: went on while suspended")
        await self._send(f"instances/{instance_id}/resume?reason=go", None)
        return Expected("awake")

    # -- Requests -------------------------------------------------------------------------------------------

    async def _start(self, name: str, instance_id: str, value: Any, *, through_app: bool = False) -> None:
        path = f"/api/start/{name}/{instance_id}" if through_app else f"{API}/orchestrators/{name}/{instance_id}"
        asked = 0
        while True:
            # One that was started by a request without an answer may have ended by now, and would start anew.
            response, attempts = await self._hub.request(
                "POST", path, value, unless=f"{API}/instances/{instance_id}"
            )
            asked += attempts
            if response.status_code in (200, 202) or (asked > 1 and await self._is_there(instance_id)):
                self._tally.started += 1
                return
            # The app's own function fails where its worker was killed under it: nothing was acknowledged.
            if not through_app:
                self._tally.wrong.append(f"POST {path}: HTTP {response.status_code} {response.text[:200]}")
            self._hub.check_patience(path)
            await asyncio.sleep(LONGEST_POLL_SECONDS)

    async def _is_there(self, instance_id: str) -> bool:
        response, _ = await self._hub.request("GET", f"{API}/instances/{instance_id}")
        return response.status_code != 404

    async def _send(self, path: str, value: Any) -> int:
        """Send until acknowledged; returns how often it was sent. What was cut off may have got through."""
        response, attempts = await self._hub.request("POST", f"{API}/{path}", value)
        if response.status_code != 202 and attempts == 1:
            self._tally.lost.append(f"POST {path}: HTTP {response.status_code} {response.text[:200]}")
        return attempts

    async def _wait(self, instance_id: str, statuses: tuple[str, ...]) -> dict[str, Any]:
        pause = 0.05
        while True:
            response, _ = await self._hub.request("GET", f"{API}/instances/{instance_id}")
            if response.status_code == 404:
                self._tally.lost.append(f"{instance_id}: acknowledged, and not there")
                raise Stuck(f"{instance_id} is lost")
            status: dict[str, Any] = response.json()
            if status["runtimeStatus"] in statuses:
                return status
            self._hub.check_patience(f"{instance_id} to be {' or '.join(statuses)}, which is {status}")
            await asyncio.sleep(pause)
            pause = min(pause * 1.5, LONGEST_POLL_SECONDS)

    async def _entity(self, key: str, is_there: Callable[[list[str]], bool]) -> list[str]:
        while True:
            response, _ = await self._hub.request("GET", f"{API}/entities/ledger/{key}")
            entries = response.json() if response.status_code == 200 else []
            if isinstance(entries, str):
                entries = json.loads(entries)
            if is_there(entries):
                return list(entries)
            self._hub.check_patience(f"entity {key}, which holds {entries}")
            await asyncio.sleep(LONGEST_POLL_SECONDS)


class Round(Patterns):
    """Every pattern once on one lane, side by side, and a close look at what they leave."""

    def __init__(self, lane: Lane, tally: Tally, prefix: str, website: str) -> None:
        super().__init__(lane, tally, prefix, website)
        self._lane = lane

    async def run(self) -> None:
        """Carry it out and look at everything it has left; adds what it finds to the tally."""
        try:
            await asyncio.gather(self._signals(), *map(self.play, self.scripts))
            await self._look_around(roots=len(self.scripts))
            await self._purge()
        except Stuck as stuck:
            self._tally.lost += [f"{name}: {stuck}" for name in sorted(self.unfinished) or [self._prefix]]
            raise
        self._tally.rounds += 1

    async def _signals(self) -> None:
        """Signals from a client: in order, each at least once, and once where it was acknowledged at once."""
        key = f"{self._prefix}-signals"
        attempts = {}
        for number in range(SIGNALS):
            attempts[f"s-{number}"] = await self._send(f"entities/ledger/{key}?op=add", f"s-{number}")
        wanted = list(attempts)
        entries = await self._entity(key, lambda entries: list(dict.fromkeys(entries)) == wanted)
        for name, asked in attempts.items():
            if not 1 <= entries.count(name) <= asked:
                self._tally.wrong.append(f"{key}: {name} was sent {asked} times, handled {entries.count(name)}")

    async def _list(self) -> list[str]:
        response, _ = await self._lane.request("GET", f"{API}/instances?top=1000&showEntities=false")
        return [status["instanceId"] for status in response.json()]

    async def _look_around(self, roots: int) -> None:
        """Exactly the instances there must be, and nothing that waits for ever."""
        found = await self._list()
        if len(found) != roots + CHILDREN:
            self._tally.wrong.append(
                f"{self._prefix}: {roots + CHILDREN} instances expected, found {sorted(found)}"
            )
        while True:
            await self._lane.request("GET", "/admin/host/status")  # there is a host
            state = read_live(self._lane.database)
            waiting = state.messages | state.tasks
            if not waiting:
                break
            self._lane.check_patience(f"messages and tasks of {sorted(waiting)}")
            await asyncio.sleep(LONGEST_POLL_SECONDS)
        self._tally.altered += [f"completed more than once: {task}" for task in completed_twice(state)]

    async def _purge(self) -> None:
        ids = set(await self._list())
        self._lane.is_purging = True
        while await self._list():
            await self._lane.request("DELETE", f"{API}/instances?createdTimeFrom=2000-01-01T00:00:00Z")
        self._lane.is_purging = False
        self._lane.purged |= ids
