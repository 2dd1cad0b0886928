"""The few shapes in which the host itself answers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

from starlette.responses import Response

from funchost.wire.management import dump, encode_error

JSON_TYPE = "application/json; charset=utf-8"


def empty(status_code: int) -> Response:
    """A status and nothing else: no body, no content type."""
    return Response(status_code=status_code)


def json_body(body: bytes, status_code: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    """A body that is JSON already."""
    named = {"content-type": JSON_TYPE, **(headers or {})}
    return Response(body, status_code, headers=named)


def json_value(value: Any, status_code: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    """Any value, as compact JSON; a plain text becomes a JSON string."""
    return json_body(dump(value), status_code, headers)


def error(status_code: int, message: str, exception: str | None = None, *, kind: str | None = None) -> Response:
    """An error in the extension's shape.

    Args:
        exception: Text for ``ExceptionMessage``, the only one that SDK 1.x shows its user; None leaves the
            exception fields out.
        kind: .NET name for ``ExceptionType``.
    """
    if kind is None:
        return json_value(encode_error(message, exception_message=exception), status_code)
    return json_value(encode_error(message, exception_message=exception, exception_type=kind), status_code)


def header_url(url: str) -> str:
    """A URL as it may stand in a header: whatever is not printable ASCII is percent-encoded."""
    return quote(url, safe="!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~", errors="replace")
