"""A real app with timers and a warm-up, on a real host with a worker process."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from funchost.clock import MachineZone, SystemClock
from funchost.engine.timer_schedule import parse_schedule
from funchost.model.records import ScheduleStatus
from funchost.store.base import Change
from funchost.store.sqlite import SqliteStore
from funchost.testing import FunctionAppClient
from funchost.testing.hosts import EmbeddedHost

APPS = Path(__file__).parents[1] / "apps"
INSTANCES = "/runtime/webhooks/durabletask/instances"
MOST_LOOKS = 3000
"""Each look is a request; so many take longer than a test may."""


@pytest.fixture
def marks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where the app's functions leave their marks."""
    path = tmp_path / "marks.txt"
    path.touch()
    monkeypatch.setenv("MARKS", str(path))
    return path


@pytest.fixture
def host(tmp_path: Path, marks: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[EmbeddedHost]:
    """The app on a host of its own, ``tick`` running at the start and then every fifth of a second."""
    monkeypatch.setenv("EVERY", "00:00:00.2")
    monkeypatch.setenv("WEBSITE_TIME_ZONE", "Eastern Standard Time")
    host = EmbeddedHost(APPS / "timers", tmp_path / "state", arguments=("--python", sys.executable))
    host.start()
    yield host
    host.stop()


def finished(client: FunctionAppClient) -> list[str]:
    found = client.get(INSTANCES, params={"runtimeStatus": "Completed", "top": "1000"}).json()
    return [instance["output"] for instance in found]


def test_timers_run_start_orchestrations_and_find_the_app_warm(host: EmbeddedHost, marks: Path) -> None:
    with FunctionAppClient(host.url) as client:
        assert client.get("/api/warm").text == "True"
        assert any(len(finished(client)) >= 3 for _ in range(MOST_LOOKS))
        assert set(finished(client)) == {"from the timer"}

        assert client.post("/admin/functions/yearly", json={}).status_code == 202
        assert any("yearly" in marks.read_text() for _ in range(MOST_LOOKS) if client.get("/api/warm"))
    lines = marks.read_text().splitlines()
    assert lines[0] == "tick warm=True past_due=False status={}"
    yearly = next(line for line in lines if line.startswith("yearly"))
    assert yearly.startswith("yearly past_due=False next=")
    assert "-12-31T05:00:00" in yearly


def test_a_retry_policy_is_named_as_without_effect(host: EmbeddedHost) -> None:
    told = [line for line in host.log().splitlines() if "retry policy" in line]
    assert len(told) == 1
    assert "The retry policy of 'yearly' has no effect on this host" in told[0]


async def ran_two_years_ago(hub: Path, function_name: str) -> None:
    """Leave word in a hub that a yearly function ran last two years ago."""
    now = SystemClock().now()
    last = now - timedelta(days=2 * 365)
    following = parse_schedule("0 0 5 31 12 *", MachineZone()).next_after(last)
    status = ScheduleStatus(function_name=function_name, last=last, next=following, last_updated=last)
    store = SqliteStore(hub, hub_name="TestHubName")
    await store.open()
    await store.commit(Change(put_schedules=(status,)))
    await store.close()


def test_a_run_that_was_missed_while_no_host_ran_is_made_up_for_at_the_start(
    tmp_path: Path, marks: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("EVERY", "0 0 5 31 12 *")
    monkeypatch.delenv("TZ", raising=False)
    asyncio.run(ran_two_years_ago(tmp_path / "state" / "TestHubName.db", "yearly"))
    host = EmbeddedHost(APPS / "timers", tmp_path / "state", arguments=("--python", sys.executable))
    host.start()
    try:
        with FunctionAppClient(host.url) as client:
            assert any("yearly" in marks.read_text() for _ in range(MOST_LOOKS) if client.get("/api/warm"))
    finally:
        host.stop()
    assert "yearly past_due=True next=" in marks.read_text()


def test_the_log_says_what_runs_why_and_what_does_not(host: EmbeddedHost) -> None:
    with FunctionAppClient(host.url) as client:
        assert any(finished(client) for _ in range(MOST_LOOKS))
    log = host.log()
    assert "Executing 'Functions.tick' (Reason='Timer fired at " in log
    assert "The 'nightly' function is in error" in log
    assert "The schedule expression 'every night' was not recognized as a valid cron expression" in log
    assert "type 'queueTrigger', which funchost does not run" in log
    assert "WEBSITE_TIME_ZONE is 'Eastern Standard Time', which is no name of the tz database" in log
    assert "tick: timerTrigger\n" in log
    assert "nightly: timerTrigger" not in log


def test_the_first_programming_model_has_timers_and_warm_up_too(tmp_path: Path, marks: Path) -> None:
    host = EmbeddedHost(APPS / "timers_v1", tmp_path / "state", arguments=("--python", sys.executable))
    host.start()
    try:
        with FunctionAppClient(host.url) as client:
            ran = (marks.read_text() for _ in range(MOST_LOOKS) if client.get("/admin/host/ping"))
            line = next(text for text in ran if text.endswith("\n"))
    finally:
        host.stop()
    assert line.startswith("warm=True past_due=False next=")
    assert "-12-31T05:00:00" in line
    assert line.endswith("instances=0\n")
