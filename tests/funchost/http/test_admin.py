"""The host's own routes, the home page and cross-origin requests."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from funchost.http.admin import TIMER_INFO
from funchost.http.application import PublicSettings
from funchost.http.routing import build_route_table
from funchost.worker.contract import HttpRequestData

from .support import Host, WebApp, durable_app, run, text


def full_app() -> tuple[WebApp, list[Any]]:
    app, ran = durable_app(), []

    @app.http(route="<b>/{id}", methods=["GET"])
    def page(request: HttpRequestData, inputs: dict[str, str]) -> Any:
        return text("page")

    @app.timer()
    def nightly(request: Any, inputs: dict[str, str]) -> None:
        ran.append(request)

    @app.queue()
    def drain(request: Any, inputs: dict[str, str]) -> None:
        ran.append(request)

    @app.http(route="administration")
    def in_error(request: HttpRequestData, inputs: dict[str, str]) -> Any:
        return text("never")

    return app, ran


def test_status_says_running_and_for_how_long() -> None:
    async def scenario(host: Host) -> None:
        await host.running.advance(seconds=90)
        answer = await host.public.get("/Admin/Host/Status")
        assert list(answer.json().items()) == [
            ("id", "host1"),
            ("state", "Running"),
            ("version", "4.1052.200"),
            ("versionDetails", "4.1052.200"),
            ("instanceId", "i1"),
            ("computerName", "desk"),
            ("processUptime", 90_000),
        ]

    run(scenario)


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_ping_is_200_and_empty(method: str) -> None:
    async def scenario(host: Host) -> None:
        answer = await host.public.request(method, "/admin/host/ping")
        assert (answer.status_code, answer.content) == (200, b"")

    run(scenario)


def test_functions_are_listed_and_described() -> None:
    async def scenario(host: Host) -> None:
        listed = (await host.public.get("/admin/functions")).json()
        assert {item["name"] for item in listed} == {f.name for f in host.app.index().functions}
        described = (await host.public.get("/admin/functions/PAGE")).json()
        assert described in listed
        assert [*described] == [
            "name",
            "script_root_path_href",
            "script_href",
            "config_href",
            "test_data_href",
            "href",
            "invoke_url_template",
            "language",
            "config",
            "files",
            "test_data",
            "isDisabled",
            "isDirect",
            "isProxy",
        ]
        assert described["href"] == "http://localhost:7071/admin/functions/page"
        assert described["invoke_url_template"] == "http://localhost:7071/api/<b>/{id}"
        assert described["config"]["bindings"][0]["type"] == "httpTrigger"
        hello = (await host.public.get("/admin/functions/hello")).json()
        assert hello["invoke_url_template"] is None

    run(scenario, full_app()[0])


def test_an_error_that_index_and_routes_both_know_is_told_once() -> None:
    app = full_app()[0]
    indexed = app.index()
    problem = build_route_table(indexed.functions, "api").problems[0]
    app.index = lambda: replace(indexed, problems=(problem,))  # type: ignore[method-assign]

    async def scenario(host: Host) -> None:
        answer = await host.public.get("/admin/functions/in_error/status")
        assert answer.json() == {"errors": [problem.message]}

    run(scenario, app)


def test_a_functions_status_tells_its_errors() -> None:
    async def scenario(host: Host) -> None:
        assert (await host.public.get("/admin/functions/page/status")).json() == {}
        assert (await host.public.get("/admin/functions/in_error/status")).json() == {
            "errors": ["The specified route conflicts with one or more built in routes."]
        }

    run(scenario, full_app()[0])


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "functions/nobody"),
        ("POST", "functions/nobody"),
        ("GET", "functions/nobody/status"),
        ("DELETE", "functions/page"),
        ("GET", "functions/page/keys"),
        ("GET", "elsewhere"),
        ("GET", ""),
        ("PUT", "host/status"),
    ],
)
def test_what_is_not_there_is_404_and_empty(method: str, path: str) -> None:
    async def scenario(host: Host) -> None:
        answer = await host.public.request(method, f"/admin/{path}")
        assert (answer.status_code, answer.content) == (404, b"")

    run(scenario, full_app()[0])


def test_a_timer_function_is_started_by_hand_with_a_timers_value() -> None:
    app, ran = full_app()

    async def scenario(host: Host) -> None:
        answer = await host.public.post("/admin/functions/Nightly", json={"input": ""})
        assert (answer.status_code, answer.content) == (202, b"")
        assert ran == [TIMER_INFO]

    run(scenario, app)


def test_an_activity_is_started_by_hand_with_the_text_given() -> None:
    async def scenario(host: Host) -> None:
        await host.public.post("/admin/functions/fail_once", json={"input": '"by hand"'})
        assert host.app.calls == [("fail_once", "by hand")]

    run(scenario, full_app()[0])


def test_a_worker_that_dies_under_a_call_by_hand_harms_nobody() -> None:
    async def scenario(host: Host) -> None:
        host.app.die_next.append("nightly")
        assert (await host.public.post("/admin/functions/nightly", json={})).status_code == 202

    run(scenario, full_app()[0])


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b'"text"', b"\xff"])
def test_a_call_by_hand_without_a_proper_body_is_400(body: bytes) -> None:
    async def scenario(host: Host) -> None:
        answer = await host.public.post("/admin/functions/nightly", content=body)
        assert answer.status_code == 400
        assert '{"input": "text"}' in answer.json()["Message"]

    run(scenario, full_app()[0])


@pytest.mark.parametrize(
    ("name", "advice"),
    [
        ("page", "send a request to its URL"),
        ("hello", "POST /runtime/webhooks/durabletask/orchestrators/hello"),
        ("counter", "POST /runtime/webhooks/durabletask/entities/counter/KEY?op=OPERATION"),
        ("drain", "has a queueTrigger, which funchost does not run"),
    ],
)
def test_what_cannot_be_started_by_hand_says_what_to_do_instead(name: str, advice: str) -> None:
    async def scenario(host: Host) -> None:
        answer = await host.public.post(f"/admin/functions/{name}", json={"input": ""})
        assert answer.status_code == 400
        assert advice in answer.json()["Message"]

    run(scenario, full_app()[0])


# -- Home page ----------------------------------------------------------------------------------------------


def test_the_home_page_says_the_app_runs_and_where_its_functions_are() -> None:
    async def scenario(host: Host) -> None:
        answer = await host.public.get("/")
        assert answer.status_code == 200
        assert answer.headers["content-type"] == "text/html; charset=utf-8"
        assert "<title>Your Azure Function App is up and running.</title>" in answer.text
        assert "Your Functions 4.0 app is up and running" in answer.text
        assert "http://localhost:7071/api/&lt;b&gt;/{id}" in answer.text

    run(scenario, full_app()[0])


def test_the_home_page_can_be_switched_off() -> None:
    async def scenario(host: Host) -> None:
        answer = await host.public.get("/")
        assert (answer.status_code, answer.content) == (204, b"")

    run(scenario, settings=PublicSettings(public_url="http://localhost:7071", homepage=False))


# -- Cross-origin requests ----------------------------------------------------------------------------------

PREFLIGHT = {
    "origin": "http://localhost:3000",
    "access-control-request-method": "PUT",
    "access-control-request-headers": "x-one,x-two",
}


def cors(*origins: str, credentials: bool = False) -> PublicSettings:
    return PublicSettings(public_url="http://localhost:7071", cors_origins=origins, cors_credentials=credentials)


@pytest.mark.parametrize("path", ["/api/page", "/admin/host/status", "/runtime/webhooks/durabletask/instances"])
def test_a_preflight_from_a_listed_origin_allows_any_method_and_header_everywhere(path: str) -> None:
    async def scenario(host: Host) -> None:
        answer = await host.public.options(path, headers=PREFLIGHT)
        assert (answer.status_code, answer.content) == (204, b"")
        assert answer.headers["access-control-allow-origin"] == "http://localhost:3000"
        assert "PUT" in answer.headers["access-control-allow-methods"]
        assert answer.headers["access-control-allow-headers"] == "x-one,x-two"
        assert "access-control-allow-credentials" not in answer.headers

    run(scenario, settings=cors("http://localhost:3000/", "https://b"))


def test_a_preflight_from_elsewhere_allows_nothing() -> None:
    async def scenario(host: Host) -> None:
        answer = await host.public.options("/api/page", headers=PREFLIGHT)
        assert answer.status_code == 204
        assert not [name for name in answer.headers if name.startswith("access-control-")]

    run(scenario, settings=cors("https://b"))


def test_an_answer_names_the_origin_it_may_be_read_by() -> None:
    async def scenario(host: Host) -> None:
        headers = {"origin": "http://localhost:3000"}
        answer = await host.public.get("/admin/host/status", headers=headers)
        assert answer.headers["access-control-allow-origin"] == "http://localhost:3000"
        assert answer.headers["access-control-allow-credentials"] == "true"

    run(scenario, settings=cors("http://localhost:3000", credentials=True))


def test_any_origin() -> None:
    async def scenario(host: Host) -> None:
        answer = await host.public.get("/admin/host/status", headers={"origin": "http://x"})
        assert answer.headers["access-control-allow-origin"] == "*"

    run(scenario, settings=cors("*"))


def test_without_a_list_there_is_no_cors() -> None:
    async def scenario(host: Host) -> None:
        answer = await host.public.get("/admin/host/status", headers={"origin": "http://x"})
        assert "access-control-allow-origin" not in answer.headers
        assert (await host.public.options("/api/nowhere", headers=PREFLIGHT)).status_code == 404

    run(scenario)


def test_headers_of_the_settings_stand_in_every_answer() -> None:
    async def scenario(host: Host) -> None:
        for path in ("/", "/admin/host/status", "/api/nowhere"):
            assert (await host.public.get(path)).headers["x-frame-options"] == "DENY"

    settings = PublicSettings(public_url="http://localhost:7071", custom_headers={"X-Frame-Options": "DENY"})
    run(scenario, settings=settings)
