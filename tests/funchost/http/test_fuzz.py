"""Whatever is sent to a public route gets an answer below 500, and no instance is lost by it."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote, quote_from_bytes

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from starlette.types import Message

from funchost.worker.contract import HttpRequestData, HttpResponseData

from .support import Host, durable_app, host, text

BASE = "/runtime/webhooks/durabletask"

known = st.sampled_from(
    [
        "orchestrators",
        "instances",
        "entities",
        "makeprimary",
        "hello",
        "waits",
        "fails",
        "counter",
        "live",
        "terminate",
        "suspend",
        "resume",
        "rewind",
        "restart",
        "raiseEvent",
        "raiseevent",
        "@counter@k",
        "$",
    ]
)
anything = st.text(max_size=12).map(lambda part: quote(part, safe="", errors="replace"))
raw_bytes = st.binary(max_size=8).map(lambda part: quote_from_bytes(part, safe=""))
odd = st.sampled_from(["", "%2F", "%5c", "..", ".", "%2e%2e", "%00", "%", "%zz", "+", "%252F", "a" * 300, "#", "?"])
segment = known | known | anything | raw_bytes | odd


def shaped(template: str, *fillings: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    """Paths of a known shape, with something likely or unlikely in each gap."""
    return st.tuples(*fillings).map(lambda parts: template.format(*parts))


junk = anything | raw_bytes | odd
instance_id = st.sampled_from(["live", "other", "@counter@k"]) | junk
verb = st.sampled_from(["terminate", "suspend", "resume", "rewind", "restart", "Raiseevent"])
management_path = st.one_of(
    shaped("orchestrators/{}/{}", st.sampled_from(["hello", "waits", "fails"]) | junk, instance_id),
    shaped("orchestrators/{}", st.sampled_from(["hello", "waits", "fails"]) | junk),
    shaped("instances/{}", instance_id),
    shaped("instances/{}/{}", instance_id, verb),
    shaped("instances/{}/raiseEvent/{}", instance_id, st.just("Go") | junk),
    shaped("entities/{}/{}", st.just("counter") | junk, st.just("k") | junk),
    st.sampled_from(["instances", "entities", "entities/counter", "instances/"]),
    st.lists(segment, max_size=5).map("/".join),
).map(lambda path: f"{BASE}/{path}")
other_path = st.lists(
    segment | st.sampled_from(["api", "admin", "functions", "host", "status", "echo"]), max_size=5
).map(lambda parts: "/" + "/".join(parts))
parameter = st.sampled_from(
    [
        "createdTimeFrom",
        "createdTimeTo",
        "runtimeStatus",
        "top",
        "instanceIdPrefix",
        "showInput",
        "showHistory",
        "showHistoryOutput",
        "reason",
        "op",
        "version",
        "restartWithNewInstanceId",
        "lastOperationTimeFrom",
        "fetchState",
        "connection",
        "code",
        "returnInternalServerErrorOnFailure",
    ]
)
value = (
    st.sampled_from(["true", "Running,Failed", "2024-01-01", "0001-01-01T00:00:00+13:00", "9" * 400, "-1", ""])
    | anything
)
query = st.lists(st.tuples(parameter, value), max_size=4).map(lambda pairs: "&".join(f"{k}={v}" for k, v in pairs))
content_type = st.sampled_from(
    ["", "application/json", "text/plain", "application/json; charset=utf-16", "application/json;charset=", ";;=;"]
) | st.text('abc/;=" \xff', max_size=12)
body = (
    st.binary(max_size=40)
    | st.sampled_from(
        [b"", b"{", b'"5"', b"null", b"[" * 3000, b'"' + b"[" * 3000 + b'"', b"1" * 5000, b'"\\ud800"']
    )
    | st.recursive(st.none() | st.text() | st.floats(), st.lists, max_leaves=4).map(
        lambda v: json.dumps(v).encode()
    )
)
token = st.none() | st.text(max_size=10) | st.sampled_from(["a", "MQ==", "[]", "{}", "\x00"])


@pytest.fixture(scope="module")
def running() -> Iterator[tuple[asyncio.AbstractEventLoop, Host]]:
    """One host for all examples, with a live instance that must survive them."""
    app = durable_app()

    @app.http(route="echo/{*rest}")
    def echo(request: HttpRequestData, inputs: dict[str, str]) -> HttpResponseData:
        return text(request.url)

    with asyncio.Runner() if hasattr(asyncio, "Runner") else _Runner() as runner:
        context = host(app)
        yield runner.get_loop(), runner.run(context.__aenter__())
        runner.run(context.__aexit__(None, None, None))


class _Runner:
    """The little of ``asyncio.Runner`` that is needed, for Python 3.10."""

    def __enter__(self) -> Any:
        self.loop = asyncio.new_event_loop()
        return self

    def __exit__(self, *error: object) -> None:
        self.loop.close()

    def get_loop(self) -> asyncio.AbstractEventLoop:
        return self.loop

    def run(self, awaitable: Any) -> Any:
        return self.loop.run_until_complete(awaitable)


async def send(
    app: Any, method: str, path: str, query: str, headers: list[tuple[bytes, bytes]], body: bytes
) -> tuple[int, dict[str, str], bytes]:
    """One request straight into an ASGI application, with nothing between that would tidy it up."""
    sent: list[Message] = []
    pending = [{"type": "http.request", "body": body, "more_body": False}]

    async def receive() -> Message:
        return pending.pop() if pending else {"type": "http.disconnect"}

    async def collect(message: Message) -> None:
        sent.append(message)

    scope = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": method,
        "scheme": "http",
        "path": path,
        "raw_path": path.encode("latin-1"),
        "query_string": query.encode("latin-1"),
        "root_path": "",
        "headers": headers,
        "server": ("127.0.0.1", 7071),
        "client": ("127.0.0.1", 1),
    }
    await app(scope, receive, collect)
    answered = {name.decode("latin-1"): content.decode("latin-1") for name, content in sent[0]["headers"]}
    return sent[0]["status"], answered, b"".join(message.get("body", b"") for message in sent[1:])


def check(status: int, headers: dict[str, str], content: bytes) -> None:
    for value in headers.values():
        assert "\r" not in value
        assert "\n" not in value
    if 400 <= status < 500:
        assert content == b"" or json.loads(content), "a refusal is empty or says why"
    elif status >= 500:
        # The one 500 of the real host that we keep: suspending what is suspended, resuming what is not.
        assert "because instance is in the" in json.loads(content)["ExceptionMessage"]


@settings(max_examples=600, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    method=st.sampled_from([*["POST"] * 6, *["GET"] * 3, "DELETE", "PUT", "PATCH", "HEAD", "OPTIONS", "X"]),
    path=management_path | management_path | other_path,
    query=query,
    content_type=content_type,
    body=body,
    token=token,
    is_rpc=st.booleans(),
)
@example("POST", f"{BASE}/orchestrators/waits/%ED%A0%80", "", "", b"", None, False)
@example(
    "POST", f"{BASE}/instances/live/raiseEvent/x", "", "application/json", b'"' + b"[" * 9999 + b'"', None, False
)
@example("POST", f"{BASE}/orchestrators/hello", "", "", b'"' + b"[" * 9999 + b'"', None, False)
@example("POST", f"{BASE}/entities/counter/k", "op=add", "application/json", b'"' + b"[" * 9999 + b'"', None, False)
@example("POST", f"{BASE}/entities/counter/k", "op=set", "application/json", b'"\\ud800"', None, False)
@example("GET", f"{BASE}/entities/counter/k", "", "", b"", None, False)
@example("GET", f"{BASE}/instances", "top=2147483647", "", b"", "'; drop table instances; --", False)
@example("DELETE", f"{BASE}/instances", "createdTimeFrom=9999-12-31T23:59:59-14:00", "", b"", None, False)
@example(
    "GET",
    f"{BASE}/instances",
    "createdTimeFrom=0001-01-01&createdTimeTo=9999-12-31T23:59:59.9999999",
    "",
    b"",
    None,
    True,
)
def test_any_request_gets_a_proper_answer(
    running: tuple[asyncio.AbstractEventLoop, Host],
    method: str,
    path: str,
    query: str,
    content_type: str,
    body: bytes,
    token: str | None,
    is_rpc: bool,
) -> None:
    loop, host = running
    headers = [(b"host", b"localhost:7071"), (b"content-length", str(len(body)).encode())]
    headers += [(b"content-type", content_type.encode("latin-1"))] if content_type else []
    headers += [(b"x-ms-continuation-token", token.encode("utf-8"))] if token is not None else []
    if is_rpc and path.startswith(BASE):
        app, path = host.rpc_app, "/durabletask" + path[len(BASE) :]
    else:
        app = host.public_app

    async def scenario() -> None:
        if await host.running.hub.get_instance("live") is None:
            await host.running.start("waits", instance_id="live")
        check(*await send(app, method, path, query, headers, body))
        await host.settle()
        # A request may end or purge the instance, but a listing always shows what is there.
        live = await host.running.hub.get_instance("live")
        listed = await host.public.get(f"{BASE}/instances?instanceIdPrefix=live")
        assert listed.status_code == 200
        assert any(item["instanceId"] == "live" for item in listed.json()) is (live is not None)

    loop.run_until_complete(scenario())
    assert host.errors == []
