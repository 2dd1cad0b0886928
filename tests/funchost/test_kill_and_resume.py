"""Nothing is lost: a host killed with SIGKILL in the middle goes on from the last checkpoint."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from funchost.testing import FunctionAppClient
from funchost.testing.hosts import EmbeddedHost

APP = Path(__file__).parents[1] / "apps" / "slow_chain"
COUNT = 20


def recorded(status: dict[str, Any]) -> int:
    """How many activities have a result in history."""
    return sum(event["EventType"] == "TaskCompleted" for event in status.get("historyEvents", []))


@pytest.mark.skipif(sys.platform == "win32", reason="SIGKILL to a process group exists on POSIX systems only")
def test_a_chain_killed_again_and_again_completes_and_repeats_nothing_it_had_recorded(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    marks = tmp_path / "marks.txt"
    monkeypatch.setenv("MARKS", str(marks))
    state = tmp_path / "state"
    status_path = ""
    finished: set[int] = set()
    for kill_at in (3, 8, 15):
        host = EmbeddedHost(APP, state, arguments=("--python", sys.executable))
        host.start()
        with FunctionAppClient(host.url) as client:
            if not status_path:
                started = client.post(f"/api/start/{COUNT}").json()["statusQueryGetUri"]
                status_path = started[started.index("/runtime") :] + "&showHistory=true"
            status = client.wait_until(status_path, lambda s, at=kill_at: recorded(s) >= at)
        finished = set(range(recorded(status)))
        before = Counter(marks.read_text().split())
        assert all(before[str(number)] >= 1 for number in finished)
        os.killpg(host.process.pid, signal.SIGKILL)  # the host, and its workers with it
        host.process.wait()
        marks_at_kill = Counter(marks.read_text().split())

        host = EmbeddedHost(APP, state, arguments=("--python", sys.executable))
        host.start()
        with FunctionAppClient(host.url) as client:
            client.wait_until(status_path, lambda s, at=kill_at: recorded(s) > at + 1)
        host.stop()
        repeated = {int(n) for n, times in Counter(marks.read_text().split()).items() if times > marks_at_kill[n]}
        assert not finished & repeated

    host = EmbeddedHost(APP, state, arguments=("--python", sys.executable))
    host.start()
    try:
        with FunctionAppClient(host.url) as client:
            status = client.wait_for_completion(status_path)
        assert status["output"] == list(range(COUNT))
    finally:
        host.stop()


def test_a_second_host_on_the_hub_is_refused_and_the_first_goes_on(tmp_path: Path) -> None:
    first = EmbeddedHost(APP, tmp_path, arguments=("--python", sys.executable))
    first.start()
    try:
        second = subprocess.run(
            [sys.executable, "-m", "funchost", "start", "--port", "0", "--state", str(tmp_path)],
            cwd=APP,
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
            env={**os.environ, "VIRTUAL_ENV": sys.prefix},
        )
        assert second.returncode == 1
        assert "is already open in another host" in second.stderr
        assert "funchost start --state DIR" in second.stderr
        with FunctionAppClient(first.url) as client:
            assert client.get("/admin/host/status").json()["state"] == "Running"
    finally:
        first.stop()
    assert first.process.returncode == 0
