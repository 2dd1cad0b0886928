"""The app's own HTTP functions: request in, invocation, response out, as Core Tools delivers them.

What a caller sees of a failure is an empty 500; the reason is in the host's log only.
"""

from __future__ import annotations

from collections.abc import Callable

from starlette.requests import Request
from starlette.responses import Response

from funchost.app.index import FunctionInfo
from funchost.dispatch.invoker import Invoker
from funchost.http.bodies import declared_length, is_chunked, read_body
from funchost.http.client_payload import ManagementAddress, client_binding_text
from funchost.http.function_response import to_response
from funchost.http.paths import function_segments, raw_path
from funchost.http.replies import empty
from funchost.http.routing import RouteTable
from funchost.worker.contract import Failed, HttpRequestData, WorkerLost

CALLED_BY_HOST = "This function was programmatically called via the host APIs."


class FunctionRoutes:
    """Answers requests for HTTP functions; ``warn`` takes sentences for the host's log."""

    def __init__(
        self,
        *,
        table: RouteTable,
        address: ManagementAddress,
        invoker: Invoker,
        max_body_bytes: int,
        warn: Callable[[str], None],
    ) -> None:
        self._table, self._address, self._invoker = table, address, invoker
        self._max_body_bytes, self._warn = max_body_bytes, warn

    async def answer(self, request: Request) -> Response | None:
        """The function's response; None where no function has this route and method.

        Raises ``BodyTooLarge``.
        """
        match = self._table.match(request.method, function_segments(raw_path(request.scope)))
        if match is None:
            return None
        data = HttpRequestData(
            method=request.method.upper(),
            url=request_url(request),
            headers=tuple((name.decode("latin-1"), value.decode("latin-1")) for name, value in request.headers.raw),
            route_params=match.values,
            body=await self._body(request, match.function),
        )
        try:
            result = await self._invoker.invoke(
                match.function.name,
                data,
                reason=CALLED_BY_HOST,
                inputs=client_inputs(self._address, match.function),
            )
        except WorkerLost:  # the invoker has reported it
            return empty(500)
        if isinstance(result, Failed):
            return empty(500)
        return to_response(result.value, warn=lambda why: self._warn(f"{match.function.name}: {why}"))

    async def _body(self, request: Request, function: FunctionInfo) -> bytes:
        """The body where ``Content-Length`` says there is one, else nothing.

        A body sent in chunks does not reach Python on the real host either; taking it here would hide a failure
        that waits in production, so it is dropped and said.
        """
        if is_chunked(request):
            self._warn(
                f"{function.name}: the request's body came in chunks, without Content-Length. The Functions "
                "host does not hand such a body to Python, so the function sees an empty one. Send the body "
                "with a Content-Length header."
            )
            return b""
        if not declared_length(request):
            return b""
        return await read_body(request, self._max_body_bytes)


def client_inputs(address: ManagementAddress, function: FunctionInfo) -> dict[str, str]:
    """The text for each durable client binding of a function, by parameter name."""
    return {binding.name: client_binding_text(address, binding) for binding in function.client_bindings}


def request_url(request: Request) -> str:
    """Scheme, ``Host`` header, path and query as received; the header decides, as behind a proxy."""
    scheme = request.scope.get("scheme", "http")
    query = request.scope.get("query_string", b"").decode("latin-1")
    return f"{scheme}://{authority(request)}{raw_path(request.scope)}{'?' + query if query else ''}"


def authority(request: Request) -> str:
    """``host:port`` of the request: its ``Host`` header, else the address it arrived at."""
    if host := request.headers.get("host"):
        return host
    server = request.scope.get("server") or ("localhost", None)
    return f"{server[0]}:{server[1]}" if server[1] else str(server[0])
