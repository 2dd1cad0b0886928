"""The embedded host as tests start it: ready when start returns, and never left behind."""

from __future__ import annotations

import shutil
from pathlib import Path

import httpx
import pytest

from funchost.testing import FunctionAppClient, hosts, plugin
from funchost.testing.client import may_use_proxy
from funchost.testing.hosts import EmbeddedHost, HostDidNotStart, RunningHost

APP = Path(__file__).parents[2] / "apps" / "approvals"


@pytest.fixture
def app(tmp_path: Path) -> Path:
    """A copy of a small app."""
    return Path(shutil.copytree(APP, tmp_path / "app"))


def test_it_answers_once_started_though_the_environment_names_a_proxy(
    app: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")  # where nothing listens
    host = EmbeddedHost(app, tmp_path / "state")

    host.start()

    RunningHost(host.url).start()
    with FunctionAppClient(host.url) as client:
        answer = client.get("/admin/host/status")
    host.stop()
    assert answer.json()["state"] == "Running"
    assert host.process.returncode is not None


@pytest.mark.parametrize(
    ("url", "allowed"),
    [
        ("http://localhost:7071", False),
        ("http://127.0.0.1:7071", False),
        ("http://[::1]:7071", False),
        ("https://my-app.azurewebsites.net", True),
    ],
)
def test_the_proxy_of_the_environment_is_for_other_machines_only(url: str, allowed: bool) -> None:
    assert may_use_proxy(url) is allowed


def test_a_start_that_is_broken_off_leaves_no_process(
    app: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(*_: object, **__: object) -> httpx.Response:
        raise KeyboardInterrupt

    monkeypatch.setattr(httpx, "get", interrupted)
    host = EmbeddedHost(app, tmp_path / "state")

    with pytest.raises(KeyboardInterrupt):
        host.start()

    assert host.process.poll() is not None


def test_a_host_that_is_there_but_does_not_answer_is_reported_with_its_log(
    app: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def unanswered(url: str, **_: object) -> httpx.Response:
        raise httpx.ReadTimeout("timed out", request=httpx.Request("GET", url))

    monkeypatch.setattr(httpx, "get", unanswered)
    host = EmbeddedHost(app, tmp_path / "state")

    with pytest.raises(HostDidNotStart, match=r"(?s)does not answer: timed out.*Functions:"):
        host.start()

    assert host.process.poll() is not None


def test_an_app_that_cannot_run_is_reported_with_the_hosts_exit_code(tmp_path: Path) -> None:
    empty = tmp_path / "empty"
    empty.mkdir()

    with pytest.raises(HostDidNotStart, match=r"(?s)exit code \d+:.*host\.json"):
        EmbeddedHost(empty, tmp_path / "state").start()


def test_nothing_at_an_address_is_reported() -> None:
    with pytest.raises(HostDidNotStart, match="nothing answers at"):
        RunningHost("http://127.0.0.1:9/").start()


def test_the_host_of_an_app_under_test_replays_every_episode_as_on_azure(
    app: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    given: dict[str, object] = {}

    class Recorded(EmbeddedHost):
        def __init__(self, app: Path, state: Path, *, arguments: tuple[str, ...] = ()) -> None:
            super().__init__(app, state, arguments=arguments)
            given["arguments"] = arguments

    monkeypatch.setattr(hosts, "EmbeddedHost", Recorded)
    plugin._host("embedded", app, tmp_path / "state")
    assert given == {"arguments": ("--no-extended-sessions",)}
