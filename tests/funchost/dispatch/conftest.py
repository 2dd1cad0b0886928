"""A task hub on the real SDK and the real store, with neither process nor network: as fast as tests should be."""

from __future__ import annotations

import asyncio
import json
import traceback
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import azure.durable_functions as df
from azure.functions.durable_functions import ActivityTriggerConverter  # noqa: F401  (the SDK must be there)

from funchost.app.index import AppIndex, Binding, FunctionInfo
from funchost.dispatch.invoker import Invoker
from funchost.dispatch.settings import HubSettings
from funchost.dispatch.taskhub import TaskHub
from funchost.errors import StoreError
from funchost.ids import RandomIds
from funchost.model.records import InstanceRecord
from funchost.store.sqlite import SqliteStore
from funchost.worker.contract import Failed, Following, Invocation, InvocationResult, Succeeded, WorkerLost
from funchost.worker.following import events_of
from funchost.worker.sessions import NOT_HELD, Sessions

START = datetime(2024, 5, 1, 10, 0, tzinfo=timezone.utc)


class ManualClock:
    """Time stands still until a test moves it."""

    def __init__(self, start: datetime = START) -> None:
        self.time = start

    def now(self) -> datetime:
        return self.time


@dataclass
class ScriptedApp:
    """Functions given as Python callables, run through the SDK in this process.

    ``die_next`` names functions whose next invocations end as if their process had died, one per entry.
    ``calls`` lists activities run, with their decoded input. With ``follows`` the app goes on with the episodes
    that follow activities, as a worker does, and counts them in ``followed``.
    """

    orchestrators: dict[str, Callable[..., Any]] = field(default_factory=dict)
    activities: dict[str, Callable[[Any], Any]] = field(default_factory=dict)
    entities: dict[str, Callable[[Any], Any]] = field(default_factory=dict)
    die_next: list[str] = field(default_factory=list)
    calls: list[tuple[str, Any]] = field(default_factory=list)
    contexts: list[dict[str, Any]] = field(default_factory=list)
    sessions: Sessions = field(default_factory=Sessions)
    session_episodes: int = 0
    follows: bool = False
    followed: int = 0

    def orchestrator(self, function: Callable[..., Any]) -> Callable[..., Any]:
        self.orchestrators[function.__name__] = function
        return function

    def activity(self, function: Callable[[Any], Any]) -> Callable[[Any], Any]:
        self.activities[function.__name__] = function
        return function

    def entity(self, function: Callable[[Any], Any]) -> Callable[[Any], Any]:
        self.entities[function.__name__] = function
        return function

    def index(self) -> AppIndex:
        kinds = [
            ("orchestrationTrigger", self.orchestrators),
            ("activityTrigger", self.activities),
            ("entityTrigger", self.entities),
        ]
        functions = []
        for trigger_type, named in kinds:
            for name in named:
                trigger = Binding(name="context", type=trigger_type, direction="in")
                functions.append(
                    FunctionInfo(
                        name=name,
                        trigger=trigger,
                        bindings=(trigger,),
                        script_file="app.py",
                        entry_point=name,
                        directory=".",
                    )
                )
        return AppIndex(programming_model="v2", python_version="3.11", functions=tuple(functions))

    # -- funchost.worker.contract.Workers --

    async def start(self) -> AppIndex:
        return self.index()

    async def stop(self) -> None:
        pass

    async def abandon(self, invocation_id: str) -> None:
        pass

    async def invoke(self, invocation: Invocation) -> InvocationResult:
        await asyncio.sleep(0)
        name = invocation.function_name
        if name in self.die_next:
            self.die_next.remove(name)
            raise WorkerLost(name)
        assert isinstance(invocation.trigger, str)
        try:
            if invocation.session is not None:
                return self.run_in_session(name, invocation)
            value = await self._run(name, invocation.trigger)
            return self._go_on(invocation.following, value) if invocation.following else Succeeded(value=value)
        except Exception as error:
            return Failed(
                error_type=type(error).__name__,
                message=str(error),
                stack="".join(traceback.format_tb(error.__traceback__)),
            )

    def _go_on(self, following: Following, value: str) -> Succeeded:
        """The result of an activity, and what follows it where this app does that."""
        at = following.not_before
        episode = Invocation(
            invocation_id=following.invocation_id,
            function_name=following.function_name,
            trigger=json.dumps(events_of(following, value, at)),
            session=following.session,
        )
        answer = self.run_in_session(following.function_name, episode) if self.follows else NOT_HELD
        if answer is NOT_HELD:
            return Succeeded(value=value)
        self.followed += 1
        return Succeeded(
            value=value, followed_at=at, episode=asyncio.ensure_future(self.hand_over(episode, answer))
        )

    async def hand_over(self, episode: Invocation, answer: Succeeded) -> InvocationResult:
        """What the host hears, and when, of an episode that this app has gone on with."""
        return answer

    def run_in_session(self, name: str, invocation: Invocation) -> Succeeded:
        answer = self.sessions.run(df.Orchestrator.create(self.orchestrators[name]), invocation)
        if invocation.session and invocation.session.known_events and answer.value is not None:
            self.session_episodes += 1
        return answer

    async def _run(self, name: str, trigger: str) -> str:
        if name in self.orchestrators:
            if isinstance(context := json.loads(trigger), dict):
                self.contexts.append(context)
            return str(df.Orchestrator.create(self.orchestrators[name])(trigger))
        if name in self.entities:
            return str(df.Entity.create(self.entities[name])(trigger))
        value = json.loads(trigger)
        self.calls.append((name, value))
        result = self.activities[name](value)
        if asyncio.iscoroutine(result):
            result = await result
        return json.dumps(result)


