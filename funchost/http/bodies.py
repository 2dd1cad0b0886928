"""Request bodies: read under a limit, decoded as their content type says."""

from __future__ import annotations

import codecs
import json
from typing import Any

from starlette.requests import Request

MAX_BODY_BYTES = 104_857_600
"""What the real host takes from clients: Kestrel's limit as the Functions host sets it, 100 MiB."""

# A charset comes from outside, and Python's codec names include many that are no character sets.
_CHARSETS = frozenset(
    ["utf-8", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "ascii", "iso8859-1", "cp1252", "iso8859-15"]
)

_MANY_BRACKETS = 250
_SPARE_LEVELS = 200


class BodyTooLarge(Exception):
    """The body is longer than the limit; answered with 413."""


class BodyUnreadable(ValueError):
    """The body is not text, or not JSON, as it claims; ``str()`` says where."""


def declared_length(request: Request) -> int | None:
    """``Content-Length``, or None where there is none (no body, or one sent in chunks)."""
    value = request.headers.get("content-length", "")
    return int(value) if value.isascii() and value.isdigit() else None


def is_chunked(request: Request) -> bool:
    return "chunked" in request.headers.get("transfer-encoding", "").lower()


async def read_body(request: Request, limit: int | None) -> bytes:
    """The whole body. Raises BodyTooLarge beyond ``limit`` bytes (None: no limit), at the earliest moment."""
    if limit is not None and (declared_length(request) or 0) > limit:
        raise BodyTooLarge
    chunks, total = [], 0
    async for chunk in request.stream():
        total += len(chunk)
        if limit is not None and total > limit:
            raise BodyTooLarge
        chunks.append(chunk)
    return b"".join(chunks)


def media_type(request: Request) -> str:
    """The content type without parameters, in lower case; empty where there is none."""
    return request.headers.get("content-type", "").partition(";")[0].strip().lower()


def decode_text(body: bytes, request: Request) -> str:
    """The body as text: by its charset parameter, else UTF-8, a byte order mark taken off.

    Raises BodyUnreadable.
    """
    charset = _charset(request)
    try:
        return body.decode("utf-8-sig" if charset == "utf-8" else charset)
    except UnicodeDecodeError as problem:
        raise BodyUnreadable(f"The body is not {charset} text: {problem.reason} at byte {problem.start}.") from None


def _charset(request: Request) -> str:
    for parameter in request.headers.get("content-type", "").split(";")[1:]:
        name, _, value = parameter.partition("=")
        if name.strip().lower() == "charset":
            asked = value.strip().strip("\"'")
            try:
                charset = codecs.lookup(asked).name
            except (LookupError, ValueError):
                charset = ""
            if charset not in _CHARSETS:
                raise BodyUnreadable(f"The charset {asked!r} is not supported; send UTF-8.")
            return charset
    return "utf-8"


def parse_json(text: str) -> Any:
    """The value of a JSON text. Raises BodyUnreadable naming line and column.

    What is nested so deeply that it only just fits Python's recursion limit is refused as well: others, who read
    the text again from further down the stack, would fail on it after it was accepted.
    """
    try:
        value = json.loads(text)
        if text.count("[") + text.count("{") > _MANY_BRACKETS:
            json.loads("[" * _SPARE_LEVELS + text + "]" * _SPARE_LEVELS)
        return value
    except json.JSONDecodeError as problem:
        raise BodyUnreadable(f"{problem.msg}, line {problem.lineno}, position {problem.colno}.") from None
    except RecursionError:
        raise BodyUnreadable("The value is nested too deeply.") from None
    except ValueError:  # an integer beyond Python's limit for conversions
        raise BodyUnreadable("A number has too many digits.") from None
