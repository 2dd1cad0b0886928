"""A loaded app with everything it needs to run inside a test: engine, routes, stand-ins, virtual time."""

from __future__ import annotations

import json
import logging
import os
from collections.abc import Callable
from contextlib import AsyncExitStack
from pathlib import Path
from random import Random

import httpx

from funchost.app.settings import load_settings
from funchost.clock import Clock
from funchost.dispatch.activities import CallHttp
from funchost.dispatch.invoker import Invoker
from funchost.dispatch.taskhub import TaskHub
from funchost.errors import StartError, StoreError
from funchost.host import hub_settings
from funchost.http.admin import HostStatus
from funchost.http.application import RPC_PATH, WEBHOOK_PATH, PublicSettings, public_application, rpc_application
from funchost.http.client_payload import ManagementAddress
from funchost.http.readiness import ReadinessGate
from funchost.http.routing import build_route_table
from funchost.http.server import HttpServer, bind_rpc
from funchost.ids import IdSource, RandomIds
from funchost.store.base import Store
from funchost.store.sqlite import SqliteStore
from funchost.testing.replacements import Replacement, ReplacingWorkers
from funchost.testing.virtual_clock import VirtualClock
from funchost.worker.contract import LogLine, Workers
from funchost.worker.in_process import InProcessWorkers

PUBLIC_URL = "http://localhost:7071"


class LoadedParts:
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
            raise StartError("The app cannot be loaded: " + "\n".join(broken))
        self.invoker = self._invoker(self.workers, self.ids)
        self.hub = self.make_hub(store, clock=self.clock, ids=self.ids, on_failure=_fail)
        await self.hub.open(run_timers=False)
        self.stack.push_async_callback(self.hub.close)

    def make_hub(
        self,
        store: Store,
        *,
        clock: Clock,
        ids: IdSource,
        on_failure: Callable[[StoreError], None],
        workers: Workers | None = None,
        call_http: CallHttp | None = None,
    ) -> TaskHub:
        """Another engine for the same loaded app, over a store of its own; the caller opens and closes it."""
        return TaskHub(
            self.settings.host.hub_name,
            store=store,
            invoker=self._invoker(workers or self.workers, ids),
            index=self.index,
            clock=clock,
            ids=ids,
            settings=hub_settings(self.settings.host),
            call_http=call_http or self.call_http,
            on_failure=on_failure,
        )

    def _invoker(self, workers: Workers, ids: IdSource) -> Invoker:
        return Invoker(workers, ids, on_invocation=lambda event: None, function_timeout=None)

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

    async def call_http(self, request_text: str) -> str:
        """Answer a durable HTTP call as the test says; a test reaches no network."""
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


def _fail(error: BaseException) -> None:
    raise error
