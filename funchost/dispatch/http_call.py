"""Durable HTTP calls: what ``context.call_http`` asks of the host.

Source: the extension's ``TaskHttpActivityShim``; the answer to a 202 with ``Location`` is polled here, inside the
one activity, because SDK 1.x counts a single task for it.
"""

from __future__ import annotations

import asyncio
import json
from importlib import import_module
from typing import TYPE_CHECKING, Any
from urllib.parse import urljoin

if TYPE_CHECKING:
    import httpx

CONTENT_HEADERS = frozenset(
    {"allow", "content-disposition", "content-encoding", "content-language", "content-length"}
    | {"content-location", "content-md5", "content-range", "content-type", "expires", "last-modified"}
)
"""Headers of the content, which the extension leaves out of the response."""


class HttpCaller:
    """Makes durable HTTP calls with one shared client."""

    def __init__(self, *, default_poll_seconds: float = 30.0, timeout_seconds: float = 100.0) -> None:
        self._default_poll_seconds = default_poll_seconds
        self._timeout_seconds = timeout_seconds
        self._client: httpx.AsyncClient | None = None

    async def call(self, request_text: str) -> str:
        """Make one call. Transport failures raise OSError; 4xx and 5xx are results."""
        await asyncio.to_thread(import_module, "httpx")  # a fifth of a host's start, which few apps need
        import httpx

        if self._client is None:
            self._client = httpx.AsyncClient(timeout=self._timeout_seconds, follow_redirects=True)
        request = json.loads(request_text)
        if request.get("tokenSource"):
            raise OSError(
                "this call wants a managed identity's token (tokenSource), which exists only in Azure; leave "
                "token_source out when running locally"
            )
        headers = {str(k): str(v) for k, v in (request.get("headers") or {}).items()}
        content = request.get("content")
        if content is not None and not any(name.lower() == "content-type" for name in headers):
            headers["Content-Type"] = "text/plain; charset=utf-8"
        try:
            response = await self._client.request(
                request["method"], request["uri"], headers=headers, content=content
            )
            poll_headers = {
                k: v for k, v in headers.items() if k.lower() not in ("x-functions-key", "content-type")
            }
            while request.get("asynchronousPatternEnabled", True) and response.status_code == 202:
                location = response.headers.get("location")
                if location is None:
                    break
                await asyncio.sleep(_retry_after(response, self._default_poll_seconds))
                response = await self._client.get(urljoin(str(response.url), location), headers=poll_headers)
        except httpx.HTTPError as error:
            raise OSError(f"{request['method']} {request['uri']}: {type(error).__name__}: {error}") from error
        return json.dumps(
            {"statusCode": response.status_code, "headers": _headers(response), "content": response.text}
        )

    async def close(self) -> None:
        if self._client is not None:
            await self._client.aclose()


def _retry_after(response: httpx.Response, default: float) -> float:
    try:
        return max(0.0, float(response.headers["retry-after"]))
    except (KeyError, ValueError):
        return default


def _headers(response: httpx.Response) -> dict[str, Any]:
    """Response headers; one that came several times is an array."""
    collected: dict[str, list[str]] = {}
    for name, value in response.headers.multi_items():
        if name.lower() not in CONTENT_HEADERS:
            collected.setdefault("-".join(part.capitalize() for part in name.split("-")), []).append(value)
    return {name: values[0] if len(values) == 1 else values for name, values in collected.items()}
