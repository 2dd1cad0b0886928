"""Cross-origin requests, for pages that call the app from a development server."""

from __future__ import annotations

from collections.abc import Sequence

from starlette.datastructures import Headers
from starlette.middleware.cors import CORSMiddleware
from starlette.responses import Response
from starlette.types import ASGIApp


class _AspNetCors(CORSMiddleware):
    """Starlette's rules, answered as ASP.NET Core does: every preflight is an empty 204.

    Whether the browser may go on is said by the headers alone.
    """

    def preflight_response(self, request_headers: Headers) -> Response:
        answer = super().preflight_response(request_headers)
        allowed = self.is_allowed_origin(request_headers["origin"])
        kept = {
            name: value
            for name, value in answer.headers.items()
            if name == "vary" or (allowed and name.startswith("access-control-"))
        }
        return Response(status_code=204, headers=kept)


def allow_origins(app: ASGIApp, origins: Sequence[str], *, credentials: bool) -> ASGIApp:
    """Let pages from these origins (``*``: any) call every route with any method and header; none: no CORS."""
    if not origins:
        return app
    return _AspNetCors(
        app,
        allow_origins=[origin.rstrip("/") for origin in origins],
        allow_methods=["*"],
        allow_headers=["*"],
        allow_credentials=credentials,
    )
