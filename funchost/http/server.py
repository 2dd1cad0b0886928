"""Listening: one ASGI application on one socket, in the host's event loop.

Answers carry ``Server: funchost``. The real host says ``Kestrel``; nothing reads that header, and a tool that
shows it should not be told that this is Azure's host.
"""

from __future__ import annotations

import asyncio
import contextlib
import errno
import ipaddress
import os
import socket
from collections.abc import Iterator, Sequence
from random import Random

import uvicorn
from starlette.types import ASGIApp
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from funchost.errors import StartError

RPC_PORT = 17071
RPC_ATTEMPTS = 10
_RPC_FALLBACK_PORTS = (30_000, 30_999)

# As Kestrel's. The SDK's client keeps connections for 15 s: a server that closes them sooner breaks calls.
_KEEP_ALIVE_SECONDS = 130
_GRACE_SECONDS = 1  # uvicorn adds two ticks of 0.1 s; together with the cancelling it stays below 2 s
_CANCEL_SECONDS = 0.5
_BACKLOG = 2048

MOST_HEADER_BYTES = 65_536
"""Of names and values of a request's headers together."""


class _BoundedHeaders(HttpToolsProtocol):
    """A connection that answers 400 where a request's headers have no end."""

    _header_bytes = 0

    def on_message_begin(self) -> None:
        self._header_bytes = 0
        super().on_message_begin()

    def on_header(self, name: bytes, value: bytes) -> None:
        self._header_bytes += len(name) + len(value)
        if self._header_bytes > MOST_HEADER_BYTES:
            raise ValueError("the headers are too long")  # the parser's caller answers
        super().on_header(name, value)


class HttpServer:
    """One listening socket and the application behind it. ``start`` once, ``stop`` as often as you like."""

    def __init__(self, app: ASGIApp, listener: socket.socket) -> None:
        self._listener = listener
        self._server = _QuietServer(
            uvicorn.Config(
                app,
                http=_BoundedHeaders,
                ws="none",
                lifespan="off",
                log_config=None,
                log_level="critical",  # what matters is reported by the applications themselves
                access_log=False,
                proxy_headers=False,
                server_header=False,
                headers=[("server", "funchost")],
                timeout_keep_alive=_KEEP_ALIVE_SECONDS,
                timeout_graceful_shutdown=_GRACE_SECONDS,
                backlog=_BACKLOG,
            )
        )
        self._serving: asyncio.Task[None] | None = None
        self.port: int = listener.getsockname()[1]

    async def start(self) -> None:
        """Return once connections are taken."""
        self._serving = asyncio.create_task(self._server.serve(sockets=[self._listener]))
        listening = asyncio.create_task(self._server.listening.wait())
        await asyncio.wait({self._serving, listening}, return_when=asyncio.FIRST_COMPLETED)
        listening.cancel()
        if self._serving.done():
            self._serving.result()

    async def stop(self) -> None:
        """Take no more connections, let running requests end for a second, then cancel them. Under 2 s."""
        if self._serving is None:
            self._listener.close()
            return
        self._server.should_exit = True
        await asyncio.wait({self._serving})
        if cancelled := set(self._server.server_state.tasks):
            await asyncio.wait(cancelled, timeout=_CANCEL_SECONDS)


class _QuietServer(uvicorn.Server):
    """A server that leaves signals to the host and says when it listens."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.listening = asyncio.Event()

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self.listening.set()


# -- Sockets ------------------------------------------------------------------------------------------------


def bind_public(address: str, port: int) -> socket.socket:
    """Take the public port; 0 is any free one. Raises StartError with the cause and what to type."""
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        raise StartError(
            f"Invalid --address value '{address}'. Expected an IP address, for example 127.0.0.1 or 0.0.0.0."
        ) from None
    try:
        return _listen(str(parsed), port, socket.AF_INET6 if parsed.version == 6 else socket.AF_INET)
    except OverflowError:
        raise StartError(f"Invalid --port value '{port}'. Expected a number from 0 to 65535.") from None
    except OSError as problem:
        if problem.errno == errno.EADDRINUSE:
            text = (
                f"Port {port} is unavailable. Close the process using that port, or specify another port "
                "using --port [-p]."
            )
        elif problem.errno == errno.EACCES:
            text = (
                f"Port {port} needs rights that this user does not have. Specify one above 1023 using --port [-p]."
            )
        elif problem.errno == errno.EADDRNOTAVAIL:
            text = f"This machine has no address {address}. Use one that it has, for example --address 127.0.0.1."
        else:
            text = f"Cannot listen on {address}, port {port}: {problem.strerror or problem}."
        raise StartError(text) from problem


def bind_rpc(random: Random, *, first_port: int = RPC_PORT) -> socket.socket:
    """Take a loopback port for the SDK's client: 17071 where it is free, else a random one, ten attempts.

    Raises StartError.
    """
    ports = [first_port, *(random.randint(*_RPC_FALLBACK_PORTS) for _ in range(RPC_ATTEMPTS - 1))]
    return _first_free(ports)


def _first_free(ports: Sequence[int]) -> socket.socket:
    problem: OSError | None = None
    for port in ports:
        try:
            return _listen("127.0.0.1", port, socket.AF_INET)
        except OSError as error:
            problem = error
    tried = ", ".join(map(str, ports))
    raise StartError(
        f"No port for the Durable RPC endpoint on 127.0.0.1 ({problem}). Tried: {tried}. Free one of them."
    )


def _listen(address: str, port: int, family: socket.AddressFamily) -> socket.socket:
    """A listening socket. Listening at once is what makes a second host on the port fail here, not later."""
    # asyncio switches Nagle's algorithm off only where the protocol is named. With it, each answer, whose head and
    # body are two writes, waits 40 ms for the client's delayed acknowledgement.
    listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        if os.name == "nt":
            # On Windows SO_REUSEADDR would let two hosts share a port, so ask for the opposite.
            listener.setsockopt(socket.SOL_SOCKET, getattr(socket, "SO_EXCLUSIVEADDRUSE"), 1)  # noqa: B009
        else:
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if family == socket.AF_INET6:
            listener.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        listener.bind((address, port))
        listener.listen(_BACKLOG)
        listener.setblocking(False)
    except BaseException:
        listener.close()
        raise
    return listener
