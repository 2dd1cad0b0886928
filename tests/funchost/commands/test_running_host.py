"""``funchost durable`` beside a running host."""

from __future__ import annotations

import json
import socket
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from funchost.clock import SystemClock
from funchost.store.ownership import HubLock
from funchost.testing import FunctionAppClient
from funchost.testing.hosts import EmbeddedHost
from tests.funchost.commands.conftest import APP, Commands

StartHost = Callable[[], EmbeddedHost]


def wait(host: EmbeddedHost, instance_id: str, status: str) -> None:
    """Until the instance is in this status."""
    with FunctionAppClient(host.url) as client:
        url = f"/runtime/webhooks/durabletask/instances/{instance_id}"
        client.wait_until(url, lambda found: found["runtimeStatus"] == status)


def test_an_orchestration_is_started_followed_and_purged(commands: Commands, start_host: StartHost) -> None:
    host = start_host()
    told = commands("start-new", "--function-name", "greet", "--id", "one", "--input", '["Tokyo", "Seattle"]')
    assert told == "Started 'greet'. Instance ID: 'one'.\n"
    wait(host, "one", "Completed")

    assert commands.json("get-runtime-status", "--id", "one")["output"] is None
    status = commands.json("get-runtime-status", "--id", "one", "--show-output")
    assert status["output"] == ["Hello Tokyo!", "Hello Seattle!"]
    shown = commands("get-runtime-status", "--id", "one", "--show-output")
    assert "Hello Seattle!" in shown
    assert "Input" not in shown

    events = commands.json("get-history", "--id", "one")
    assert [event["EventType"] for event in events] == [
        "ExecutionStarted", "TaskCompleted", "TaskCompleted", "ExecutionCompleted",
    ]  # fmt: skip
    assert events[1]["Result"] == "Hello Tokyo!"
    assert "Result: Hello Tokyo!" in commands("get-history", "--id", "one")

    assert commands.json("purge-history", "--runtime-status", "failed")["instancesDeleted"] == 0
    assert commands("purge-history", "--created-after", "2020-01-01") == "Instances deleted: 1\n"
    assert commands("get-instances") == "No instances.\n"


def test_a_waiting_orchestration_is_suspended_resumed_told_and_terminated(
    commands: Commands, start_host: StartHost
) -> None:
    host = start_host()
    commands("start-new", "--function-name", "approval", "--id", "one")
    wait(host, "one", "Running")
    assert commands("suspend", "--id", "one") == "Told instance 'one' to suspend; it is Suspended.\n"
    assert "instance is in the Suspended state" in commands.error("suspend", "--id", "one")
    assert commands("resume", "--id", "one") == "Told instance 'one' to resume; it is Running.\n"
    assert commands("raise-event", "--id", "one", "--event-name", "Approval", "--event-data", "true") == (
        "Raised event 'Approval' to instance 'one'.\n"
    )
    wait(host, "one", "Completed")
    status = commands.json("get-runtime-status", "--id", "one", "--show-output")
    assert status["output"] == {"answer": True}
    assert commands.error("raise-event", "--id", "one", "--event-name", "Approval") == (
        "Instance 'one' has finished and takes nothing more. See how it ended: funchost durable get-runtime-status "
        "--id one --show-output\n"
    )

    commands("start-new", "--function-name", "approval", "--id", "two")
    wait(host, "two", "Running")
    assert commands.json("terminate", "--id", "two", "--reason", "enough") == {
        "id": "two",
        "runtimeStatus": "Terminated",
        "taskHub": "TestHubName",
        "hostRunning": True,
    }
    assert commands.json("get-runtime-status", "--id", "two", "--show-output")["output"] == "enough"
    restarted = commands.json("restart", "--id", "two", "--keep-id")
    assert restarted["id"] == "two"
    wait(host, "two", "Running")


