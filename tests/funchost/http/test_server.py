"""Listening: ports, errors, readiness, stopping. Real sockets on free ports."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import time
from collections.abc import Iterator
from dataclasses import replace
from random import Random
from typing import Any

import httpx
import pytest
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from funchost.clock import SystemClock
from funchost.errors import StartError
from funchost.http.readiness import ReadinessGate, failed_application
from funchost.http.server import MOST_HEADER_BYTES, HttpServer, bind_public, bind_rpc

from .support import STATUS

hello = PlainTextResponse("hello")


@contextlib.asynccontextmanager
async def serving(app: ASGIApp) -> Any:
    server = HttpServer(app, bind_public("127.0.0.1", 0))
    await server.start()
    try:
        async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{server.port}", timeout=10) as client:
            yield server, client
    finally:
        await server.stop()


@pytest.fixture
def taken_port() -> Iterator[int]:
    """A loopback port that somebody listens on."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield listener.getsockname()[1]


def test_two_servers_run_side_by_side_and_name_themselves() -> None:
    async def main() -> None:
        async with serving(hello) as (one, client), serving(PlainTextResponse("other")) as (two, second):
            assert one.port != two.port
            answer = await client.get("/")
            assert answer.text == "hello"
            assert answer.headers["server"] == "funchost"
            assert "date" in answer.headers
            assert (await second.get("/")).text == "other"

    asyncio.run(main())


def test_headers_without_end_are_refused_and_cost_nobody_else() -> None:
    async def main() -> None:
        async with serving(hello) as (server, client):
            reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
            writer.write(b"GET / HTTP/1.1\r\nHost: localhost\r\n")
            line = b"X-Filler: " + b"x" * 1000 + b"\r\n"
            for _ in range(MOST_HEADER_BYTES // 1000 + 5):
                writer.write(line)
            try:
                answer = await asyncio.wait_for(reader.read(), 30)
            except ConnectionResetError:  # closed before all was read, and that takes the answer away
                answer = b"HTTP/1.1 400 "
            assert answer.startswith(b"HTTP/1.1 400 ")
            writer.close()
            assert (await client.get("/", headers={"X-Long": "x" * 20_000})).text == "hello"

    asyncio.run(main())


def test_a_port_in_use_is_told_in_the_words_of_core_tools(taken_port: int) -> None:
    with pytest.raises(StartError) as refusal:
        bind_public("127.0.0.1", taken_port)
    assert str(refusal.value) == (
        f"Port {taken_port} is unavailable. Close the process using that port, or specify another port "
        "using --port [-p]."
    )


@pytest.mark.parametrize(
    ("address", "port", "text"),
    [
        (
            "localhost",
            0,
            "Invalid --address value 'localhost'. Expected an IP address, for example 127.0.0.1 or 0.0.0.0.",
        ),
        ("127.0.0.1", 65_536, "Invalid --port value '65536'. Expected a number from 0 to 65535."),
        ("127.0.0.1", -1, "Invalid --port value '-1'. Expected a number from 0 to 65535."),
        (
            "203.0.113.9",
            0,
            "This machine has no address 203.0.113.9. Use one that it has, for example --address 127.0.0.1.",
        ),
    ],
)
def test_an_address_or_port_that_cannot_be_is_an_error_that_says_what_to_type(
    address: str, port: int, text: str
) -> None:
    with pytest.raises(StartError) as refusal:
        bind_public(address, port)
    assert str(refusal.value) == text


def test_the_rpc_listener_moves_to_another_loopback_port_when_its_own_is_taken(taken_port: int) -> None:
    with contextlib.closing(bind_rpc(Random(1), first_port=taken_port)) as listener:
        host, port = listener.getsockname()
        assert host == "127.0.0.1"
        assert 30_000 <= port <= 30_999


def test_the_rpc_listener_gives_up_after_ten_ports(taken_port: int) -> None:
    class AlwaysTaken(Random):
        asked = 0

        def randint(self, a: int, b: int) -> int:
            self.asked += 1
            return taken_port

    random = AlwaysTaken()
    with pytest.raises(StartError, match="No port for the Durable RPC endpoint"):
        bind_rpc(random, first_port=taken_port)
    assert random.asked == 9


def test_answers_leave_at_once_and_do_not_wait_for_acknowledgements() -> None:
    async def main() -> list[int]:
        async with serving(hello) as (server, client):
            await client.get("/")
            connections = [c.transport for c in server._server.server_state.connections]
            sockets = [transport.get_extra_info("socket") for transport in connections]
            return [one.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY) for one in sockets]

    (no_delay,) = asyncio.run(main())
    assert no_delay != 0


