"""What is served at ``/dashboard``, with what headers, unless the app has a route there; and links to relatives."""

from __future__ import annotations

import asyncio
import re
import sys
import zipfile
from pathlib import Path
from typing import Any

import azure.durable_functions as df
import httpx
import pytest
from flit_core import wheel

from funchost.dashboard.pages import dashboard
from funchost.testing.hosts import EmbeddedHost

from ..http.support import WebApp
from ..http.support import run as run_host

REPOSITORY = Path(__file__).parents[3]
ASSETS = REPOSITORY / "funchost" / "dashboard" / "assets"
BASE = "/runtime/webhooks/durabletask"
APP = """
import azure.functions as func
app = func.FunctionApp(http_auth_level=func.AuthLevel.ANONYMOUS)

@app.route(route="{route}", methods=["GET"])
def mine(req: func.HttpRequest) -> func.HttpResponse:
    return func.HttpResponse("my own page")
"""


async def ask(method: str, path: str, **headers: str) -> httpx.Response:
    pages, _ = dashboard()
    async with httpx.AsyncClient(transport=httpx.ASGITransport(pages), base_url="http://localhost:7071") as client:
        return await client.request(method, path, headers=headers)


def get(path: str, method: str = "GET", **headers: str) -> httpx.Response:
    return asyncio.run(ask(method, path, **headers))


# -- The files ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", ["/dashboard", "/dashboard/", "/Dashboard"])
def test_the_page_is_served_with_a_policy_that_lets_only_its_own_files_in(path: str) -> None:
    answer = get(path)
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    policy = dict(part.strip().split(" ", 1) for part in answer.headers["content-security-policy"].split(";"))
    assert policy.pop("default-src") == policy.pop("base-uri") == policy.pop("form-action") == "'none'"
    assert policy.pop("frame-ancestors") == policy.pop("trusted-types") == "'none'"
    assert policy.pop("require-trusted-types-for") == "'script'"
    assert set(policy) == {"script-src", "style-src", "img-src", "connect-src"}
    assert set(policy.values()) == {"'self'"}
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["referrer-policy"] == "no-referrer"


@pytest.mark.parametrize("file", sorted(ASSETS.iterdir()), ids=lambda file: file.name)
def test_every_file_is_served_under_the_same_policy_and_needs_nothing_from_elsewhere(file: Path) -> None:
    text = file.read_text(encoding="utf-8")
    path = "/dashboard" if file.name == "index.html" else f"/dashboard/{file.name}"
    answer = get(path)
    assert answer.text == text
    assert answer.headers["content-security-policy"] == get("/dashboard").headers["content-security-policy"]
    assert set(re.findall(r"https?://[^\s\"')]+", text)) <= {"http://www.w3.org/2000/svg"}
    for name in re.findall(r"""(?:from|src=|href=)\s*"(?:\./|/dashboard/)([\w.]+)\"""", text):
        assert (ASSETS / name).is_file()


def test_the_page_has_no_script_style_or_handler_of_its_own() -> None:
    page = get("/dashboard").text
    assert re.findall(r"<script[^>]*>([^<]*)</script>", page) == [""]
    assert not re.search(r"<style|\sstyle=|\son\w+=|javascript:", page)


@pytest.mark.parametrize("file", sorted(ASSETS.glob("*.js")), ids=lambda file: file.name)
def test_no_script_makes_markup_or_code_of_text(file: Path) -> None:
    forbidden = r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\b|new Function|srcdoc|DOMParser"
    assert not re.search(forbidden, file.read_text(encoding="utf-8"))


