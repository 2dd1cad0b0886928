"""The time between the first connection and a running app."""

from __future__ import annotations

import asyncio

from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from funchost.clock import Clock
from funchost.http.admin import HostStatus
from funchost.http.paths import function_segments, raw_path
from funchost.http.replies import json_value


class ReadinessGate:
    """An ASGI application that holds every request back until it is told which application answers.

    Lets the host take its port before workers are up, so that no client sees a refused connection.
    """

    def __init__(self) -> None:
        self._opened = asyncio.Event()
        self._app: ASGIApp | None = None

    def open(self, app: ASGIApp) -> None:
        """Hand waiting and later requests to ``app``; may be called again to replace it."""
        self._app = app
        self._opened.set()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self._opened.wait()
        assert self._app is not None  # set before the event
        await self._app(scope, receive, send)


def failed_application(status: HostStatus, clock: Clock) -> ASGIApp:
    """What answers when the app could not be started: its status with the errors, and 503 for the rest."""

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive)
        segments = [segment.lower() for segment in function_segments(raw_path(scope))]
        if segments == ["admin", "host", "status"]:
            await json_value(status.encode(clock.now()))(scope, receive, send)
        else:
            answer = PlainTextResponse("Function host is not running.", 503)
            await answer(request.scope, receive, send)

    return app
