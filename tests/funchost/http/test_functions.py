"""HTTP functions: what reaches Python, and what comes back."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest

from funchost.dispatch.invoker import Executed, Executing
from funchost.http.application import PublicSettings
from funchost.worker.contract import HttpRequestData, HttpResponseData

from .support import Host, WebApp, run, text

app = WebApp()


@app.http(route="echo/{name?}")
def echo(request: HttpRequestData, inputs: dict[str, str]) -> HttpResponseData:
    seen = {
        "method": request.method,
        "url": request.url,
        "route": dict(request.route_params),
        "body": request.body.decode(),
        "headers": [pair for pair in request.headers if pair[0].startswith("x-")],
    }
    return text(json.dumps(seen), 200, ("Content-Type", "application/json"))


@app.http(methods=["POST"])
def breaks(request: HttpRequestData, inputs: dict[str, str]) -> HttpResponseData:
    raise ValueError("boom")


@app.http()
def hidden(request: HttpRequestData, inputs: dict[str, str]) -> HttpResponseData:
    return text("shown by b")


@app.http(client=True)
def starter(request: HttpRequestData, inputs: dict[str, str]) -> HttpResponseData:
    return text(inputs["client"])


@app.http(route="/")
def root(request: HttpRequestData, inputs: dict[str, str]) -> HttpResponseData:
    return text("root")


async def seen(host: Host, method: str, path: str, **more: Any) -> dict[str, Any]:
    answer = await host.public.request(method, path, **more)
    assert answer.status_code == 200
    return dict(answer.json())


def test_a_request_reaches_python_as_it_was_received() -> None:
    async def scenario(host: Host) -> None:
        headers = [("Host", "box:99"), ("X-A", "1"), ("X-A", "2")]
        got = await seen(host, "PUT", "/api/ECHO/a%20b?x=1&y=%20", content=b"body", headers=headers)
        assert got == {
            "method": "PUT",
            "url": "http://box:99/api/ECHO/a%20b?x=1&y=%20",
            "route": {"name": "a b"},
            "body": "body",
            "headers": [["x-a", "1"], ["x-a", "2"]],
        }

    run(scenario, app)


def test_an_optional_route_parameter_that_is_missing_is_no_key_at_all() -> None:
    async def scenario(host: Host) -> None:
        assert (await seen(host, "GET", "/api/echo"))["route"] == {}

    run(scenario, app)


def test_a_chunked_body_reaches_python_empty_and_the_log_says_so() -> None:
    async def chunks() -> Any:
        yield b"data"

    async def scenario(host: Host) -> None:
        assert (await seen(host, "POST", "/api/echo", content=chunks()))["body"] == ""
        (warning,) = host.warnings
        assert warning.startswith("echo: the request's body came in chunks")
        assert "Content-Length" in warning

    run(scenario, app)


def test_a_body_beyond_the_limit_is_413_before_the_function_runs() -> None:
    async def scenario(host: Host) -> None:
        answer = await host.public.post("/api/echo", content=b"x" * 101)
        assert (answer.status_code, answer.content) == (413, b"")
        assert host.events == []
        assert (await seen(host, "POST", "/api/echo", content=b"x" * 100))["body"] == "x" * 100

    run(scenario, app, settings=PublicSettings(public_url="http://localhost:7071", max_body_bytes=100))


@pytest.mark.parametrize(("method", "path"), [("GET", "/api/breaks"), ("GET", "/api/nowhere"), ("GET", "/nowhere")])
def test_no_such_route_or_method_is_404_and_empty(method: str, path: str) -> None:
    async def scenario(host: Host) -> None:
        answer = await host.public.request(method, path)
        assert (answer.status_code, answer.content) == (404, b"")
        assert "content-type" not in answer.headers

    run(scenario, app)


def test_an_exception_is_an_empty_500_and_its_text_is_in_the_log_only() -> None:
    async def scenario(host: Host) -> None:
        answer = await host.public.post("/api/breaks")
        assert (answer.status_code, answer.content) == (500, b"")
        assert "content-type" not in answer.headers
        executing, executed = host.events
        assert isinstance(executing, Executing)
        assert executing.reason == "This function was programmatically called via the host APIs."
        assert isinstance(executed, Executed)
        assert executed.invocation_id == executing.invocation_id
        assert executed.failure is not None
        assert (executed.failure.error_type, executed.failure.message) == ("ValueError", "boom")

    run(scenario, app)


def test_a_worker_that_dies_is_an_empty_500() -> None:
    async def scenario(host: Host) -> None:
        host.app.die_next.append("hidden")
        answer = await host.public.get("/api/hidden")
        assert (answer.status_code, answer.content) == (500, b"")
        assert (await host.public.get("/api/hidden")).text == "shown by b"

    run(scenario, app)


def test_a_function_with_a_client_binding_is_handed_its_text() -> None:
    async def scenario(host: Host) -> None:
        payload = (await host.public.get("/api/starter")).json()
        assert payload["rpcBaseUrl"] == "http://127.0.0.1:17071/durabletask/"
        assert payload["managementUrls"]["id"] == "INSTANCEID"

    run(scenario, app)


def test_many_requests_run_at_the_same_time() -> None:
    meeting = WebApp()
    arrived: list[asyncio.Event] = []

    @meeting.http()
    async def meet(request: HttpRequestData, inputs: dict[str, str]) -> HttpResponseData:
        arrived[0].set() if request.body else await arrived[0].wait()
        return text("met")

    async def scenario(host: Host) -> None:
        arrived.append(asyncio.Event())
        first = asyncio.create_task(host.public.get("/api/meet"))
        second = await host.public.post("/api/meet", content=b"x")
        assert (second.text, (await first).text) == ("met", "met")

    run(scenario, meeting)


def test_with_an_empty_prefix_a_function_may_have_the_root_but_not_the_hosts_own_paths() -> None:
    async def scenario(host: Host) -> None:
        assert (await host.public.get("/")).text == "root"
        assert (await host.public.get("/hidden")).text == "shown by b"
        assert (await host.public.get("/admin/host/status")).json()["state"] == "Running"

    run(scenario, app, settings=PublicSettings(public_url="http://localhost:7071", route_prefix=""))


# -- Responses ----------------------------------------------------------------------------------------------


def answered(value: Any, method: str = "GET") -> tuple[int, list[tuple[str, str]], bytes, list[str]]:
    """Status, headers, body and log warnings for a function that gives back ``value``."""
    giving = WebApp()

    @giving.http()
    def give(request: HttpRequestData, inputs: dict[str, str]) -> Any:
        return value

    async def scenario(host: Host) -> Any:
        answer = await host.public.request(method, "/api/give")
        return answer.status_code, answer.headers.multi_items(), answer.content, host.warnings

    return run(scenario, giving)  # type: ignore[no-any-return]


def test_a_response_is_sent_as_given() -> None:
    status, headers, body, warnings = answered(text("hi", 418, ("Content-Type", "text/x"), ("X-B", "ü")))
    assert (status, body, warnings) == (418, b"hi", [])
    assert headers == [("content-type", "text/x"), ("x-b", "ü"), ("content-length", "2")]


def test_of_a_repeated_header_the_last_wins_but_cookies_are_all_kept() -> None:
    _, headers, _, _ = answered(
        text("", 200, ("X-A", "1"), ("x-a", "2"), ("Set-Cookie", "a=1"), ("Set-Cookie", "b=2"))
    )
    assert headers == [("x-a", "2"), ("set-cookie", "a=1"), ("set-cookie", "b=2"), ("content-length", "0")]


def test_the_length_is_the_bodys_whatever_the_function_says() -> None:
    _, headers, body, _ = answered(text("four", 200, ("Content-Length", "999"), ("Transfer-Encoding", "chunked")))
    assert (headers, body) == ([("content-length", "4")], b"four")


@pytest.mark.parametrize("status", [204, 304])
def test_a_status_without_a_body_has_none(status: int) -> None:
    assert answered(text("body", status))[:3] == (status, [], b"")


@pytest.mark.parametrize(
    ("value", "said"),
    [
        (text("", 42), "status 42"),
        (text("", 101), "status 101"),
        (text("", 600), "status 600"),
        (text("", 200, ("X", "a\r\nSet-Cookie: b=1")), "'X' is not a valid HTTP header"),
        (text("", 200, ("X Y", "a")), "'X Y' is not a valid HTTP header"),
        (text("", 200, ("X", "世")), "'X' holds characters"),
    ],
)
def test_a_response_that_http_does_not_allow_is_500_and_the_log_says_why(value: Any, said: str) -> None:
    status, _, body, warnings = answered(value)
    assert (status, body) == (500, b"")
    assert warnings[0].startswith("give: ")
    assert said in warnings[0]


def test_no_value_is_204() -> None:
    assert answered(None)[:3] == (204, [], b"")


def test_a_text_is_read_as_the_host_reads_it() -> None:
    status, headers, body, _ = answered("hello")
    assert (status, body, dict(headers)["content-type"]) == (200, b"hello", "text/plain; charset=utf-8")
    assert answered('{"body": "made", "statusCode": 201}')[0] == 201
