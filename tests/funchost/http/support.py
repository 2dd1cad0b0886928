"""A host's two applications over a real task hub, with functions given as Python callables."""

from __future__ import annotations

import asyncio
import inspect
import traceback
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime, timezone
from typing import Any

import azure.durable_functions as df
import httpx
from starlette.types import ASGIApp

from funchost.app.index import AppIndex, Binding, FunctionInfo
from funchost.dispatch.invoker import InvocationEvent, Invoker
from funchost.dispatch.settings import HubSettings
from funchost.http.admin import HostStatus
from funchost.http.application import PublicSettings, public_application, rpc_application
from funchost.http.client_payload import ManagementAddress
from funchost.http.routing import build_route_table
from funchost.ids import RandomIds
from funchost.worker.contract import (
    Failed,
    HttpRequestData,
    HttpResponseData,
    Invocation,
    InvocationResult,
    Succeeded,
)

from ..dispatch.conftest import ManualClock, RunningHub, ScriptedApp, running_hub

ADDRESS = ManagementAddress(
    base_url="http://localhost:7071/runtime/webhooks/durabletask",
    rpc_base_url="http://127.0.0.1:17071/durabletask/",
    task_hub="TestHub",
    key="k",
)
STATUS = HostStatus(
    host_id="host1",
    version="4.1052.200",
    instance_id="i1",
    computer_name="desk",
    started_at=datetime(2024, 5, 1, 10, 0, tzinfo=timezone.utc),
)

HttpFunction = Callable[[HttpRequestData, dict[str, str]], Any]


@dataclass
class WebApp(ScriptedApp):
    """A scripted app that has HTTP and timer functions too."""

    others: dict[str, tuple[FunctionInfo, HttpFunction]] = field(default_factory=dict)

    def http(
        self, *, route: str | None = None, methods: list[str] | None = None, client: bool = False
    ) -> Callable[[HttpFunction], HttpFunction]:
        properties = {"route": route, "methods": methods, "authLevel": "FUNCTION"}
        return self._other("httpTrigger", properties, client)

    def timer(self) -> Callable[[HttpFunction], HttpFunction]:
        return self._other("timerTrigger", {"schedule": "0 0 * * * *"}, False)

    def queue(self) -> Callable[[HttpFunction], HttpFunction]:
        return self._other("queueTrigger", {"queueName": "q"}, False)

    def _other(self, kind: str, properties: dict[str, Any], client: bool) -> Callable[[HttpFunction], HttpFunction]:
        def register(function: HttpFunction) -> HttpFunction:
            trigger = Binding(name="req", type=kind, direction="in", properties=properties)
            clients = (Binding(name="client", type="durableClient", direction="in"),) if client else ()
            info = FunctionInfo(
                name=function.__name__,
                trigger=trigger,
                bindings=(trigger, *clients),
                script_file="function_app.py",
                entry_point=function.__name__,
                directory=".",
            )
            self.others[function.__name__] = (info, function)
            return function

        return register

    def index(self) -> AppIndex:
        durable = super().index()
        return replace(durable, functions=(*durable.functions, *(info for info, _ in self.others.values())))

    async def invoke(self, invocation: Invocation) -> InvocationResult:
        if invocation.function_name not in self.others or invocation.function_name in self.die_next:
            return await super().invoke(invocation)
        _, function = self.others[invocation.function_name]
        try:
            value = function(invocation.trigger, dict(invocation.inputs))  # type: ignore[arg-type]
            return Succeeded(value=await value if inspect.isawaitable(value) else value)
        except Exception as error:
            stack = "".join(traceback.format_tb(error.__traceback__))
            return Failed(error_type=type(error).__name__, message=str(error), stack=stack)


def text(body: str, status_code: int = 200, *headers: tuple[str, str]) -> HttpResponseData:
    return HttpResponseData(status_code=status_code, headers=headers, body=body.encode())


def durable_app() -> WebApp:
    """Orchestrators for every state a management test needs."""
    app = WebApp()

    @app.activity
    def fail_once(name: str) -> str:
        if len([1 for called, _ in app.calls if called == "fail_once"]) == 1:
            raise ValueError("boom")
        return f"done {name}"

    @app.orchestrator
    def hello(context: df.DurableOrchestrationContext) -> Any:
        context.set_custom_status({"step": 1})
        return f"Hello {context.get_input()}!"
        yield

    @app.orchestrator
    def waits(context: df.DurableOrchestrationContext) -> Any:
        event = yield context.wait_for_external_event("Go")
        return [context.get_input(), event]

    @app.orchestrator
    def fails(context: df.DurableOrchestrationContext) -> Any:
        result = yield context.call_activity("fail_once", "x")
        return result

    @app.entity
    def counter(context: df.DurableEntityContext) -> None:
        value = context.get_state(lambda: 0)
        if context.operation_name == "add":
            context.set_state(value + context.get_input())
        elif context.operation_name == "set":
            context.set_state(context.get_input())
        elif context.operation_name == "delete":
            context.destruct_on_exit()

    return app


@dataclass
class Host:
    """What a test talks to: ``public`` and ``rpc`` are clients of the two listeners."""

    app: WebApp
    running: RunningHub
    public: httpx.AsyncClient
    rpc: httpx.AsyncClient
    public_app: ASGIApp
    rpc_app: ASGIApp
    events: list[InvocationEvent]
    warnings: list[str]
    errors: list[BaseException]

    @property
    def clock(self) -> ManualClock:
        return self.running.clock

    async def settle(self) -> None:
        await self.running.settle()


@asynccontextmanager
async def host(
    app: WebApp | None = None,
    *,
    settings: PublicSettings | None = None,
    address: ManagementAddress = ADDRESS,
    hub_settings: HubSettings | None = None,
) -> AsyncIterator[Host]:
    """Both applications over one hub in memory; an unexpected error in funchost fails the test."""
    app = app or durable_app()
    settings = settings or PublicSettings(public_url="http://localhost:7071")
    events: list[InvocationEvent] = []
    warnings: list[str] = []
    errors: list[BaseException] = []
    async with running_hub(app, settings=hub_settings) as running:
        invoker = Invoker(app, RandomIds(), on_invocation=events.append, function_timeout=None)
        index = app.index()
        public_app = public_application(
            hub=running.hub,
            index=index,
            table=build_route_table(index.functions, settings.route_prefix),
            invoker=invoker,
            clock=running.clock,
            address=address,
            settings=settings,
            status=STATUS,
            warn=warnings.append,
            on_error=errors.append,
        )
        rpc_app = rpc_application(hub=running.hub, clock=running.clock, address=address, on_error=errors.append)
        async with (
            httpx.AsyncClient(
                transport=httpx.ASGITransport(public_app), base_url="http://localhost:7071"
            ) as public,
            httpx.AsyncClient(
                transport=httpx.ASGITransport(rpc_app), base_url="http://127.0.0.1:17071/durabletask"
            ) as rpc,
        ):
            yield Host(app, running, public, rpc, public_app, rpc_app, events, warnings, errors)
    assert errors == []


def run(scenario: Callable[[Host], Awaitable[Any]], app: WebApp | None = None, **options: Any) -> Any:
    """Run one scenario over a host of its own."""

    async def main() -> Any:
        async with host(app, **options) as running:
            return await scenario(running)

    return asyncio.run(main())
