"""The two ASGI applications of a host, put together from explicit parts.

``public_application`` is what clients see: the host's own routes first, then the app's functions, then pages.
``rpc_application`` is what the SDK's client in the worker processes talks to.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field

from starlette.datastructures import MutableHeaders
from starlette.requests import Request
from starlette.responses import HTMLResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from funchost.app.index import AppIndex
from funchost.clock import Clock
from funchost.dispatch.invoker import Invoker
from funchost.dispatch.taskhub import TaskHub
from funchost.http.admin import TIMER_INFO, AdminApi, HostStatus
from funchost.http.bodies import MAX_BODY_BYTES, BodyTooLarge, BodyUnreadable
from funchost.http.client_payload import ManagementAddress
from funchost.http.cors import allow_origins
from funchost.http.functions import FunctionRoutes, authority
from funchost.http.home import home_page
from funchost.http.management import ManagementApi
from funchost.http.paths import function_segments, management_segments, raw_path
from funchost.http.replies import empty, error
from funchost.http.routing import RouteTable, url_template

WEBHOOK_PATH = "/runtime/webhooks/durabletask"
RPC_PATH = "/durabletask/"

Warn = Callable[[str], None]
OnError = Callable[[BaseException], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class PublicSettings:
    """What can be set about the public listener.

    ``public_url`` is printed and put into links: ``http://localhost:7071``. ``cors_origins`` empty means no CORS.
    ``use_forwarded_host`` is ``extensions.durableTask.httpSettings.useForwardedHost``; ``custom_headers``, those of
    ``extensions.http``, stand in every answer.
    """

    public_url: str
    route_prefix: str = "api"
    cors_origins: tuple[str, ...] = ()
    cors_credentials: bool = False
    use_forwarded_host: bool = False
    custom_headers: Mapping[str, str] = field(default_factory=dict)
    homepage: bool = True
    max_body_bytes: int = MAX_BODY_BYTES


def public_application(
    *,
    hub: TaskHub,
    index: AppIndex,
    table: RouteTable,
    invoker: Invoker,
    clock: Clock,
    address: ManagementAddress,
    settings: PublicSettings,
    status: HostStatus,
    warn: Warn,
    on_error: OnError,
    timer_info: Callable[[str], str] = lambda name: TIMER_INFO,
    pages: Mapping[str, ASGIApp] | None = None,
) -> ASGIApp:
    """What clients see.

    Args:
        table: From ``build_route_table(index.functions, settings.route_prefix)``.
        warn: Takes a sentence for the log about a request that will not work on the real host either.
        on_error: Takes an exception that is a defect of funchost or a store that fails; the client gets a 500.
        timer_info: Gives what a timer function is handed when somebody runs it by hand.
        pages: Who answers the paths below a first segment, given in lower case, that no function answers.
    """
    management = ManagementApi(
        hub=hub,
        clock=clock,
        links=lambda request: (_base_url(request, settings), address.query()),
        for_sdk=False,
        max_body_bytes=settings.max_body_bytes,
        on_error=on_error,
    )
    admin = AdminApi(
        index=index,
        table=table,
        route_prefix=settings.route_prefix,
        public_url=settings.public_url,
        address=address,
        invoker=invoker,
        clock=clock,
        status=status,
        max_body_bytes=settings.max_body_bytes,
        timer_info=timer_info,
    )
    functions = FunctionRoutes(
        table=table,
        address=address,
        invoker=invoker,
        max_body_bytes=settings.max_body_bytes,
        warn=warn,
    )
    page = home_page(
        (route.function.name, url_template(route.function, settings.route_prefix, settings.public_url))
        for route in table.routes
    )

    async def answer(request: Request) -> ASGIApp:
        raw = raw_path(request.scope)
        segments = function_segments(raw)
        match [segment.lower() for segment in segments[:3]]:
            case ["admin", *_]:
                return await admin.answer(request, segments[1:])
            case ["runtime", "webhooks", "durabletask"]:
                return await management.answer(request, _below(raw, depth=3))
            case ["runtime", "webhooks", *_]:
                return empty(404)
        if (answered := await functions.answer(request)) is not None:
            return answered
        if segments and pages and (below := pages.get(segments[0].lower())) is not None:
            return below
        if not segments and settings.homepage:
            return HTMLResponse(page)
        return empty(404 if segments else 204)

    guarded = _with_headers(_application(answer, on_error), settings.custom_headers)
    return allow_origins(guarded, settings.cors_origins, credentials=settings.cors_credentials)


def rpc_application(*, hub: TaskHub, clock: Clock, address: ManagementAddress, on_error: OnError) -> ASGIApp:
    """What the SDK's client sees: the same management API at ``/durabletask/``, without a limit on bodies.

    Links in its answers lead to the public listener, where a browser can follow them.
    """
    management = ManagementApi(
        hub=hub,
        clock=clock,
        links=lambda request: (address.base_url, address.query()),
        for_sdk=True,
        max_body_bytes=None,
        on_error=on_error,
    )

    async def answer(request: Request) -> ASGIApp:
        raw = raw_path(request.scope)
        segments = function_segments(raw)
        if segments and segments[0].lower() == "durabletask":
            return await management.answer(request, _below(raw, depth=1))
        return empty(404)

    return _application(answer, on_error)


def _application(answer: Callable[[Request], Awaitable[ASGIApp]], on_error: OnError) -> ASGIApp:
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return
        response: ASGIApp
        try:
            response = await answer(Request(scope, receive))
        except BodyTooLarge:
            response = empty(413)
        except BodyUnreadable as problem:
            response = error(400, str(problem))
        except Exception as problem:
            on_error(problem)
            response = empty(500)
        await response(scope, receive, send)

    return app


def _with_headers(app: ASGIApp, headers: Mapping[str, str]) -> ASGIApp:
    """The same application, with headers of its answers set, or replaced."""
    if not headers:
        return app

    async def with_headers(scope: Scope, receive: Receive, send: Send) -> None:
        async def send_with(message: Message) -> None:
            if message["type"] == "http.response.start":
                answered = MutableHeaders(scope=message)
                for name, value in headers.items():
                    answered[name] = value
            await send(message)

        await app(scope, receive, send_with)

    return with_headers


def _below(raw: str, depth: int) -> list[str]:
    """Management segments after the first ``depth`` segments of the path, which are the base."""
    parts = raw.lstrip("/").split("/", depth)
    return management_segments(parts[depth]) if len(parts) > depth else []


def _base_url(request: Request, settings: PublicSettings) -> str:
    """Base of management URLs in an answer: at the host the request named, or a proxy says it named."""
    scheme, host = request.scope.get("scheme", "http"), authority(request)
    if settings.use_forwarded_host:
        forwarded_host = request.headers.get("x-forwarded-host", "").split(",")[0].strip()
        forwarded_scheme = request.headers.get("x-forwarded-proto", "").split(",")[0].strip()
        if forwarded_host and forwarded_scheme:
            scheme, host = forwarded_scheme, forwarded_host
    return f"{scheme}://{host}{WEBHOOK_PATH}"
