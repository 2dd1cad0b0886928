"""A durable app inside a test: its code in this process, its engine in memory, its time in the test's hands."""

from __future__ import annotations

import asyncio
import json
import logging
import os
from collections.abc import Coroutine
from contextlib import AsyncExitStack
from datetime import datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any, TypeVar

import httpx

from funchost.app.settings import load_settings
from funchost.dispatch.invoker import Invoker
from funchost.dispatch.taskhub import TaskHub
from funchost.engine.execution import fold
from funchost.host import hub_settings
from funchost.http.admin import HostStatus
from funchost.http.application import RPC_PATH, WEBHOOK_PATH, PublicSettings, public_application, rpc_application
from funchost.http.client_payload import ManagementAddress
from funchost.http.readiness import ReadinessGate
from funchost.http.routing import build_route_table
from funchost.http.server import HttpServer, bind_rpc
from funchost.ids import RandomIds
from funchost.model.entities import EntityId
from funchost.model.history import HistoryEvent, TimerCreated
from funchost.model.records import InstanceRecord
from funchost.store.sqlite import SqliteStore
from funchost.testing.explain import describe_failure, describe_wait
from funchost.testing.replacements import Replacement, ReplacingWorkers
from funchost.testing.virtual_clock import VirtualClock
from funchost.worker.contract import LogLine
from funchost.worker.in_process import InProcessWorkers

PUBLIC_URL = "http://localhost:7071"
REAL_SECONDS = 30.0
"""How long user code may keep a call of this module waiting before it counts as hanging."""

T = TypeVar("T")


class OrchestrationFailed(AssertionError):
    """The orchestration did not complete; the text is its failure, the user's traceback, and its last steps."""


class OrchestrationHangs(AssertionError):
    """Nothing can happen any more, or user code does not return; the text lists what is waited for."""


class Orchestration:
    """One orchestration instance under test."""

    def __init__(self, app: DurableApp, instance_id: str) -> None:
        self._app = app
        self.instance_id = instance_id

    def result(self) -> Any:
        """Let it run to its end, time jumping from timer to timer as nothing else is to do; return its output.

        Raises OrchestrationFailed where it ends in another way, and OrchestrationHangs where it never can.
        """
        return self._app._result(self.instance_id)

    @property
    def runtime_status(self) -> str:
        """``Running``, ``Completed``, …; as it is now, without time passing."""
        return self._app._record(self.instance_id).runtime_status.value

    @property
    def output(self) -> Any:
        """The output, or the text of a failure or termination; None while it runs."""
        return _decoded(self._app._record(self.instance_id).output)

    @property
    def custom_status(self) -> Any:
        return _decoded(self._app._record(self.instance_id).custom_status)

    @property
    def history(self) -> list[HistoryEvent]:
        """The events of its current execution, oldest first."""
        return self._app._call(self._app._parts.hub.get_history(self.instance_id))

    def raise_event(self, name: str, data: Any = None) -> None:
        """Raise an external event with ``data`` as its value, and let what follows run without time passing."""
        self._app._do(self._app._parts.hub.raise_event(self.instance_id, name, json.dumps(data)))

    def terminate(self, reason: str = "") -> None:
        self._app._do(self._app._parts.hub.terminate(self.instance_id, reason))

    def suspend(self, reason: str = "") -> None:
        self._app._do(self._app._parts.hub.suspend(self.instance_id, reason))

    def resume(self, reason: str = "") -> None:
        self._app._do(self._app._parts.hub.resume(self.instance_id, reason))

    def __repr__(self) -> str:
        return f"<orchestration {self.instance_id!r}: {self.runtime_status}>"


class Entity:
    """One entity under test."""

    def __init__(self, app: DurableApp, entity_id: EntityId) -> None:
        self._app = app
        self.entity_id = entity_id

    def signal(self, operation: str, input: Any = None) -> None:
        """Send an operation, and let what follows run without time passing."""
        text = None if input is None else json.dumps(json.dumps(input))
        self._app._do(self._app._parts.hub.signal_entity(self.entity_id, operation, text))

    @property
    def exists(self) -> bool:
        record = self._app._call(self._app._parts.hub.get_entity(self.entity_id))
        return record is not None and record.exists

    @property
    def state(self) -> Any:
        """The state as of its last operation; None where it has none."""
        record = self._app._call(self._app._parts.hub.get_entity(self.entity_id))
        return None if record is None else _decoded(record.state)


