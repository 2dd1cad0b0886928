"""What a function gave back, as a response that can be sent.

User code can ask for responses that HTTP does not allow: a status of 42, a line break in a header, a body with
a 204. The real host fails on the first two inside Kestrel; here they are an empty 500 and a sentence in the log.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from starlette.responses import Response

from funchost.http.replies import empty
from funchost.worker.contract import HttpResponseData
from funchost.worker.http_values import response_from_text

_TOKEN = re.compile(rb"[!#$%&'*+\-.^_`|~0-9A-Za-z]+")
_FORBIDDEN_IN_VALUE = re.compile(rb"[\x00-\x08\x0a-\x1f\x7f]")
_FRAMING = frozenset([b"content-length", b"transfer-encoding", b"connection", b"keep-alive"])
_REPEATABLE = frozenset([b"set-cookie"])


def to_response(value: HttpResponseData | str | None, *, warn: Callable[[str], None]) -> Response:
    """Make the response.

    Args:
        value: A response; a text, which is read as the host reads a text returned from a function; or None,
            which only a v1 function without an output binding gives: 204.
    """
    match value:
        case None:
            return empty(204)
        case str():
            return _send(response_from_text(value), warn)
        case HttpResponseData():
            return _send(value, warn)


def _send(data: HttpResponseData, warn: Callable[[str], None]) -> Response:
    if not 200 <= data.status_code <= 599:
        warn(f"the function answered with status {data.status_code}; a status lies between 200 and 599.")
        return empty(500)
    chosen: dict[bytes, bytes] = {}
    repeated: list[tuple[bytes, bytes]] = []
    for name, value in data.headers:
        try:
            raw_name, raw_value = name.encode("ascii").lower(), value.strip().encode("latin-1")
        except UnicodeEncodeError:
            warn(f"the response header {name!r} holds characters that HTTP headers cannot carry.")
            return empty(500)
        if not _TOKEN.fullmatch(raw_name) or _FORBIDDEN_IN_VALUE.search(raw_value):
            warn(f"the response header {name!r} is not a valid HTTP header.")
            return empty(500)
        if raw_name in _FRAMING:
            continue  # the server frames the message itself, by the true length of the body
        if raw_name in _REPEATABLE:
            repeated.append((raw_name, raw_value))
        else:
            chosen[raw_name] = raw_value  # a name given twice: the last wins
    body = b"" if data.status_code in (204, 304) else data.body
    response = Response(body, data.status_code)
    length = [(b"content-length", str(len(body)).encode())] if data.status_code not in (204, 304) else []
    response.raw_headers = [*chosen.items(), *repeated, *length]
    return response
