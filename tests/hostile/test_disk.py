"""A disk that is full, or not to be written: the host says so and ends, and what it acknowledged is still there."""

from __future__ import annotations

import os
import shutil
import sqlite3
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import closing
from pathlib import Path

import httpx
import pytest

from funchost.testing import FunctionAppClient
from tests.hostile.command import API, PATTERNS, PATTERNS_HUB, Command, start_instance

FULL = (
    "There is no space left for the task hub in {}. Everything acknowledged before is kept. "
    "Free some disk space and start again: funchost start (SQLite: database or disk is full)"
)
PAGES = 80
BIG = "x" * 20_000


def check_integrity(database: Path) -> None:
    with closing(sqlite3.connect(database)) as hub:
        assert hub.execute("PRAGMA integrity_check").fetchone() == ("ok",)


def fill(client: FunctionAppClient) -> list[str]:
    """Start instances that wait, until the host can keep no more; the ids of those it acknowledged."""
    acknowledged: list[str] = []
    while True:
        instance_id = f"waits-{len(acknowledged)}"
        try:
            answer = client.post(f"{API}/orchestrators/race/{instance_id}", json=BIG)
        except httpx.TransportError:
            return acknowledged
        if answer.status_code != 202:
            assert answer.status_code == 500
            return acknowledged
        acknowledged.append(instance_id)


def finish(client: FunctionAppClient, acknowledged: Sequence[str]) -> None:
    """Every instance is still there, and goes on."""
    for instance_id in acknowledged:
        assert client.post(f"{API}/instances/{instance_id}/raiseEvent/go", json=instance_id).status_code == 202
    for instance_id in acknowledged:
        assert client.wait_for_completion(f"{API}/instances/{instance_id}")["output"] == instance_id


def test_a_full_disk_ends_the_host_with_its_cause_and_costs_nothing_acknowledged(state: Path, logs: Path) -> None:
    small = Command(PATTERNS, state, logs, program=("-m", "tests.hostile.small_disk", str(PAGES)))
    small.start()
    try:
        with FunctionAppClient(small.url) as client:
            acknowledged = fill(client)
        assert small.wait() == 1
    finally:
        small.kill()
    assert small.stderr.strip() == FULL.format(state / PATTERNS_HUB)
    assert len(acknowledged) > 3
    check_integrity(state / PATTERNS_HUB)

    # Still full: it ends again, at once or once it has something to keep, and nothing is worse for it.
    assert Command(
        PATTERNS, state, logs, program=("-m", "tests.hostile.small_disk", "10")
    ).refusal() == FULL.format(state / PATTERNS_HUB)

    with Command(PATTERNS, state, logs).running() as client:
        finish(client, acknowledged)
    check_integrity(state / PATTERNS_HUB)


@pytest.fixture
def tiny_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 3 MB; only root can have one."""
    folder = tmp_path / "tiny"
    folder.mkdir()
    mounted = os.geteuid() == 0 and subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=3m", "none", str(folder)], capture_output=True, check=False
    )
    if not mounted or mounted.returncode:
        pytest.skip("a file system of its own takes root's rights: run this as root on Linux")
    yield folder
    subprocess.run(["umount", "-l", str(folder)], check=True)


def test_a_disk_full_for_hub_and_log_alike_loses_nothing_acknowledged(tiny_disk: Path) -> None:
    state, logs = tiny_disk / "state", tiny_disk / "logs"
    logs.mkdir()
    full = Command(PATTERNS, state, logs)
    full.start()
    try:
        with FunctionAppClient(full.url) as client:
            acknowledged = fill(client)
        assert full.wait() == 1
    finally:
        full.kill()
    assert len(acknowledged) > 10
    # With room again, whatever else was on that disk:
    subprocess.run(["mount", "-o", "remount,size=64m", str(tiny_disk)], check=True)
    with Command(PATTERNS, state, logs).running() as client:
        finish(client, acknowledged)
    check_integrity(state / PATTERNS_HUB)


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
def test_a_log_that_cannot_be_written_holds_up_no_work(state: Path, logs: Path) -> None:
    with Path("/dev/full").open("w") as full, Command(PATTERNS, state, logs, out=full).running() as client:
        assert client.wait_for_completion(start_instance(client, "fan_out", "f", 8))["output"] == 56


def test_a_reader_of_the_log_that_goes_away_holds_up_no_work(state: Path, logs: Path) -> None:
    reading, writing = os.pipe()
    with os.fdopen(writing, "wb") as pipe, Command(PATTERNS, state, logs, out=pipe).running() as client:
        os.close(reading)
        assert client.wait_for_completion(start_instance(client, "fan_out", "f", 8))["output"] == 56


@pytest.fixture
def powerless() -> Sequence[str]:
    """A prefix for commands that takes root's right to write everywhere away; nothing for other users."""
    if os.geteuid() != 0:
        return ()
    if shutil.which("setpriv") is None:
        pytest.skip("as root this needs setpriv (util-linux): run the tests as another user")
    return ("setpriv", "--bounding-set=-dac_override,-dac_read_search")


def test_a_state_folder_that_is_read_only_is_refused(state: Path, logs: Path, powerless: Sequence[str]) -> None:
    state.mkdir(mode=0o555)
    assert Command(PATTERNS, state, logs, prefix=powerless).refusal() == (
        f"The folder {state} cannot hold a task hub: Permission denied. "
        "Use another state folder: funchost start --state DIR"
    )
    state.chmod(0o755)
    with Command(PATTERNS, state, logs, prefix=powerless).running():
        pass


def test_a_hub_that_became_read_only_is_refused_and_goes_on_once_it_is_writable(
    state: Path, logs: Path, powerless: Sequence[str]
) -> None:
    with Command(PATTERNS, state, logs).running() as client:
        start_instance(client, "race", "waits")
    database = state / PATTERNS_HUB
    content = database.read_bytes()
    database.chmod(0o444)
    text = Command(PATTERNS, state, logs, prefix=powerless).refusal()
    assert text.startswith(f"The task hub in {database} cannot be written: the file or its folder is read-only.")
    assert "use another state folder: funchost start --state DIR" in text
    assert database.read_bytes() == content
    database.chmod(0o644)
    with Command(PATTERNS, state, logs, prefix=powerless).running() as client:
        finish(client, ["waits"])