@dataclass
class RunningHub:
    """A task hub under test, with what a test wants to say to it."""

    hub: TaskHub
    app: ScriptedApp
    clock: ManualClock
    failures: list[StoreError]
    expects_failures: bool = False

    async def start(self, name: str, value: Any = None, instance_id: str | None = None) -> str:
        """Start as the SDK's client does: the input is JSON text, posted as a JSON string."""
        text = None if value is None else json.dumps(json.dumps(value))
        return await self.hub.start_orchestration(name, instance_id=instance_id, input_text=text)

    async def settle(self) -> None:
        """Let everything run that can run without time passing."""
        await self.hub.settle()

    async def advance(self, **delta: float) -> None:
        """Move time, firing timers one after another as they come due."""
        target = self.clock.time + timedelta(**delta)
        await self.settle()
        while (due := self.hub.next_timer_due) is not None and due <= target:
            self.clock.time = max(self.clock.time, due)
            self.hub.fire_due_timers()
            await self.settle()
        self.clock.time = max(self.clock.time, target)
        await self.settle()

    async def record(self, instance_id: str) -> InstanceRecord:
        record = await self.hub.get_instance(instance_id)
        assert record is not None
        return record

    async def output(self, instance_id: str) -> Any:
        """Let the instance run and return its decoded output; it must have completed."""
        await self.settle()
        record = await self.record(instance_id)
        assert record.runtime_status.value == "Completed", (record.runtime_status, record.output)
        return None if record.output is None else json.loads(record.output)

    async def failure(self, instance_id: str) -> str:
        """Let the instance run and return its failure text; it must have failed."""
        await self.settle()
        record = await self.record(instance_id)
        assert record.runtime_status.value == "Failed", (record.runtime_status, record.output)
        return str(json.loads(record.output or "null"))

    async def run(self, name: str, value: Any = None) -> Any:
        return await self.output(await self.start(name, value))

    async def event_names(self, instance_id: str) -> list[str]:
        return [type(event).__name__ for event in await self.hub.get_history(instance_id)]


@asynccontextmanager
async def running_hub(
    app: ScriptedApp,
    *,
    path: Path | None = None,
    clock: ManualClock | None = None,
    settings: HubSettings | None = None,
    on_store: Callable[[SqliteStore], None] | None = None,
) -> AsyncIterator[RunningHub]:
    """Open a hub over ``app``; in memory, or in a file that a later one can take up again."""
    clock = clock or ManualClock()
    store = SqliteStore(path, hub_name="TestHub")
    await store.open()
    if on_store is not None:
        on_store(store)
    failures: list[StoreError] = []
    ids = RandomIds()
    settings = settings or HubSettings(function_timeout=None)
    invoker = Invoker(app, ids, on_invocation=lambda event: None, function_timeout=None)

    async def call_http(request: str) -> str:
        return json.dumps({"statusCode": 200, "headers": {}, "content": json.loads(request)["uri"]})

    hub = TaskHub(
        "TestHub",
        store=store,
        invoker=invoker,
        index=app.index(),
        clock=clock,
        ids=ids,
        settings=settings,
        call_http=call_http,
        on_failure=failures.append,
    )
    await hub.open(run_timers=False)
    running = RunningHub(hub, app, clock, failures)
    try:
        yield running
    finally:
        await hub.close()
        await store.close()
    assert running.expects_failures or not failures
