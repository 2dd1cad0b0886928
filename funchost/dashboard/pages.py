"""The dashboard as an ASGI application: a few plain files, read once, with strict headers.

The files use the management API and ``/admin/functions`` like any other client; nothing here knows the hub.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from importlib.resources import files

from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

SEGMENT = "dashboard"
"""First segment of every path; the page itself is at ``/dashboard``."""

PAGE = "index.html"

# Not from the machine's MIME table: on Windows a registry entry may call a script plain text.
MEDIA_TYPES = {
    ".html": "text/html; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
}

HEADERS = {
    # Only our own files; and no text of an orchestration can become markup or script, not even by a mistake of
    # ours: with trusted types the browser refuses innerHTML and its like altogether.
    "content-security-policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
        "base-uri 'none'; form-action 'none'; frame-ancestors 'none'; "
        "require-trusted-types-for 'script'; trusted-types 'none'"
    ),
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "no-referrer",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    # Asked for again each time, so that a newer funchost on the same port shows its own files.
    "cache-control": "no-cache",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class _File:
    body: bytes
    media_type: str
    etag: str


def dashboard() -> tuple[ASGIApp, tuple[tuple[str, ...], ...]]:
    """The application, and the paths it answers, each as its segments: the page's first, then its assets'."""
    served = {_segments(name): file for name, file in _read().items()}

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive)
        path = tuple(request.url.path.strip("/").split("/"))
        file = served.get((path[0].lower(), *path[1:]))
        await _answer(request, file)(scope, receive, send)

    return app, tuple(sorted(served))


def _answer(request: Request, file: _File | None) -> Response:
    if file is None or request.method not in ("GET", "HEAD"):
        return Response(status_code=404)
    headers = {**HEADERS, "etag": file.etag}
    if file.etag in request.headers.get("if-none-match", ""):
        return Response(status_code=304, headers=headers)
    return Response(file.body, headers={**headers, "content-type": file.media_type})


def _segments(name: str) -> tuple[str, ...]:
    return (SEGMENT,) if name == PAGE else (SEGMENT, name)


def _read() -> dict[str, _File]:
    """The package's assets by name; what is of no type that we serve stays unserved."""
    found = {}
    for entry in files("funchost.dashboard").joinpath("assets").iterdir():
        media_type = MEDIA_TYPES.get("." + entry.name.rpartition(".")[2])
        if media_type is not None:
            body = entry.read_bytes()
            etag = f'"{hashlib.sha256(body).hexdigest()[:20]}"'
            found[entry.name] = _File(body=body, media_type=media_type, etag=etag)
    return found