def test_a_stopped_server_frees_its_port_and_stopping_twice_is_fine() -> None:
    async def main() -> None:
        async with serving(hello) as (server, client):
            await client.get("/")
            await server.stop()
            with pytest.raises(httpx.ConnectError):
                await client.get("/")
            bind_public("127.0.0.1", server.port).close()

    asyncio.run(main())


def test_a_server_that_never_started_frees_its_port() -> None:
    async def main() -> None:
        server = HttpServer(hello, bind_public("127.0.0.1", 0))
        await server.stop()
        bind_public("127.0.0.1", server.port).close()

    asyncio.run(main())


def test_stopping_takes_less_than_two_seconds_whatever_still_runs() -> None:
    ended: list[str] = []

    async def endless(scope: Scope, receive: Receive, send: Send) -> None:
        running.set()
        try:
            await asyncio.Event().wait()
        finally:
            ended.append("cancelled")

    running = asyncio.Event()

    async def main() -> float:
        async with serving(endless) as (server, client):
            request = asyncio.create_task(client.get("/"))
            await running.wait()
            began = time.perf_counter()
            await server.stop()
            took = time.perf_counter() - began
            await asyncio.wait({request})
            return took

    assert asyncio.run(main()) < 2
    assert ended == ["cancelled"]


def test_a_request_in_flight_ends_before_the_server_does() -> None:
    async def main() -> str:
        running, finish = asyncio.Event(), asyncio.Event()

        async def slow(scope: Scope, receive: Receive, send: Send) -> None:
            running.set()
            await finish.wait()
            await hello(scope, receive, send)

        async with serving(slow) as (server, client):
            request = asyncio.create_task(client.get("/"))
            await running.wait()
            stopping = asyncio.create_task(server.stop())
            finish.set()
            answer = await request
            await stopping
            return str(answer.text)

    assert asyncio.run(main()) == "hello"


def test_requests_wait_until_the_app_is_ready() -> None:
    async def main() -> None:
        gate = ReadinessGate()
        async with serving(gate) as (_, client):
            early = asyncio.create_task(client.get("/"))
            await asyncio.wait({early}, timeout=0.05)
            assert not early.done()
            gate.open(hello)
            assert (await early).text == "hello"
            assert (await client.get("/")).text == "hello"

    asyncio.run(main())


def test_a_host_that_failed_says_so_and_why() -> None:
    async def main() -> None:
        gate = ReadinessGate()
        status = replace(STATUS, state="Error", errors=("function_app.py, line 3: boom",))
        gate.open(failed_application(status, SystemClock()))
        async with serving(gate) as (_, client):
            answer = await client.get("/api/anything")
            assert (answer.status_code, answer.text) == (503, "Function host is not running.")
            shown = (await client.get("/admin/host/status")).json()
            assert (shown["state"], shown["errors"]) == ("Error", ["function_app.py, line 3: boom"])

    asyncio.run(main())


def test_bytes_that_are_no_http_get_400_and_harm_nobody(capfd: pytest.CaptureFixture[str]) -> None:
    async def main() -> None:
        async with serving(hello) as (server, client):
            reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
            writer.write(b"\x00\xff nonsense\r\n\r\n")
            assert (await reader.read()).startswith(b"HTTP/1.1 400 ")
            writer.close()
            assert (await client.get("/")).text == "hello"

    asyncio.run(main())
    assert capfd.readouterr() == ("", "")