@pytest.mark.parametrize("address", ["127.0.0.2", "0.0.0.0", "::1"])
def test_a_host_is_found_at_whatever_address_it_listens(commands: Commands, mended: Path, address: str) -> None:
    try:
        with socket.socket(socket.AF_INET6 if ":" in address else socket.AF_INET) as probe:
            probe.bind((address, 0))
    except OSError:
        pytest.skip(f"this machine has no address {address}")
    host = EmbeddedHost(APP, commands.state, arguments=("--python", sys.executable, "--address", address))
    host.start()
    try:
        assert commands.json("start-new", "--function-name", "greet", "--input", "[]")["hostRunning"] is True
    finally:
        host.stop()


def test_a_failed_orchestration_is_rewound(commands: Commands, start_host: StartHost, mended: Path) -> None:
    host = start_host()
    commands("start-new", "--function-name", "repair", "--id", "one")
    wait(host, "one", "Failed")
    mended.touch()
    assert "Told instance 'one' to rewind" in commands("rewind", "--id", "one", "--reason", "mended")
    wait(host, "one", "Completed")
    assert commands.json("get-runtime-status", "--id", "one", "--show-output")["output"] == "mended"


def test_an_unknown_orchestrator_is_said_with_those_there_are(commands: Commands, start_host: StartHost) -> None:
    start_host()
    said = commands.error("start-new", "--function-name", "gret")
    assert "The function 'gret' doesn't exist" in said
    assert "'approval', 'greet', 'repair'" in said


def test_a_hub_in_use_is_not_deleted(commands: Commands, start_host: StartHost) -> None:
    host = start_host()
    said = commands.error("delete-task-hub")
    assert f"is open in the host at {host.url}. Stop that host first" in said
    host.stop()
    assert commands.json("delete-task-hub")["deleted"] is True


def test_another_hub_in_the_same_folder_is_left_to_its_file(commands: Commands, start_host: StartHost) -> None:
    start_host()
    other = ("--task-hub-name", "OtherHub")
    assert commands.json("start-new", "--function-name", "greet", "--id", "one", *other)["hostRunning"] is False
    assert commands.json("get-instances")["instances"] == []
    assert commands.json("get-instances", *other)["instances"][0]["runtimeStatus"] == "Pending"


def test_hosts_of_two_hubs_in_one_folder_are_told_apart(
    commands: Commands, start_host: StartHost, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = start_host()
    with monkeypatch.context() as during:
        during.setenv("AzureFunctionsJobHost__extensions__durableTask__hubName", "OtherHub")
        second = start_host()
    other = ("--task-hub-name", "OtherHub")
    assert f"is open in the host at {first.url}" in commands.error("delete-task-hub")
    assert f"is open in the host at {second.url}" in commands.error("delete-task-hub", *other)
    second.stop()
    assert f"is open in the host at {first.url}" in commands.error("delete-task-hub")
    assert commands.json("delete-task-hub", *other)["deleted"] is True


@pytest.mark.parametrize("command", [("get-instances",), ("delete-task-hub",)])
def test_a_host_that_has_the_hub_and_does_not_answer_is_named(commands: Commands, command: tuple[str, ...]) -> None:
    commands("start-new", "--function-name", "greet", "--id", "one")
    lock = HubLock.acquire(commands.state / "TestHubName.db", since=SystemClock().now())
    try:
        said = commands.error(*command)
    finally:
        lock.release()
    assert "process " in said
    assert "open in" in said


def test_the_command_works_from_the_shell_in_the_app_folder(commands: Commands) -> None:
    def shell(*arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "funchost", "durable", *arguments, "--state", str(commands.state)],
            check=False,
            cwd=APP,
            capture_output=True,
            text=True,
            timeout=60,
        )

    started = shell("start-new", "--function-name", "greet", "--json")
    assert (started.returncode, started.stderr) == (0, "")
    found = shell("get-runtime-status", "--id", json.loads(started.stdout)["id"])
    assert (found.returncode, found.stderr) == (0, "")
    assert "Pending" in found.stdout
    missing = shell("get-history", "--id", "nobody")
    assert (missing.returncode, missing.stdout) == (1, "")
    assert "There is no instance 'nobody'" in missing.stderr