class _Parts:
    """What belongs to one loaded app; made and used on the app's own event loop."""

    def __init__(self, app_root: Path, clock: VirtualClock, log: list[LogLine]) -> None:
        self.settings = load_settings(app_root, os.environ)
        self.clock = clock
        self.ids = RandomIds()
        self.workers = ReplacingWorkers(
            InProcessWorkers(
                self.settings.root, settings=self.settings.environment, on_log=log.append, log_level=logging.INFO
            )
        )
        self.http: Replacement | None = None
        self.stack = AsyncExitStack()
        self.gate = ReadinessGate()
        self._client: httpx.AsyncClient | None = None

    async def open(self) -> None:
        host = self.settings.host
        store = SqliteStore(None, hub_name=host.hub_name, clock=self.clock)
        await store.open()
        self.stack.push_async_callback(store.close)
        self.index = await self.workers.start()
        self.stack.push_async_callback(self.workers.stop)
        broken = [problem.message for problem in self.index.problems]
        if broken and not self.index.functions:
            raise OrchestrationFailed("The app cannot be loaded: " + "\n".join(broken))
        self.invoker = Invoker(self.workers, self.ids, on_invocation=lambda event: None, function_timeout=None)
        self.hub = TaskHub(
            host.hub_name,
            store=store,
            invoker=self.invoker,
            index=self.index,
            clock=self.clock,
            ids=self.ids,
            settings=hub_settings(host),
            call_http=self._call_http,
            on_failure=_fail,
        )
        await self.hub.open(run_timers=False)
        self.stack.push_async_callback(self.hub.close)

    async def client(self) -> httpx.AsyncClient:
        """The app's routes, without a network; its durable clients reach the engine over loopback."""
        if self._client is not None:
            return self._client
        listener = bind_rpc(Random())
        rpc_gate = ReadinessGate()
        server = HttpServer(rpc_gate, listener)
        await server.start()
        self.stack.push_async_callback(server.stop)
        host = self.settings.host
        address = ManagementAddress(
            base_url=f"{PUBLIC_URL}{WEBHOOK_PATH}",
            rpc_base_url=f"http://127.0.0.1:{server.port}{RPC_PATH}",
            task_hub=host.hub_name,
            key="virtual",
        )
        rpc_gate.open(rpc_application(hub=self.hub, clock=self.clock, address=address, on_error=_fail))
        public = public_application(
            hub=self.hub,
            index=self.index,
            table=build_route_table(self.index.functions, host.route_prefix),
            invoker=self.invoker,
            clock=self.clock,
            address=address,
            settings=PublicSettings(public_url=PUBLIC_URL, route_prefix=host.route_prefix),
            status=HostStatus(
                host_id="test", version="4", instance_id="0", computer_name="test", started_at=self.clock.now()
            ),
            warn=lambda text: None,
            on_error=_fail,
        )
        self._client = httpx.AsyncClient(transport=httpx.ASGITransport(public), base_url=PUBLIC_URL, timeout=None)
        self.stack.push_async_callback(self._client.aclose)
        return self._client

    async def _call_http(self, request_text: str) -> str:
        if self.http is None:
            raise OSError(
                "a test reaches no network by itself: say what durable HTTP calls answer with "
                "durable.replace_http(...)"
            )
        try:
            response = self.http.respond(json.loads(request_text))
        except OSError:
            raise
        except Exception as error:
            raise OSError(str(error)) from error
        return json.dumps({"statusCode": 200, "headers": {}, "content": "", **response})


class DurableApp:
    """The fixture ``durable``: an app on the embedded engine, in memory, on a virtual clock.

    Nothing runs behind the test's back: each method lets run what can run and returns when all is quiet. Time
    stands still except in ``advance`` and ``Orchestration.result``.
    """

    def __init__(self, app_root: Path, *, start: datetime | None = None) -> None:
        self._loop = asyncio.new_event_loop()
        self._clock = VirtualClock(start)
        self.log: list[LogLine] = []
        self._parts = _Parts(app_root, self._clock, self.log)
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

    # -- The app's routes -----------------------------------------------------------------------------------

    def request(self, method: str, path: str, **arguments: Any) -> httpx.Response:
        """Call one of the app's routes, ``/api/…``, or a management URL that an answer named."""
        return self._do(self._request(method, path, arguments))

    def get(self, path: str, **arguments: Any) -> httpx.Response:
        return self.request("GET", path, **arguments)

    def post(self, path: str, **arguments: Any) -> httpx.Response:
        return self.request("POST", path, **arguments)

    async def _request(self, method: str, path: str, arguments: dict[str, Any]) -> httpx.Response:
        client = await self._parts.client()
        return await client.request(method, path, **arguments)

    # -- The end --------------------------------------------------------------------------------------------

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
        while (due := hub.next_timer_due) is not None and due <= target:
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
        return _decoded(record.output)

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


def _decoded(text: str | None) -> Any:
    return None if text is None else json.loads(text)


def _fail(error: BaseException) -> None:
    raise error
