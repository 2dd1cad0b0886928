"""HTTP requests as user code sees them, and what it returned as the response that is sent.

Source: functions-host reference B.3 and B.4. Imported by worker processes: standard library only.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from http.cookies import Morsel, SimpleCookie
from typing import Any
from urllib.parse import parse_qsl, quote, urlsplit

from funchost.worker.contract import HttpRequestData, HttpResponseData

TEXT = "text/plain; charset=utf-8"
NO_CONTENT = HttpResponseData(status_code=204, headers=(), body=b"")
_NOT_A_NUMBER_STATUS = 200


def joined(pairs: Iterable[tuple[str, str]]) -> dict[str, str]:
    """Values of a repeated name are joined with a comma."""
    values: dict[str, str] = {}
    for name, value in pairs:
        values[name] = f"{values[name]},{value}" if name in values else value
    return values


def request_parts(request: HttpRequestData) -> dict[str, Any]:
    """The parts of a request as ``azure.functions.HttpRequest`` wants them; empty parameters are dropped."""
    return {
        "method": request.method.upper(),
        "url": request.url,
        "headers": joined((name.lower(), value) for name, value in request.headers),
        "query": joined(parse_qsl(urlsplit(request.url).query)),
        "params": dict(request.route_params),
        "body": request.body,
    }


def response_from_text(text: str) -> HttpResponseData:
    """A returned ``str``: text as it stands, unless it parses as JSON.

    Then the host takes it apart and writes it anew: indented, or, for an object with a ``body``, as the
    description of a response.
    """
    try:
        content = json.loads(text) if text.strip() else text
        if isinstance(content, dict):
            described = {str(key).lower(): value for key, value in content.items()}
            if "body" in described:
                return _described_response(described)
        text = _written_anew(content)
    except (ValueError, RecursionError):
        pass  # no JSON, or nested too deep to be read: text as it stands
    return HttpResponseData(status_code=200, headers=(("Content-Type", TEXT),), body=_encode(text))


def response_from_parts(parts: Mapping[str, Any]) -> HttpResponseData:
    """An ``HttpResponse`` after the SDK's converter: datums for status, headers and body, and parsed cookies.

    Of header names that differ only in case the last one wins.
    """
    headers: dict[str, tuple[str, str]] = {}
    for name, datum in parts["headers"].items():
        headers.pop(name.lower(), None)
        headers[name.lower()] = (_header_name(name), str(datum.value))
    cookies = tuple(
        ("Set-Cookie", _cookie(morsel)) for cookie in parts["cookies"] or () for morsel in cookie.values()
    )
    return HttpResponseData(
        status_code=int(parts["status_code"].value),
        headers=(*headers.values(), *cookies),
        body=bytes(parts["body"].value),
    )


def _described_response(described: Mapping[str, Any]) -> HttpResponseData:
    headers = {"content-type": ("Content-Type", TEXT)}
    given = described.get("headers")
    for name, value in given.items() if isinstance(given, dict) else ():
        headers[name.lower()] = (name, _written_anew(value))
    cookies = described.get("cookies")
    set_cookies = tuple(
        ("Set-Cookie", _cookie(_described_cookie(cookie)))
        for cookie in (cookies if isinstance(cookies, list) else ())
        if isinstance(cookie, dict) and cookie.get("name")
    )
    return HttpResponseData(
        status_code=_status(described.get("statuscode", described.get("status"))),
        headers=(*headers.values(), *set_cookies),
        body=_encode(_written_anew(described["body"])),
    )


def _status(value: Any) -> int:
    try:
        return int(value)
    except (TypeError, ValueError):
        return _NOT_A_NUMBER_STATUS


def _written_anew(content: Any) -> str:
    """As .NET writes the value: objects and lists indented by two, ``True``, nothing for null."""
    if content is None:
        return ""
    if isinstance(content, str):
        return content
    if isinstance(content, bool):
        return str(content)
    if isinstance(content, (dict, list)):
        return json.dumps(content, indent=2, ensure_ascii=False)
    if isinstance(content, float) and content.is_integer() and abs(content) < 1e15:
        return str(int(content))
    return str(content)


def _described_cookie(cookie: Mapping[str, Any]) -> Morsel[str]:
    jar: SimpleCookie = SimpleCookie()
    name = str(cookie["name"])
    jar[name] = str(cookie.get("value", ""))
    morsel = jar[name]
    known = {
        "domain": "domain",
        "path": "path",
        "maxage": "max-age",
        "expires": "expires",
        "secure": "secure",
        "httponly": "httponly",
        "samesite": "samesite",
    }
    for key, value in cookie.items():
        if (attribute := known.get(key.lower())) and value is not None:
            morsel[attribute] = value
    return morsel


def _cookie(morsel: Morsel[str]) -> str:
    """A cookie as ASP.NET writes it: value escaped, the path ``/`` where none is given."""
    parts = [f"{morsel.key}={quote(morsel.value, safe='')}"]
    for name in ("expires", "max-age", "domain"):
        if morsel[name]:
            parts.append(f"{name}={morsel[name]}")
    parts.append(f"path={morsel['path'] or '/'}")
    if morsel["secure"]:
        parts.append("secure")
    if morsel["samesite"]:
        parts.append(f"samesite={str(morsel['samesite']).lower()}")
    if morsel["httponly"]:
        parts.append("httponly")
    return "; ".join(parts)


def _header_name(name: str) -> str:
    return "Content-Type" if name.lower() == "content-type" else name


def _encode(text: str) -> bytes:
    return text.encode("utf-8", "replace")
