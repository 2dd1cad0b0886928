"""The one place where the parts are put together."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import json
import logging
import os
import platform
import signal
import sys
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from random import Random

from funchost.app.environment import choose_environment
from funchost.app.host_settings import HostSettings
from funchost.app.index import AppIndex
from funchost.app.settings import AppSettings, load_settings
from funchost.app.time_zone import time_zone
from funchost.clock import Clock, SystemClock
from funchost.console import Console, ConsoleHandler, LogLevels, describe_problem
from funchost.dashboard.pages import SEGMENT as DASHBOARD
from funchost.dashboard.pages import dashboard
from funchost.dispatch.http_call import HttpCaller
from funchost.dispatch.invoker import Invoker
from funchost.dispatch.schedules import TIMER_TRIGGER, Schedules, read_timers
from funchost.dispatch.settings import HubSettings
from funchost.dispatch.taskhub import TaskHub
from funchost.engine.outcome import EngineSettings
from funchost.engine.versions import VersionFailure, VersionMatch, VersionRule
from funchost.errors import FuncHostError, StartError, WorkerStartFailed
from funchost.http.admin import HostStatus
from funchost.http.application import (
    RPC_PATH,
    WEBHOOK_PATH,
    PublicSettings,
    public_application,
    rpc_application,
)
from funchost.http.client_payload import ManagementAddress
from funchost.http.functions import CALLED_BY_HOST, client_inputs
from funchost.http.readiness import ReadinessGate
from funchost.http.routing import RouteTable, build_route_table
from funchost.http.server import HttpServer, bind_public, bind_rpc
from funchost.ids import IdSource, RandomIds
from funchost.running import running_file
from funchost.store.sqlite import SqliteStore
from funchost.worker.contract import WorkerLost, Workers
from funchost.worker.process import ProcessWorkers

RUNTIME_VERSION = "4.1052.200.0"
"""The Functions runtime whose behaviour is followed; what ``/admin/host/status`` tells."""

GARBAGE_THRESHOLD = 20_000
"""Objects made and not yet gone, from one look for unreachable ones to the next."""

STATE_FOLDER = ".funchost"
"""In the state folder while a host runs: its address, and the id that it also tells at that address."""

DEFAULT_PORT = 7071
MOST_WORKERS = 10
REACHED_AT = {"127.0.0.1": "localhost", "0.0.0.0": "localhost", "::": "[::1]"}
"""Under which name a listener is reached from this machine, where that is not its address."""

WARMUP_TRIGGER = "warmupTrigger"

log = logging.getLogger("funchost.host")


@dataclass(frozen=True, slots=True, kw_only=True)
class HostOptions:
    """What ``funchost start`` was asked for. None: as the app's settings say, else the default."""

    script_root: Path
    port: int | None = None
    address: str | None = None
    workers: int | None = None
    in_process: bool = False
    state: Path | None = None
    verbose: bool = False
    python: str | None = None
    extended_sessions: bool = True
    cors: tuple[str, ...] = ()
    cors_credentials: bool = False


