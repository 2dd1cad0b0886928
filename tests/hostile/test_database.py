"""A hub's file that cannot be used, and a clock that was wrong: said at the start, and mended without loss."""

from __future__ import annotations

import json
import os
import sqlite3
from contextlib import closing
from datetime import datetime
from pathlib import Path

import pytest

from funchost.model.history import OrchestratorStarted
from funchost.testing import FunctionAppClient
from funchost.wire.stored import decode_event
from tests import processes
from tests.hostile.command import API, PATTERNS, PATTERNS_HUB, Command, start_instance


@pytest.fixture
def hub(state: Path, logs: Path) -> Path:
    """The file of a hub in which one instance waits for an event."""
    with Command(PATTERNS, state, logs).running() as client:
        start_instance(client, "race", "waits")
        client.wait_until(f"{API}/instances/waits", lambda status: status["runtimeStatus"] == "Running")
    return state / PATTERNS_HUB


def check_it_goes_on(state: Path, logs: Path) -> None:
    with Command(PATTERNS, state, logs).running() as client:
        assert client.post(f"{API}/instances/waits/raiseEvent/go", json="now").status_code == 202
        assert client.wait_for_completion(f"{API}/instances/waits")["output"] == "now"


def test_a_damaged_hub_is_refused_untouched_and_a_copy_put_back_goes_on(hub: Path, state: Path, logs: Path) -> None:
    good = hub.read_bytes()
    damaged = bytearray(good)
    damaged[3 * 4096 : 3 * 4096 + 900] = b"\xa5" * 900
    hub.write_bytes(damaged)
    refused = Command(PATTERNS, state, logs)
    text = refused.refusal()
    assert text.startswith(f"The task hub in {hub} is damaged. It was left as it is. Put back a copy of it")
    assert text.count("funchost start --state DIR") == 1
    assert hub.read_bytes() == bytes(damaged)
    assert refused.process is not None
    if processes.IS_KNOWN:
        assert processes.of_session(refused.process.pid) == {}, "a worker was left behind"
    hub.write_bytes(good)
    check_it_goes_on(state, logs)


def test_a_hub_of_a_newer_funchost_is_refused_untouched(hub: Path, state: Path, logs: Path) -> None:
    with closing(sqlite3.connect(hub)) as newer, newer:
        newer.execute("INSERT INTO migrations (name) VALUES ('add_tags')")
    content = hub.read_bytes()
    assert Command(PATTERNS, state, logs).refusal() == (
        f"The task hub in {hub} was last used by a newer funchost (this one does not know its change 'add_tags'). "
        "Update with: python -m pip install --upgrade funchost. "
        "Or give this version a state folder of its own: funchost start --state DIR"
    )
    assert hub.read_bytes() == content


def test_a_file_that_is_no_hub_is_refused_untouched(state: Path, logs: Path) -> None:
    state.mkdir()
    file = state / PATTERNS_HUB
    file.write_text("my shopping list\n" * 400)
    text = Command(PATTERNS, state, logs).refusal()
    assert text.startswith(f"{file} is not a task hub: it is not a SQLite file. Move it away")
    assert file.read_text() == "my shopping list\n" * 400


def test_a_second_host_names_the_first_which_serves_on(state: Path, logs: Path) -> None:
    first = Command(PATTERNS, state, logs)
    with first.running() as client:
        text = Command(PATTERNS, state, logs).refusal()
        assert first.process is not None
        assert f"is already open in another host (process {first.process.pid}, since " in text
        assert text.endswith("give this one its own state folder: funchost start --state DIR")
        assert json.loads((state / "CrashPatterns.running.json").read_text())["pid"] == first.process.pid
        assert client.wait_for_completion(start_instance(client, "fan_out", "f", 8))["output"] == 56


# -- The clock ----------------------------------------------------------------------------------------------


def set_clock(file: Path, seconds: float) -> None:
    """At once: a reader sees the old time or the new."""
    new = file.with_suffix(".new")
    new.write_text(str(seconds))
    os.replace(new, file)


def episode_times(hub: Path, instance_id: str) -> list[datetime]:
    with closing(sqlite3.connect(f"{hub.as_uri()}?mode=ro", uri=True)) as reading:
        rows = reading.execute("SELECT event FROM history WHERE instance_id = ? ORDER BY sequence", [instance_id])
        events = [decode_event(event) for (event,) in rows]
    return [event.timestamp for event in events if isinstance(event, OrchestratorStarted)]


def test_a_clock_that_jumps_back_an_hour_stops_nothing_and_turns_no_history_back(
    state: Path, logs: Path, tmp_path: Path
) -> None:
    clock = tmp_path / "clock.txt"
    set_clock(clock, 3600)
    program = ("-m", "tests.hostile.jumping_clock", str(clock))
    with Command(PATTERNS, state, logs, program=program).running() as client:
        start_instance(client, "race", "before")
        chain = start_instance(client, "chain", "chain", 60)
        client.wait_until(chain, lambda status: status["customStatus"] is not None)
        set_clock(clock, 0)
        assert client.wait_for_completion(chain)["output"] == [2 * number for number in range(60)]
        # New timers go by the new time; one set before waits for its own. See that it still does below.
        assert client.wait_for_completion(start_instance(client, "timers", "after"))["output"] == 4
        assert client.post(f"{API}/instances/before/raiseEvent/go", json=1).status_code == 202
        assert client.wait_for_completion(f"{API}/instances/before")["output"] == 1
        check_everything_else(client)
        times = episode_times(state / PATTERNS_HUB, "chain")
        assert len(times) > 2
        assert times == sorted(set(times)), "an episode's time is not after the one before it"


def test_a_timer_set_by_a_wrong_clock_fires_once_the_clock_is_right(
    state: Path, logs: Path, tmp_path: Path
) -> None:
    clock = tmp_path / "clock.txt"
    set_clock(clock, 0)
    program = ("-m", "tests.hostile.jumping_clock", str(clock))
    with Command(PATTERNS, state, logs, program=program).running() as client:
        path = start_instance(client, "timers", "t")
        client.wait_until(path, lambda status: status["runtimeStatus"] != "Pending")
        set_clock(clock, -3600)
    set_clock(clock, 0)
    with Command(PATTERNS, state, logs, program=program).running() as client:
        assert client.wait_for_completion(f"{API}/instances/t")["output"] == 4


def check_everything_else(client: FunctionAppClient) -> None:
    """Starts, retries (timers of the host's own), sub-orchestrations and entities after the jump."""
    mark = f"{client.base_url.port}"
    ledger = start_instance(client, "bookkeeper", "b", f"ledger-{mark}")
    parent = start_instance(client, "parent", "p")
    eternal = start_instance(client, "eternal", "e", {"left": 3, "total": 0, "ledger": f"eternal-{mark}"})
    assert client.wait_for_completion(ledger)["output"][0] == [1, 3, 5]
    assert client.wait_for_completion(parent)["output"] == [[0, 2, 4], 6, 20, True]
    assert client.wait_for_completion(eternal)["output"] == 12
