"""Crash at every event: the same orchestration, with the host dying at each of its commits in turn.

A commit is the moment at which something becomes durable: the start, an episode with all it leads to, a result, an
external event, an entity's state. A host can die right before one (what led to it is lost, and done again) or right
after (it is kept, but nobody has heard of it). Between two commits nothing durable happens, so these are all the
crashes there are to tell apart.

A death here: the engine's loops are dropped as they stand and its commits refused; a new engine opens what the
store holds. The app stays loaded and the clock stands still, so a run takes milliseconds. Activities that were
under way run to their end and nobody hears their result, as with a worker that outlives its host by a moment.
"""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import json
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from funchost.app.index import AppIndex
from funchost.dispatch.taskhub import TaskHub
from funchost.errors import StoreError
from funchost.model.history import EventRaised, HistoryEvent
from funchost.model.records import InstanceRecord
from funchost.store.base import Change
from funchost.store.sqlite import SqliteStore
from funchost.testing.crash_report import AFTER, BEFORE, CrashPoint, CrashReport, Ended, describe_change
from funchost.testing.explain import describe_wait
from funchost.testing.loaded_app import LoadedParts
from funchost.testing.subjects import REAL_SECONDS, OrchestrationHangs, decoded
from funchost.testing.virtual_clock import VirtualClock
from funchost.worker.contract import Invocation, InvocationResult

INSTANCE_ID = "crash-test"
MOST_COMMITS = 2000
"""An orchestration with more has no end that can be waited for: one that continues as new for ever."""

HTTP_CALL = "call_http"
_ACTIVITY = "activityTrigger"


class _Died(StoreError):
    """Stands for the death of the host at a commit."""


class _DyingStore:
    """A store whose host dies at a commit. Everything but ``commit`` is the store's own.

    Args:
        left: Commits until the death, 0 for the next one; None: it lives.
        moment: ``BEFORE`` or ``AFTER``.
    """

    def __init__(self, store: SqliteStore, left: int | None, moment: str) -> None:
        self._store, self._left, self._moment = store, left, moment
        self.is_dead = False
        self.is_worn_out = False
        self.changes: list[Change] = []

    def __getattr__(self, name: str) -> Any:
        return getattr(self._store, name)

    async def commit(self, change: Change, *, urgent: bool = True) -> None:
        self.check()
        if len(self.changes) >= MOST_COMMITS:
            self.is_worn_out = True
            self.check()
        self.changes.append(change)
        # Urgent in any case: results usually wait a few milliseconds for company, which is all a run would do.
        if self._left != len(self.changes) - 1:
            await self._store.commit(change)
            return
        self.is_dead = True
        if self._moment == AFTER:
            await self._store.commit(change)
        raise _Died("the host dies")

    def check(self) -> None:
        """Raises _Died where nothing can be kept any more."""
        if self.is_dead or self.is_worn_out:
            raise _Died("the host is dead")


class _CountingWorkers:
    """The app's workers, counting what runs, and able to wait until nothing does any more."""

    def __init__(self, parts: LoadedParts) -> None:
        self._parts = parts
        self._activities = {f.name for f in parts.index.functions if f.trigger.type == _ACTIVITY}
        self._under_way: set[asyncio.Future[Any]] = set()
        self.runs: Counter[tuple[str, str]] = Counter()

    async def start(self) -> AppIndex:
        return self._parts.index

    async def stop(self) -> None:
        """The app stays loaded."""

    async def abandon(self, invocation_id: str) -> None:
        await self._parts.workers.abandon(invocation_id)

    async def invoke(self, invocation: Invocation) -> InvocationResult:
        if invocation.function_name in self._activities and isinstance(invocation.trigger, str):
            self.runs[invocation.function_name, invocation.trigger] += 1
        result: InvocationResult = await self._followed(self._parts.workers.invoke(invocation))
        return result

    async def call_http(self, request_text: str) -> str:
        request = json.loads(request_text)
        self.runs[HTTP_CALL, f"{request.get('method')} {request.get('uri')}"] += 1
        response: str = await self._followed(self._parts.call_http(request_text))
        return response

    async def _followed(self, work: Any) -> Any:
        running = asyncio.ensure_future(work)
        self._under_way.add(running)
        running.add_done_callback(self._under_way.discard)
        return await asyncio.shield(running)

    async def settle(self) -> None:
        """Return once nothing of the app runs. Raises OrchestrationHangs where something does not return."""
        while self._under_way:
            done, _ = await asyncio.wait(self._under_way, timeout=REAL_SECONDS)
            if not done:
                raise OrchestrationHangs(
                    f"User code has not returned for {REAL_SECONDS:.0f} s of real time: an activity that blocks, "
                    "or an orchestrator that never ends an episode."
                )


class _CountedIds:
    """The same ids in every run: child instances, and whatever else comes of ids, are then the same too."""

    def __init__(self) -> None:
        self._numbers = itertools.count(1)

    def next(self) -> str:
        return f"{next(self._numbers):032x}"