class Host:
    """One host running one app. ``await start()``, ``await wait()``, ``await stop()``."""

    def __init__(
        self,
        options: HostOptions,
        environ: Mapping[str, str],
        *,
        clock: Clock | None = None,
        ids: IdSource | None = None,
    ) -> None:
        """Reads the app's settings. Raises StartError."""
        self._options = options
        self._clock = clock or SystemClock()
        self._ids = ids or RandomIds()
        self._instance_id = self._ids.next()
        self.settings: AppSettings = load_settings(options.script_root, environ)
        self._levels = LogLevels(self.settings.host.log_levels, verbose=options.verbose)
        self.console = Console(self._clock, self._levels)
        self._failure: asyncio.Future[FuncHostError] | None = None
        self._parts = contextlib.AsyncExitStack()
        self.url = self._reached_at = ""

    async def start(self) -> None:
        """Return once requests are answered. Raises StartError, with everything that was opened closed again."""
        self._failure = asyncio.get_running_loop().create_future()
        try:
            await self._start()
        except BaseException:
            await self._parts.aclose()
            raise

    async def wait(self) -> None:
        """Return never; raises the error that ends the host where it cannot go on."""
        assert self._failure is not None, "start() comes first"
        raise await self._failure

    async def stop(self) -> None:
        """Stop at once; what runs goes on at the next start. Idempotent."""
        await self._parts.aclose()

    # -- Steps ----------------------------------------------------------------------------------------------

    async def _start(self) -> None:
        options, settings = self._options, self.settings
        port = options.port if options.port is not None else settings.local.port
        address = options.address or settings.local.address or "127.0.0.1"
        public = bind_public(address, DEFAULT_PORT if port is None else port)
        self._parts.callback(public.close)
        rpc = bind_rpc(Random())
        self._parts.callback(rpc.close)
        self.url = f"http://localhost:{public.getsockname()[1]}"
        name = REACHED_AT.get(address, f"[{address}]" if ":" in address else address)
        self._reached_at = f"http://{name}:{public.getsockname()[1]}"
        gate, rpc_gate = ReadinessGate(), ReadinessGate()
        servers = (HttpServer(rpc_gate, rpc), HttpServer(gate, public))
        for server in servers:
            await server.start()
        self._parts.push_async_callback(_stop_all, servers)
        management = ManagementAddress(
            base_url=f"{self.url}{WEBHOOK_PATH}",
            rpc_base_url=f"http://127.0.0.1:{rpc.getsockname()[1]}{RPC_PATH}",
            task_hub=settings.host.hub_name,
            key=self._ids.next(),
        )
        workers = self._make_workers()
        store = SqliteStore(self._database(), hub_name=settings.host.hub_name)
        index = self._chosen(await self._bring_up(workers, store))
        table = build_route_table(index.functions, settings.host.route_prefix)
        zone, zone_complaint = time_zone(settings.environment)
        index, timers = read_timers(index, settings.environment, zone)
        index = self._reported(index, table)
        if timers and zone_complaint:
            self.console.warn(zone_complaint)
        invoker = Invoker(
            workers,
            self._ids,
            on_invocation=self.console.on_invocation,
            function_timeout=settings.host.function_timeout,
        )
        hub = await self._open_hub(store, invoker, index)
        schedules = Schedules(
            timers,
            store=store,
            invoker=invoker,
            clock=self._clock,
            zone=zone,
            inputs_for=lambda function: client_inputs(management, function),
            on_failure=self._fail,
        )
        self._parts.push_async_callback(schedules.close)
        rpc_gate.open(rpc_application(hub=hub, clock=self._clock, address=management, on_error=self._on_error))
        await self._warm_up(invoker, index, management)
        pages, paths = dashboard()
        # A route of the app's own comes first, even where it takes no more than one file of ours.
        hidden_by = next((found.function.name for path in paths if (found := table.match("GET", path))), None)
        gate.open(
            public_application(
                hub=hub,
                index=index,
                table=table,
                invoker=invoker,
                clock=self._clock,
                address=management,
                settings=self._public_settings(),
                status=self._status(),
                warn=self.console.warn,
                on_error=self._on_error,
                timer_info=schedules.timer_info,
                pages={DASHBOARD: pages} if hidden_by is None else None,
            )
        )
        # Again, so that it comes first: no request may find the hub closed.
        self._parts.push_async_callback(_stop_all, servers)
        self._announce()
        self.console.functions(index, settings.host.route_prefix, self.url)
        self.console.dashboard(f"{self.url}/{DASHBOARD}", hidden_by)
        await schedules.start()

    def _make_workers(self) -> Workers:
        options, settings = self._options, self.settings
        self._handle_logs()
        for message in settings.local.messages:
            self.console.notice(message)
        environment = {**settings.environment, "WEBSITE_HOSTNAME": self.url.removeprefix("http://")}
        if options.in_process:
            from funchost.worker.in_process import InProcessWorkers  # what else only a worker process imports

            self.console.banner(RUNTIME_VERSION, f"Python {platform.python_version()}, user code in this process")
            return InProcessWorkers(
                settings.root,
                settings=environment,
                on_log=self.console.on_log,
                log_level=self._levels.lowest(),
            )
        chosen = choose_environment(settings.root, settings.environment, python=options.python)
        environment.setdefault(
            "FUNCTIONS_WORKER_RUNTIME_VERSION", f"{chosen.python_version[0]}.{chosen.python_version[1]}"
        )
        self.console.banner(RUNTIME_VERSION, chosen.description)
        return ProcessWorkers(
            settings.root,
            chosen,
            settings=environment,
            on_log=self.console.on_log,
            processes=self._worker_count(),
            log_level=self._levels.lowest(),
        )

    def _worker_count(self) -> int:
        name = "FUNCTIONS_WORKER_PROCESS_COUNT"
        text = self.settings.environment.get(name, "1") if self._options.workers is None else ""
        try:
            count = int(text) if self._options.workers is None else self._options.workers
        except ValueError:
            count = 0
        if not 1 <= count <= MOST_WORKERS:
            shown = text or self._options.workers
            raise StartError(f"{name} (or --workers) is {shown!r}; give a whole number from 1 to {MOST_WORKERS}.")
        return count

    def _database(self) -> Path:
        state = self._options.state or self.settings.root / STATE_FOLDER
        return state / f"{self.settings.host.hub_name}.db"

    async def _bring_up(self, workers: Workers, store: SqliteStore) -> AppIndex:
        """Open the hub and start the workers side by side: the latter take most of the start."""
        self._parts.push_async_callback(store.close)
        self._parts.push_async_callback(workers.stop)
        # The text of the app is read meanwhile, for what the SDK would only puzzle over at the first call.
        steps = (
            asyncio.ensure_future(store.open()),
            asyncio.ensure_future(workers.start()),
            asyncio.ensure_future(asyncio.to_thread(_never_yields, self.settings.root)),
        )
        try:
            _, index, complaints = await asyncio.gather(*steps)
        except BaseException:
            for step in steps:
                step.cancel()
            await asyncio.gather(*steps, return_exceptions=True)
            raise
        for complaint in complaints:
            self.console.error(complaint)
        if isinstance(workers, ProcessWorkers):
            watching = asyncio.ensure_future(workers.failed())
            watching.add_done_callback(self._workers_failed)
            self._parts.callback(watching.cancel)
        return index

    def _chosen(self, index: AppIndex) -> AppIndex:
        """The functions that ``functions`` of ``host.json`` names; all, where it names none."""
        names = {name.lower() for name in self.settings.host.functions}
        if not names:
            return index
        return replace(index, functions=tuple(f for f in index.functions if f.name.lower() in names))

    def _reported(self, index: AppIndex, table: RouteTable) -> AppIndex:
        """Name what is wrong; refuse an app of which nothing is left. Returns the index of what runs."""
        broken = [problem for problem in index.problems if problem.function_name is None]
        if broken:
            raise StartError("\n".join(map(describe_problem, broken)))
        for problem in (*index.problems, *table.problems):
            self.console.error(describe_problem(problem))
        refused = {problem.function_name for problem in table.problems}
        functions = tuple(f for f in index.functions if f.name not in refused)
        if not functions:
            why = "; it defines none."
            if self.settings.host.functions:
                names = ", ".join(self.settings.host.functions)
                why = f": only these are to be loaded, by --functions or host.json: {names}."
            elif index.problems or table.problems:
                why = " (see above)."
            raise StartError(f"No function of the app in {self.settings.root} can run{why}")
        if self.settings.host.not_honoured:
            names = ", ".join(self.settings.host.not_honoured)
            self.console.notice(f"Set in host.json, and without effect on this host: {names}")
        for function in functions:
            if function.has_retry_policy and function.trigger.type == TIMER_TRIGGER:
                self.console.notice(
                    f"The retry policy of '{function.name}' has no effect on this host: a run of a timer function "
                    "that fails is not repeated."
                )
        return replace(index, functions=functions)

    async def _open_hub(self, store: SqliteStore, invoker: Invoker, index: AppIndex) -> TaskHub:
        host = self.settings.host
        caller = HttpCaller(default_poll_seconds=host.default_async_request_sleep_time.total_seconds())
        self._parts.push_async_callback(caller.close)
        hub = TaskHub(
            host.hub_name,
            store=store,
            invoker=invoker,
            index=index,
            clock=self._clock,
            ids=self._ids,
            settings=replace(
                hub_settings(host), extended_sessions=self._options.extended_sessions, parsed_histories=True
            ),
            call_http=caller.call,
            on_failure=self._fail,
        )
        resumed = await hub.open()
        self._parts.push_async_callback(hub.close)
        if resumed:
            named = ", ".join(resumed[:5]) + (f" and {len(resumed) - 5} more" if len(resumed) > 5 else "")
            self.console.notice(f"Task hub '{host.hub_name}' goes on where it was left: {named}")
        return hub

    async def _warm_up(self, invoker: Invoker, index: AppIndex, management: ManagementAddress) -> None:
        """Run the app's warm-up function, if it has one, before the first request: as on a Premium plan."""
        for function in index.functions:
            if function.trigger.type == WARMUP_TRIGGER and not function.disabled:
                with contextlib.suppress(WorkerLost):  # reported by the invoker; the app runs without it
                    await invoker.invoke(
                        function.name, "", reason=CALLED_BY_HOST, inputs=client_inputs(management, function)
                    )

    def _public_settings(self) -> PublicSettings:
        settings = self.settings
        return PublicSettings(
            public_url=self.url,
            route_prefix=settings.host.route_prefix,
            cors_origins=self._options.cors or settings.local.cors,
            cors_credentials=self._options.cors_credentials or settings.local.cors_credentials,
            use_forwarded_host=settings.host.use_forwarded_host,
            custom_headers=settings.host.custom_headers,
            homepage=settings.environment.get("AzureWebJobsDisableHomepage", "").lower() != "true",
        )

    def _status(self) -> HostStatus:
        bundle = self.settings.host.raw.get("extensionBundle")
        named = isinstance(bundle, Mapping) and "id" in bundle and "version" in bundle
        return HostStatus(
            host_id=self.settings.root.name.lower(),
            version=RUNTIME_VERSION,
            instance_id=self._instance_id,
            computer_name=platform.node(),
            started_at=self._clock.now(),
            extension_bundle=(str(bundle["id"]), str(bundle["version"])) if named else None,  # type: ignore[index]
        )

    def _announce(self) -> None:
        """Leave word of the running host in the state folder."""
        database = self._database()
        running = running_file(database.parent, database.stem)
        running.write_text(
            json.dumps(
                {
                    "url": self._reached_at,
                    "pid": os.getpid(),
                    "taskHub": self.settings.host.hub_name,
                    "instanceId": self._instance_id,
                }
            ),
            encoding="utf-8",
        )
        self._parts.callback(lambda: running.unlink(missing_ok=True))

    def _handle_logs(self) -> None:
        handler = ConsoleHandler(self.console, self._levels)
        own = logging.getLogger("funchost")
        own.addHandler(handler)
        own.setLevel(logging.INFO)
        own.propagate = False
        self._parts.callback(own.removeHandler, handler)

    def _on_error(self, error: BaseException) -> None:
        log.error("A request was answered with 500 because of an error in funchost", exc_info=error)

    def _workers_failed(self, watching: asyncio.Future[WorkerStartFailed]) -> None:
        if not watching.cancelled():
            self._fail(watching.result())

    def _fail(self, error: FuncHostError) -> None:
        if self._failure is not None and not self._failure.done():
            self._failure.set_result(error)


