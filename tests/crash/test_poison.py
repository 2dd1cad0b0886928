"""Code that kills its worker: it runs again, poison is given up in the end, and its neighbours live."""

from __future__ import annotations

import os
import signal
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from funchost.testing import FunctionAppClient
from funchost.testing.hosts import EmbeddedHost
from tests import processes

APP = Path(__file__).parents[1] / "apps" / "crash_poison"
API = "/runtime/webhooks/durabletask"
TIMES = 3
REASON = (
    "the worker process died each of the 3 times this {} ran. Look for a crash in native code, os._exit, or a "
    "process killed for lack of memory."
)

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="SIGKILL is POSIX")


class PoisonHost(EmbeddedHost):
    """A host with a client, and the runs that the app's functions have noted."""

    def __init__(self, folder: Path, *arguments: str) -> None:
        super().__init__(APP, folder / "state", arguments=("--python", sys.executable, *arguments))
        self._marks = folder / "marks.txt"
        self._marks.touch()

    def forget_runs(self) -> None:
        self._marks.write_text("")

    @property
    def runs(self) -> Counter[str]:
        return Counter(self._marks.read_text().split())

    def worker_ids(self) -> set[int]:
        """The worker processes that are up."""
        return set(processes.of_session(self.process.pid)) - {self.process.pid}


@pytest.fixture(scope="module")
def running_host(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PoisonHost]:
    """One host for all tests, which each leave it as good as new: that is their point."""
    folder = tmp_path_factory.mktemp("poison")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MARKS", str(folder / "marks.txt"))
        host = PoisonHost(folder)
        host.start()
    yield host
    host.stop()


@pytest.fixture
def host(running_host: PoisonHost) -> PoisonHost:
    """The poison app with one worker process, with no runs noted."""
    running_host.forget_runs()
    return running_host


@pytest.fixture
def client(host: PoisonHost) -> Iterator[FunctionAppClient]:
    """A client of the poison app."""
    with FunctionAppClient(host.url) as client:
        yield client


def start(client: FunctionAppClient, name: str, value: Any = None) -> str:
    """Start an orchestrator; the URL of its status."""
    started = client.post(f"{API}/orchestrators/{name}", json=value)
    assert started.status_code == 202, started.text
    return str(started.json()["statusQueryGetUri"])


def test_poison_is_given_up_after_three_runs_and_its_neighbours_finish(
    host: PoisonHost, client: FunctionAppClient
) -> None:
    neighbours = [start(client, "calls", ["patient", 0.8]) for _ in range(4)]
    client.wait_until(neighbours[0], lambda _: host.runs["patient"] == 4)
    poison = [start(client, "calls", ["poison", ""]) for _ in range(2)]
    for url in poison:
        status = client.wait_for_completion(url)
        assert status["runtimeStatus"] == "Completed"
        assert REASON.format("activity") in status["output"]
    for url in neighbours:
        assert client.wait_for_completion(url)["output"] == "finished"
    # The first to run takes the other down with it, which may not have begun; from then on each runs alone.
    assert 2 * TIMES - 1 <= host.runs["poison"] <= 2 * TIMES
    assert client.wait_for_completion(start(client, "calls", ["patient", 0]))["output"] == "finished"


def test_an_activity_whose_worker_died_runs_again(
    host: PoisonHost, client: FunctionAppClient, tmp_path: Path
) -> None:
    status = client.wait_for_completion(start(client, "calls", ["dies_once", str(tmp_path / "died")]))
    assert status["output"] == "finished"
    assert host.runs["dies_once"] == 2


@pytest.mark.skipif(not processes.IS_KNOWN, reason="needs /proc to find the workers")
def test_a_killed_worker_is_replaced_and_its_work_is_done_again(
    host: PoisonHost, client: FunctionAppClient
) -> None:
    url = start(client, "calls", ["patient", 1.0])
    client.wait_until(url, lambda _: host.runs["patient"] == 1)
    (worker,) = host.worker_ids()
    os.kill(worker, signal.SIGKILL)
    assert client.wait_for_completion(url)["output"] == "finished"
    assert host.runs["patient"] == 2
    client.wait_until(url, lambda _: len(host.worker_ids()) == 1)
    assert host.worker_ids() != {worker}
    assert f"The worker process {worker} was killed by signal 9." in host.log()


def test_a_poisoned_orchestrator_fails_and_says_why(host: PoisonHost, client: FunctionAppClient) -> None:
    status = client.wait_for_completion(start(client, "poisoned_orchestrator"))
    assert status["runtimeStatus"] == "Failed"
    assert REASON.format("orchestrator") in status["output"]
    assert host.runs["poisoned_orchestrator"] == TIMES


def test_a_poisoned_operation_answers_its_caller_and_leaves_the_state(
    host: PoisonHost, client: FunctionAppClient
) -> None:
    reason, contents = client.wait_for_completion(start(client, "asks_entity"))["output"]
    assert REASON.format("operation") in reason
    assert contents == ["kept"]
    assert host.runs["die"] == TIMES


def test_a_poisoned_signal_costs_no_signal_around_it(host: PoisonHost, client: FunctionAppClient) -> None:
    url = start(client, "calls", ["patient", 0.5])
    for name in ("one", "two", "die", "three", "four"):
        operation = "die" if name == "die" else "put"
        assert client.post(f"{API}/entities/box/b?op={operation}", json=name).status_code == 202
    kept = ["one", "two", "three", "four"]
    client.wait_until(url, lambda _: client.get(f"{API}/entities/box/b").json() == kept)
    assert client.wait_for_completion(url)["output"] == "finished"


def test_an_activity_that_runs_out_of_time_fails_and_its_neighbours_run_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MARKS", str(tmp_path / "marks.txt"))
    monkeypatch.setenv("AzureFunctionsJobHost__functionTimeout", "00:00:04")
    host = PoisonHost(tmp_path)
    host.start()
    try:
        with FunctionAppClient(host.url) as client:
            slow = start(client, "calls", ["patient", 3600])
            client.wait_until(slow, lambda _: host.runs["patient"] == 1)
            neighbour = start(client, "calls", ["patient", 0.5])
            output = client.wait_for_completion(slow)["output"]
            assert "failed: Timeout value of 00:00:04 was exceeded by function: Functions.patient" in output
            assert client.wait_for_completion(neighbour)["output"] == "finished"
            assert "A function timeout has occurred. Restarting worker process" in host.log()
            assert client.wait_for_completion(start(client, "calls", ["patient", 0]))["output"] == "finished"
    finally:
        host.stop()