@dataclass(frozen=True, slots=True)
class Plan:
    """What every run does: start, and raise these events so long after the start."""

    name: str
    input_text: str | None
    events: tuple[tuple[timedelta, str, str], ...]
    begins_at: datetime

    @classmethod
    def of(cls, name: str, input: Any, events: Sequence[tuple[Any, ...]], begins_at: datetime) -> Plan:
        """``events``: pairs of name and value, or triples with a ``timedelta`` after the start as the third."""
        timed = [(one[2] if len(one) > 2 else timedelta(0), str(one[0]), json.dumps(one[1])) for one in events]
        timed.sort(key=lambda one: one[0])
        text = None if input is None else json.dumps(json.dumps(input))
        return cls(name, text, tuple(timed), begins_at)


async def crash_everywhere(
    parts: LoadedParts, plan: Plan, *, key: Callable[[Any], Any], before_each: Callable[[], None]
) -> CrashReport:
    """Run a plan once, then once per commit and moment; see ``DurableApp.crash_everywhere``."""
    began = asyncio.get_running_loop().time()
    before_each()
    plain = await _run(parts, plan, key)
    calls = parts.workers.remember_calls()
    points = []
    for number in range(len(plain.changes)):
        for moment in (BEFORE, AFTER):
            before_each()
            parts.workers.forget_calls()
            ended = await _run(parts, plan, key, number, moment)
            # Results that came together this time made fewer commits, so there may have been no death.
            if len(ended.changes) > number:
                points.append(CrashPoint(number + 1, moment, describe_change(ended.changes[number]), ended))
    parts.workers.restore_calls(calls)
    took = asyncio.get_running_loop().time() - began
    return CrashReport(plan.name, plain, tuple(points), took)


async def _run(
    parts: LoadedParts, plan: Plan, key: Callable[[Any], Any], dies_at: int | None = None, moment: str = AFTER
) -> Ended:
    """One run, dying once at a commit (None: never). The host that comes after lives to the end."""
    clock, ids = VirtualClock(plan.begins_at), _CountedIds()
    workers = _CountingWorkers(parts)
    store = SqliteStore(None, hub_name="crashes", clock=clock)
    await store.open()
    changes: list[Change] = []
    try:
        for left in (dies_at, None):
            dying = _DyingStore(store, left, moment)
            hub = parts.make_hub(
                dying,
                clock=clock,
                ids=ids,
                on_failure=lambda error: None,
                workers=workers,
                call_http=workers.call_http,
            )
            try:
                await hub.open(run_timers=False)
                record, history = await _drive(hub, dying, plan, clock)
            except _Died:
                record, history = None, []
            finally:
                await hub.close()
                await workers.settle()
            changes += dying.changes
            if dying.is_worn_out:
                raise OrchestrationHangs(
                    f"{plan.name} has not ended after {MOST_COMMITS} commits. A crash test needs an orchestration "
                    "that ends: give an eternal one an input with which it does."
                )
            if record is not None:
                break
        assert record is not None, "the second host lives"
        output = decoded(record.output)
        return Ended(
            status=record.runtime_status.value,
            output=output,
            compared=key(output),
            waits="" if record.runtime_status.is_terminal else describe_wait(record, history),
            runs=dict(workers.runs),
            changes=tuple(changes),
        )
    finally:
        await store.close()


async def _drive(
    hub: TaskHub, store: _DyingStore, plan: Plan, clock: VirtualClock
) -> tuple[InstanceRecord, list[HistoryEvent]]:
    """Start, raise, let time pass, until the end. What the store has already is not sent twice."""
    if await store.instance(INSTANCE_ID) is None:
        await hub.start_orchestration(plan.name, instance_id=INSTANCE_ID, input_text=plan.input_text)
    while True:
        with contextlib.suppress(asyncio.TimeoutError):  # then ``_CountingWorkers.settle`` says so
            await asyncio.wait_for(hub.settle(), REAL_SECONDS)
        if not hub.is_idle:
            raise _Died("user code hangs")
        store.check()  # time does not pass for the dead
        record = await hub.get_instance(INSTANCE_ID)
        assert record is not None, "it was started"
        if record.runtime_status.is_terminal:
            return record, []
        history = await hub.get_history(INSTANCE_ID)
        unsent = await _unsent(store, plan, history)
        due_event = plan.begins_at + unsent[0][0] if unsent else None
        due_timer = hub.next_timer_due
        if due_event is not None and (due_timer is None or due_event <= due_timer):
            clock.move_to(due_event)
            await hub.raise_event(INSTANCE_ID, unsent[0][1], unsent[0][2])
        elif due_timer is not None:
            clock.move_to(due_timer)
            hub.fire_due_timers()
        else:
            return record, history


async def _unsent(store: _DyingStore, plan: Plan, history: list[HistoryEvent]) -> list[tuple[timedelta, str, str]]:
    """The events that the hub does not have yet. A sender that got no answer looks before it sends again."""
    bodies = [*history, *(message.body for message in await store.messages(INSTANCE_ID))]
    kept = Counter((body.name, body.input) for body in bodies if isinstance(body, EventRaised))
    unsent = []
    for delay, name, text in plan.events:
        if kept[name, text] > 0:
            kept[name, text] -= 1
        else:
            unsent.append((delay, name, text))
    return unsent
