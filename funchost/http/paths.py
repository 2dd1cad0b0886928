"""Request paths: decoded exactly once, in the way of whoever would read them on the real host.

ASGI servers hand over a decoded ``path`` in which an encoded slash can no longer be told from a real one, so
everything here starts from ``raw_path``.
"""

from __future__ import annotations

import re
from urllib.parse import quote, unquote, unquote_plus

from starlette.types import Scope

_ENCODED_SLASH = re.compile("%2f", re.IGNORECASE)


def raw_path(scope: Scope) -> str:
    """The path as it stood on the wire, percent-encoded, without the query."""
    raw = scope.get("raw_path")
    if raw is None:  # optional in ASGI
        return quote(scope["path"])
    return str(raw.decode("latin-1").partition("?")[0])


def function_segments(raw: str) -> list[str]:
    """Segments for the app's own routes, as ASP.NET Core sees them.

    An encoded slash stays ``%2F`` inside its segment, ``.`` and ``..`` are resolved, and one slash at the end
    makes no difference.
    """
    resolved: list[str] = []
    for segment in _strip_once(raw).split("/"):
        decoded = _decoded(segment) if "%" in segment else segment
        if decoded == "..":
            del resolved[-1:]
        elif decoded != ".":
            resolved.append(decoded)
    return [] if resolved == [""] else resolved


def _decoded(segment: str) -> str:
    return "%2F".join(unquote(part) for part in _ENCODED_SLASH.split(segment))


def management_segments(raw: str) -> list[str]:
    """Segments for the Durable HTTP API: the extension decodes the whole path as a form would, then splits.

    So ``+`` is a blank, ``%2B`` a plus, and ``%2F`` separates segments like any slash. Slashes at either end
    make no difference.
    """
    path = unquote_plus(raw).strip("/")
    return path.split("/") if path else []


def _strip_once(raw: str) -> str:
    raw = raw[1:] if raw.startswith("/") else raw
    return raw[:-1] if raw.endswith("/") else raw