def _never_yields(root: Path) -> list[str]:
    """Orchestrators that hand a generator on instead of running it, so that nothing they ask for ever happens."""
    from funchost.lint import fatal_findings  # not needed until the workers are starting

    return [
        f"{found.place.path}:{found.place.line}: {found.code} {found.message}"
        for found in fatal_findings(root)
        if found.code == "DF007"  # async orchestrators are refused when they are loaded
    ]


async def _stop_all(servers: Iterable[HttpServer]) -> None:
    await asyncio.gather(*(server.stop() for server in servers))


def hub_settings(host: HostSettings) -> HubSettings:
    """What ``host.json`` says to the dispatch loops."""
    return HubSettings(
        max_concurrent_activities=host.max_concurrent_activities,
        max_concurrent_orchestrators=host.max_concurrent_orchestrators,
        max_concurrent_entities=host.max_concurrent_entities,
        function_timeout=host.function_timeout,
        replace_live_instances=host.overridable_existing_instance_states == "AnyState",
        entity_batch_size=host.max_entity_operation_batch_size,
        engine=EngineSettings(
            max_orchestration_actions=host.max_orchestration_actions,
            default_version=host.default_version or "",
        ),
        versions=VersionRule(
            app_version=host.default_version or "",
            match=VersionMatch(host.version_match_strategy),
            failure=VersionFailure(host.version_failure_strategy),
        ),
    )