def test_a_file_that_has_not_changed_is_not_sent_again() -> None:
    first = get("/dashboard/main.js")
    assert first.headers["cache-control"] == "no-cache"
    again = get("/dashboard/main.js", **{"if-none-match": first.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    assert get("/dashboard/main.js", **{"if-none-match": '"another"'}).status_code == 200


@pytest.mark.parametrize(
    "path",
    [
        "/dashboard/none.js",
        "/dashboard/index.html",
        "/dashboard/../pages.py",
        "/dashboard/%2e%2e/pages.py",
        "/dashboard/..%2fpages.py",
        "/dashboard/assets/main.js",
        "/dashboard/main.js/x",
    ],
)
def test_nothing_else_is_there(path: str) -> None:
    assert (get(path).status_code, get(path).content) == (404, b"")


def test_only_reading_is_answered() -> None:
    assert get("/dashboard", method="HEAD").status_code == 200
    assert get("/dashboard", method="POST").status_code == 404


def test_the_wheel_carries_every_file(tmp_path: Path) -> None:
    built = wheel.make_wheel_in(REPOSITORY / "pyproject.toml", tmp_path)
    with zipfile.ZipFile(built.file) as archive:
        packed = {name.rpartition("/")[2] for name in archive.namelist() if "dashboard/assets/" in name}
    assert packed == {file.name for file in ASSETS.iterdir()}


# -- On a host ----------------------------------------------------------------------------------------------


def started(folder: Path, route: str, prefix: str) -> EmbeddedHost:
    app = folder / "app"
    app.mkdir()
    (app / "function_app.py").write_text(APP.format(route=route))
    (app / "host.json").write_text(
        '{"version": "2.0", "extensions": {"http": {"routePrefix": "%s"}}}' % prefix  # noqa: UP031
    )
    host = EmbeddedHost(app, folder / "state", arguments=("--python", sys.executable))
    host.start()
    return host


def test_the_host_serves_it_and_says_where(tmp_path: Path) -> None:
    host = started(tmp_path, "dashboard", "api")
    try:
        assert "funchost" in httpx.get(f"{host.url}/dashboard").text
        assert httpx.get(f"{host.url}/api/dashboard").text == "my own page"
        port = host.url.rpartition(":")[2]
        assert f"\nDashboard: http://localhost:{port}/dashboard\n" in host.log()
    finally:
        host.stop()


@pytest.mark.parametrize("route", ["dashboard", "dashboard/{file}", "{*everything}"])
def test_a_route_of_the_app_wins_and_the_start_says_so(tmp_path: Path, route: str) -> None:
    host = started(tmp_path, route, "")
    try:
        taken = httpx.get(f"{host.url}/dashboard/main.js" if "{" in route else f"{host.url}/dashboard")
        assert taken.text == "my own page"
        assert "Dashboard: none, as the function mine answers http://localhost:" in host.log()
        if route != "{*everything}":
            left = httpx.get(f"{host.url}/dashboard" if "{" in route else f"{host.url}/dashboard/main.js")
            assert left.status_code == 404  # half a dashboard would be worse than none
    finally:
        host.stop()


# -- Parents and children -----------------------------------------------------------------------------------


def family() -> WebApp:
    app = WebApp()

    @app.orchestrator
    def outer(context: df.DurableOrchestrationContext) -> Any:
        result = yield context.call_sub_orchestrator("inner", "x", instance_id="child")
        return result

    @app.orchestrator
    def inner(context: df.DurableOrchestrationContext) -> Any:
        return context.get_input()
        yield

    return app


def test_parent_and_children_are_told_to_who_asks_for_links_and_to_nobody_else() -> None:
    async def scenario(host: Any) -> None:
        await host.public.post(f"{BASE}/orchestrators/outer/parent")
        await host.settle()

        async def status(instance_id: str, **query: str) -> dict[str, Any]:
            answer = await host.public.get(
                f"{BASE}/instances/{instance_id}", params={"showHistory": "true", **query}
            )
            found: dict[str, Any] = answer.json()
            return found

        def children(found: dict[str, Any]) -> list[Any]:
            ended = "SubOrchestrationInstanceCompleted"
            return [event.get("InstanceId") for event in found["historyEvents"] if event["EventType"] == ended]

        asked = await status("parent", showLinks="true")
        assert asked["parentInstanceId"] is None
        assert children(asked) == ["child"]
        assert (await status("child", showLinks="true"))["parentInstanceId"] == "parent"

        plain = await status("parent")
        assert "parentInstanceId" not in plain
        assert children(plain) == [None]

    run_host(scenario, family())
