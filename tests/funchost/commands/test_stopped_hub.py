"""``funchost durable`` on a hub that no host has open: everything is kept for the next host."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner

from funchost.cli import main
from funchost.testing import FunctionAppClient
from funchost.testing.hosts import EmbeddedHost
from tests.funchost.commands.conftest import Commands

KEPT = "No host has the hub open: this takes effect at the next start (funchost start)."


def test_an_instance_is_kept_until_a_host_starts(commands: Commands) -> None:
    told = commands("start-new", "--function-name", "greet", "--id", "one", "--input", '["Tokyo"]')
    assert told == f"Started 'greet'. Instance ID: 'one'.\n{KEPT}\n"
    status = commands.json("get-runtime-status", "--id", "one", "--show-input")
    assert (status["name"], status["runtimeStatus"]) == ("greet", "Pending")
    assert json.loads(status["input"]) == ["Tokyo"]
    assert commands.json("get-history", "--id", "one") == []
    assert "has not begun to run" in commands("get-history", "--id", "one")


def test_what_was_kept_runs_at_the_next_start(commands: Commands, start_host: Callable[[], EmbeddedHost]) -> None:
    commands("start-new", "--function-name", "GREET", "--id", "one", "--input", '["Tokyo"]')
    commands("start-new", "--function-name", "approval", "--id", "two")
    commands("raise-event", "--id", "two", "--event-name", "Approval", "--event-data", '{"by": "Ann"}')
    commands("start-new", "--function-name", "approval", "--id", "three")
    assert commands.json("terminate", "--id", "three", "--reason", "not wanted") == {
        "id": "three",
        "runtimeStatus": "Pending",
        "taskHub": "TestHubName",
        "hostRunning": False,
    }
    commands("start-new", "--function-name", "gret", "--id", "four")
    host = start_host()
    with FunctionAppClient(host.url) as client:
        ended = {
            name: client.wait_for_completion(f"/runtime/webhooks/durabletask/instances/{name}")
            for name in ("one", "two", "three", "four")
        }
    assert ended["one"]["output"] == ["Hello Tokyo!"]
    assert ended["two"]["output"] == {"answer": {"by": "Ann"}}
    assert (ended["three"]["runtimeStatus"], ended["three"]["output"]) == ("Terminated", "not wanted")
    assert ended["four"]["runtimeStatus"] == "Failed"
    assert "The following are the known orchestrator functions: 'approval', 'greet'" in ended["four"]["output"]


def test_a_killed_host_is_noticed_and_its_hub_read(
    commands: Commands, start_host: Callable[[], EmbeddedHost]
) -> None:
    host = start_host()
    commands("start-new", "--function-name", "greet", "--id", "one", "--input", "[]")
    host.process.kill()
    host.process.wait()
    assert (commands.state / "TestHubName.running.json").is_file()
    assert commands.json("start-new", "--function-name", "greet", "--id", "two")["hostRunning"] is False
    found = commands.json("get-instances")
    assert [instance["instanceId"] for instance in found["instances"]] == ["one", "two"]


def test_word_of_a_host_whose_address_another_has_taken_is_not_believed(
    commands: Commands, tmp_path: Path, start_host: Callable[[], EmbeddedHost]
) -> None:
    host = start_host()
    elsewhere = Commands(tmp_path / "elsewhere")
    elsewhere.state.mkdir()
    said = {"url": host.url, "pid": 1, "taskHub": "TestHubName", "instanceId": "of a host that was killed"}
    (elsewhere.state / "TestHubName.running.json").write_text(json.dumps(said))
    assert elsewhere.json("start-new", "--function-name", "greet", "--id", "one")["hostRunning"] is False
    assert commands.json("get-instances")["instances"] == []


@pytest.mark.parametrize("text", ["", "{", "[]", "{}", '{"url": 5, "taskHub": "TestHubName", "instanceId": null}'])
def test_word_that_cannot_be_read_is_no_word(commands: Commands, text: str) -> None:
    commands.state.mkdir()
    (commands.state / "TestHubName.running.json").write_text(text)
    assert commands.json("start-new", "--function-name", "greet", "--id", "one")["hostRunning"] is False


def test_instances_are_listed_page_by_page_and_by_status(commands: Commands) -> None:
    for number in range(5):
        commands("start-new", "--function-name", "greet", "--id", f"i{number}")
    page = commands.json("get-instances", "--top", "3")
    assert [instance["instanceId"] for instance in page["instances"]] == ["i0", "i1", "i2"]
    rest = commands.json("get-instances", "--continuation-token", page["continuationToken"])
    assert [instance["instanceId"] for instance in rest["instances"]] == ["i3", "i4"]
    assert rest["continuationToken"] is None
    assert commands.json("get-instances", "--runtime-status", "running COMPLETED")["instances"] == []
    assert len(commands.json("get-instances", "--runtime-status", "pending")["instances"]) == 5
    assert commands.json("get-instances", "--created-before", "2020-01-01")["instances"] == []
    assert len(commands.json("get-instances", "--created-after", "2020-01-01T10:00:00Z")["instances"]) == 5
    shown = commands("get-instances", "--top", "3")
    assert "i2" in shown
    assert f"Continuation token for the next: {page['continuationToken']}" in shown


def test_ids_are_shown_as_they_are_and_never_as_markup(commands: Commands) -> None:
    for odd in ("[red]id", "a b+c%20&d", "ünï-😀"):
        commands("start-new", "--function-name", "greet", "--id", odd)
        assert commands.json("get-runtime-status", "--id", odd)["instanceId"] == odd
        assert odd in commands("get-instances")
        assert odd in commands("get-runtime-status", "--id", odd)


def test_inputs_are_json_text_or_a_file(commands: Commands, tmp_path: Path) -> None:
    file = tmp_path / "input.json"
    file.write_text('{"cities": ["Zürich"]}', encoding="utf-8")
    cases = {"[1, 2]": [1, 2], "Tokyo": "Tokyo", "true": True, f"@{file}": {"cities": ["Zürich"]}, '"12"': "12"}
    for given, expected in cases.items():
        started = commands.json("start-new", "--function-name", "greet", "--input", given)["id"]
        status = commands.json("get-runtime-status", "--id", started, "--show-input")
        assert json.loads(status["input"]) == expected
    started = commands.json("start-new", "--function-name", "greet")["id"]
    assert commands.json("get-runtime-status", "--id", started, "--show-input")["input"] is None


def test_inputs_that_cannot_be_read_are_refused(commands: Commands, tmp_path: Path) -> None:
    start = ("start-new", "--function-name", "greet", "--input")
    assert "Could not find input file at 'nowhere.json'" in commands.error(*start, "@nowhere.json")
    assert "looks like JSON and is not" in commands.error(*start, "{city: Tokyo}")
    broken = tmp_path / "broken.json"
    broken.write_text("{")
    assert "is not JSON" in commands.error(*start, f"@{broken}")


@pytest.mark.parametrize(
    ("command", "more"),
    [
        ("get-runtime-status", ()),
        ("get-history", ()),
        ("raise-event", ("--event-name", "Approval")),
        ("terminate", ()),
        ("suspend", ()),
        ("resume", ()),
        ("rewind", ()),
        ("restart", ()),
        ("purge-history", ()),
    ],
)
def test_an_unknown_instance_is_said_with_the_command_that_lists_those_there_are(
    commands: Commands, command: str, more: tuple[str, ...]
) -> None:
    commands("start-new", "--function-name", "greet", "--id", "one")
    assert commands.error(command, "--id", "nobody", *more) == (
        "There is no instance 'nobody' in task hub 'TestHubName'. See what there is: funchost durable "
        "get-instances --task-hub-name TestHubName\n"
    )


def test_refusals_say_why_and_what_to_do(commands: Commands) -> None:
    commands("start-new", "--function-name", "greet", "--id", "one")
    again = commands.error("start-new", "--function-name", "greet", "--id", "one")
    assert "An Orchestration instance with the status Pending already exists." in again
    assert "funchost durable terminate --id one" in again
    assert "must not start with @" in commands.error("start-new", "--function-name", "greet", "--id", "@x")
    assert "nor contain a slash" in commands.error("get-history", "--id", "a/b")
    assert "status Pending" in commands.error("purge-history", "--id", "one")
    assert "has status Pending, but only orchestrations in the" in commands.error("rewind", "--id", "one")
    assert "Cannot resume the orchestration instance one" in commands.error("resume", "--id", "one")
    assert "not one that this host gave out" in commands.error("get-instances", "--continuation-token", "xyz")


def test_a_hub_that_is_not_there_is_not_made_by_looking_for_it(commands: Commands) -> None:
    said = commands.error("get-instances")
    assert "There is no task hub 'TestHubName' in" in said
    assert "funchost start" in said
    assert not commands.state.exists()


def test_the_hub_can_be_named_and_needs_no_app_then(commands: Commands, tmp_path: Path) -> None:
    commands("start-new", "--function-name", "greet", "--id", "one", "--task-hub-name", "OtherHub")
    assert "no task hub 'TestHubName'" in commands.error("get-instances")
    place = ["--script-root", str(tmp_path), "--state", str(commands.state), "--task-hub-name", "OtherHub"]
    result = CliRunner().invoke(main, ["durable", "get-instances", "--json", *place])
    assert json.loads(result.stdout)["instances"][0]["instanceId"] == "one"
    result = CliRunner().invoke(main, ["durable", "get-instances", "--script-root", str(tmp_path)])
    assert result.exit_code == 1
    assert "Unable to find project root" in result.stderr


def test_a_name_that_would_leave_the_state_folder_is_refused(commands: Commands) -> None:
    said = commands.error("delete-task-hub", "--task-hub-name", "../TestHubName")
    assert "'../TestHubName' cannot be the name of a task hub" in said


def test_restart_works_from_what_the_hub_remembers(commands: Commands) -> None:
    commands("start-new", "--function-name", "greet", "--id", "one", "--input", '["Tokyo"]')
    answer = commands.json("restart", "--id", "one")
    assert answer["restartedFrom"] == "one"
    status = commands.json("get-runtime-status", "--id", answer["id"], "--show-input")
    assert (status["name"], json.loads(status["input"])) == ("greet", ["Tokyo"])
    said = commands.error("restart", "--id", "one", "--keep-id")
    assert "An Orchestration instance with the status Pending already exists. Take another id" in said


def test_deleting_the_hub_leaves_nothing_of_it(commands: Commands) -> None:
    commands("start-new", "--function-name", "greet", "--id", "one")
    assert commands("delete-task-hub") == "Task hub 'TestHubName' successfully deleted.\n"
    assert not list(commands.state.glob("*.db*[!k]"))
    assert "There is no task hub 'TestHubName'" in commands.error("delete-task-hub")


def test_a_damaged_hub_can_be_deleted(commands: Commands) -> None:
    commands.state.mkdir()
    (commands.state / "TestHubName.db").write_bytes(b"not a database at all" * 100)
    assert "TestHubName.db" in commands.error("get-instances")
    assert commands.json("delete-task-hub") == {"taskHub": "TestHubName", "deleted": True}


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (("get-instances", "--runtime-status", "done"), "'done' is none of Running, Completed"),
        (("purge-history", "--runtime-status", "running"), "'running' is none of Completed, Failed"),
        (("purge-history", "--id", "x", "--created-before", "2020-01-01"), "--id names one instance"),
        (("get-instances", "--created-after", "yesterday"), "'yesterday' is no time"),
        (("get-history",), "Missing option '--id'"),
        (("start-new",), "Missing option '--function-name'"),
    ],
)
def test_misuse_ends_with_2(commands: Commands, arguments: tuple[str, ...], complaint: str) -> None:
    result = commands.run(*arguments)
    assert result.exit_code == 2
    assert complaint in result.stderr
