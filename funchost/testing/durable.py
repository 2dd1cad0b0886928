"""A durable app inside a test: its code in this process, its engine in memory, its time in the test's hands."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Coroutine, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, TypeVar

import httpx

from funchost.console import describe_problem
from funchost.engine.execution import fold
from funchost.model.entities import EntityId
from funchost.model.history import TimerCreated
from funchost.model.records import InstanceRecord
from funchost.testing.crash_report import CrashReport
from funchost.testing.crashes import Plan, crash_everywhere
from funchost.testing.explain import describe_failure, describe_wait
from funchost.testing.loaded_app import LoadedParts
from funchost.testing.replacements import Replacement
from funchost.testing.subjects import (
    REAL_SECONDS,
    Entity,
    Orchestration,
    OrchestrationDiffers,
    OrchestrationFailed,
    OrchestrationHangs,
    decoded,
)
from funchost.testing.virtual_clock import VirtualClock
from funchost.wire.scrub import Scrub
from funchost.worker.contract import LogLine

EPISODES_AHEAD = timedelta(milliseconds=1)
"""While time stands still each episode is a microsecond after the one before, so a timer set for three days falls
due a few microseconds later than a test that lets three days pass has in mind."""

T = TypeVar("T")


class DurableApp:
    """The fixture ``durable``: an app on the embedded engine, in memory, on a virtual clock.

    Nothing runs behind the test's back: each method lets run what can run and returns when all is quiet. Time
    stands still except in ``advance`` and ``Orchestration.result``.
    """

    def __init__(self, app_root: Path, *, start: datetime | None = None, scrub: Scrub | None = None) -> None:
        self._loop = asyncio.new_event_loop()
        self._clock = VirtualClock(start)
        self.log: list[LogLine] = []
        self.scrub = scrub
        self._parts = LoadedParts(app_root, self._clock, self.log)
        self._started: list[str] = []
        try:
            self._call(self._parts.open())
        except BaseException:
            self.close()
            raise

    # -- Orchestrations -------------------------------------------------------------------------------------

    def start(self, name: str, input: Any = None, *, instance_id: str | None = None) -> Orchestration:
        """Start an orchestration as a client does, and let it run as far as it goes without time passing."""
        text = None if input is None else json.dumps(json.dumps(input))
        started = self._parts.hub.start_orchestration(name, instance_id=instance_id, input_text=text)
        orchestration = Orchestration(self, self._do(started))
        self._started.append(orchestration.instance_id)
        return orchestration

    def run(self, name: str, input: Any = None, *, instance_id: str | None = None) -> Any:
        """Start an orchestration and return its output; see ``Orchestration.result``."""
        return self.start(name, input, instance_id=instance_id).result()

    def orchestration(self, instance_id: str) -> Orchestration:
        """An instance that the app started, through a route for example."""
        self._record(instance_id)
        return Orchestration(self, instance_id)

    def entity(self, name: str, key: str) -> Entity:
        """An entity, whether or not anything was sent to it yet."""
        return Entity(self, EntityId(name, key))

    # -- Time -----------------------------------------------------------------------------------------------

    @property
    def now(self) -> datetime:
        """The test's time, UTC."""
        return self._clock.now()

    def advance(
        self, *, days: float = 0, hours: float = 0, minutes: float = 0, seconds: float = 0, milliseconds: float = 0
    ) -> None:
        """Let time pass. Timers fire one after another as they come due, and what they wake runs."""
        delta = timedelta(days=days, hours=hours, minutes=minutes, seconds=seconds, milliseconds=milliseconds)
        self._call(self._advance_to(self._clock.now() + delta))

    def run_until_idle(self) -> None:
        """Let everything run that can run without time passing."""
        self._call(self._parts.hub.settle())

    # -- Standing in ----------------------------------------------------------------------------------------

    def replace(self, name: str, answer: Any) -> Replacement:
        """Have ``answer`` stand in for an activity or a sub-orchestration; returns the record of its calls.

        ``answer`` is a function of the input, a value, an exception, or a list of these, one per call.
        """
        return self._parts.workers.replace(name, answer)

    def replace_http(self, answer: Any) -> Replacement:
        """Have ``answer`` stand in for durable HTTP calls.

        It gets (or is) dictionaries: the request has ``method``, ``uri``, ``headers``, ``content``; the response
        ``statusCode`` (200 by default), ``headers``, ``content``.
        """
        self._parts.http = Replacement("call_http", answer)
        return self._parts.http

    # -- Crashes --------------------------------------------------------------------------------------------

    def crash_everywhere(
        self,
        name: str,
        input: Any = None,
        *,
        events: Sequence[tuple[Any, ...]] = (),
        key: Callable[[Any], Any] = lambda output: output,
        before_each: Callable[[], None] = lambda: None,
    ) -> CrashReport:
        """Run an orchestration once, then with the host dying right before and right after each commit in turn.

        Raises OrchestrationDiffers where it ends otherwise after any of these deaths; the text says after which.
        Returns the idempotency report. Runs beside what else the test has started, on a task hub of its own.

        Args:
            events: External events to raise: ``(name, value)``, or ``(name, value, timedelta)`` after the start.
            key: What is compared, made from the output at the end of each run: a part of the output, or what the
                activities have done to the world.
            before_each: Called before every run; puts back what activities change in the world.
        """
        plan = Plan.of(name, input, events, self._clock.now())
        work = crash_everywhere(self._parts, plan, key=key, before_each=before_each)
        report = self._loop.run_until_complete(work)
        if report.differing:
            raise OrchestrationDiffers(str(report))
        return report

    # -- The app's routes -----------------------------------------------------------------------------------

    def request(self, method: str, path: str, **arguments: Any) -> httpx.Response:
        """Call one of the app's routes, ``/api/…``, or a management URL that an answer named.

        ``arguments`` are those of ``httpx.Client.request``: ``json``, ``params``, ``headers`` and so on.
        """
        return self._do(self._request(method, path, arguments))

    def get(self, path: str, **arguments: Any) -> httpx.Response:
        """``request`` with GET."""
        return self.request("GET", path, **arguments)

    def post(self, path: str, **arguments: Any) -> httpx.Response:
        """``request`` with POST: ``durable.post("/api/orders/1", json={…})``."""
        return self.request("POST", path, **arguments)

    async def _request(self, method: str, path: str, arguments: dict[str, Any]) -> httpx.Response:
        client = await self._parts.client()
        return await client.request(method, path, **arguments)

    # -- The end --------------------------------------------------------------------------------------------

    def refused_functions(self) -> list[str]:
        """The functions that were left out because they cannot run; a line each, as ``funchost start`` has it."""
        return [describe_problem(problem) for problem in self._parts.index.problems]

    def open_timers(self) -> list[str]:
        """Instances whose code has gone on while a timer of theirs is still open, one line each.

        They stay Running until the timer fires: the usual cause is a race whose loser was not cancelled.
        """
        return self._call(self._find_open_timers())

    def close(self) -> None:
        """Stop everything. Idempotent."""
        if self._loop.is_closed():
            return
        self._loop.run_until_complete(self._parts.stack.aclose())
        self._loop.run_until_complete(self._loop.shutdown_default_executor())
        self._loop.close()

    # -- On the loop ----------------------------------------------------------------------------------------

    def _call(self, work: Coroutine[Any, Any, T]) -> T:
        """Run something of the engine's to its end. Raises OrchestrationHangs where user code keeps it waiting."""
        try:
            return self._loop.run_until_complete(asyncio.wait_for(work, REAL_SECONDS))
        except asyncio.TimeoutError:
            raise OrchestrationHangs(
                f"User code has not returned for {REAL_SECONDS:.0f} s of real time: an activity that blocks, or an "
                "orchestrator that never ends an episode."
            ) from None

    def _do(self, work: Coroutine[Any, Any, T]) -> T:
        """Run something and then everything that follows from it without time passing."""

        async def and_settle() -> T:
            result = await work
            await self._parts.hub.settle()
            return result

        return self._call(and_settle())

    async def _advance_to(self, target: datetime) -> None:
        hub = self._parts.hub
        await hub.settle()
        while (due := hub.next_timer_due) is not None and due <= target + EPISODES_AHEAD:
            self._clock.move_to(due)
            hub.fire_due_timers()
            await hub.settle()
        self._clock.move_to(target)

    def _record(self, instance_id: str) -> InstanceRecord:
        record = self._call(self._parts.hub.get_instance(instance_id))
        if record is None:
            raise LookupError(f"No orchestration has the id {instance_id!r}.")
        return record

    def _result(self, instance_id: str) -> Any:
        record = self._call(self._run_to_end(instance_id))
        history = self._call(self._parts.hub.get_history(instance_id))
        if not record.runtime_status.is_terminal:
            raise OrchestrationHangs(describe_wait(record, history))
        if record.runtime_status.value != "Completed":
            raise OrchestrationFailed(
                describe_failure(record, history, self._parts.workers.failures.get(instance_id))
            )
        return decoded(record.output)

    async def _run_to_end(self, instance_id: str) -> InstanceRecord:
        hub = self._parts.hub
        while True:
            await hub.settle()
            record = await hub.get_instance(instance_id)
            if record is None:
                raise LookupError(f"No orchestration has the id {instance_id!r}.")
            due = hub.next_timer_due
            if record.runtime_status.is_terminal or due is None:
                return record
            self._clock.move_to(due)
            hub.fire_due_timers()

    async def _find_open_timers(self) -> list[str]:
        lines = []
        for instance_id in self._started:
            record = await self._parts.hub.get_instance(instance_id)
            if record is None or record.runtime_status.is_terminal:
                continue
            execution = fold(await self._parts.hub.get_history(instance_id))
            for task in execution.open_tasks.values() if execution.has_returned else ():
                if isinstance(task, TimerCreated) and task.retry_of is None:
                    lines.append(
                        f"{record.name} ({instance_id}) has returned, but its timer due at "
                        f"{task.fire_at.isoformat()} was not cancelled, so it stays Running until then"
                    )
        return lines