async def run(options: HostOptions, environ: Mapping[str, str]) -> None:
    """Run a host until a signal asks it to stop. Raises StartError where it cannot start or go on."""
    host = Host(options, environ)
    stopping = asyncio.Event()
    with _signals(stopping):
        starting = asyncio.ensure_future(host.start())
        asked = asyncio.ensure_future(stopping.wait())
        await asyncio.wait({starting, asked}, return_when=asyncio.FIRST_COMPLETED)
        if not starting.done():
            starting.cancel()
        try:
            await starting
            _collect_seldom()
            going = asyncio.ensure_future(host.wait())
            await asyncio.wait({going, asked}, return_when=asyncio.FIRST_COMPLETED)
            if going.done():
                going.result()
            going.cancel()
        except asyncio.CancelledError:
            pass
        finally:
            asked.cancel()
            await host.stop()
            host.console.close()


def _collect_seldom() -> None:
    """Have Python look for unreachable cycles less often, and not among the modules.

    There are few, and every step of an orchestration makes hundreds of objects that end without it.
    """
    gc.freeze()
    gc.set_threshold(GARBAGE_THRESHOLD)


@contextlib.contextmanager
def _signals(stopping: asyncio.Event) -> Iterator[None]:
    """Set ``stopping`` on SIGINT and SIGTERM."""
    loop = asyncio.get_running_loop()
    if sys.platform == "win32":  # no signal handlers in its event loop
        before = signal.signal(signal.SIGINT, lambda *_: loop.call_soon_threadsafe(stopping.set))
        try:
            yield
        finally:
            signal.signal(signal.SIGINT, before)
        return
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stopping.set)
    try:
        yield
    finally:
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.remove_signal_handler(number)
