"""What a test run starts ends with it: when told, by itself, or when the test run is killed."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import pytest

from funchost.testing.process_tree import CommandNotStarted, ProcessTree
from tests.funchost.testing.conftest import STAND_IN, RollCall

ROOT = Path(__file__).parents[3]
EVERYBODY = ("launcher", "host", "worker")
START = [sys.executable, "-I", "-S", str(STAND_IN), "start", "--port", "0"]


def environment(roll_call: RollCall, **scenario: object) -> dict[str, str]:
    return {**os.environ, "STAND_IN": json.dumps({"roll_call": roll_call.port, **scenario})}


def test_a_tree_ends_when_asked(tmp_path: Path, roll_call: RollCall) -> None:
    log = tmp_path / "log.txt"
    tree = ProcessTree(START, log_path=log, cwd=tmp_path, environment=environment(roll_call))
    roll_call.wait_for(*EVERYBODY)
    assert tree.exit_code is None

    tree.stop()

    assert roll_call.wait_until_all_are_gone() == sorted(EVERYBODY)
    assert tree.exit_code is not None
    if sys.platform != "win32":
        assert "ends on request" in tree.log()
        assert tree.exit_code == 0


def test_a_tree_that_will_not_end_is_killed(tmp_path: Path, roll_call: RollCall) -> None:
    tree = ProcessTree(
        START,
        log_path=tmp_path / "log.txt",
        cwd=tmp_path,
        environment=environment(roll_call, deaf=True),
        grace_seconds=0.1,
    )
    roll_call.wait_for(*EVERYBODY)

    tree.stop()
    tree.stop()

    assert roll_call.wait_until_all_are_gone() == sorted(EVERYBODY)


@pytest.mark.skipif(sys.platform == "win32", reason="Windows ends no orphans: there a tree is found by its parents")
def test_a_tree_whose_launcher_is_killed_ends_with_it(tmp_path: Path, roll_call: RollCall) -> None:
    tree = ProcessTree(
        START, log_path=tmp_path / "log.txt", cwd=tmp_path, environment=environment(roll_call, deaf=True)
    )
    roll_call.wait_for(*EVERYBODY)

    os.kill(tree.pid, signal.SIGKILL)

    assert roll_call.wait_until_all_are_gone() == sorted(EVERYBODY)
    tree.stop()
    assert tree.exit_code == 128 + signal.SIGKILL


def test_a_tree_ends_when_the_test_run_is_killed(tmp_path: Path, roll_call: RollCall) -> None:
    """kill -9 gives a process no chance to clean up; the keeper does it."""
    script = """
        import json, os, sys, threading
        from pathlib import Path
        from funchost.testing.process_tree import ProcessTree
        ProcessTree(json.loads(sys.argv[1]), log_path=Path("log.txt"), cwd=Path("."), environment=os.environ,
                    grace_seconds=0.1)
        threading.Event().wait()
    """
    test_run = subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(script), json.dumps(START)],
        cwd=tmp_path,
        env={**environment(roll_call, deaf=True), "PYTHONPATH": str(ROOT)},
    )
    roll_call.wait_for(*EVERYBODY)

    test_run.kill()
    test_run.wait()

    assert roll_call.wait_until_all_are_gone() == sorted(EVERYBODY)


def test_the_exit_code_and_everything_printed_are_kept(tmp_path: Path) -> None:
    code = "import sys; print('out', file=sys.stderr); print(repr(sys.stdin.read())); sys.exit(9)"
    tree = ProcessTree(
        [sys.executable, "-c", code], log_path=tmp_path / "log.txt", cwd=tmp_path, environment=os.environ
    )
    while tree.exit_code is None:
        time.sleep(0.01)

    assert tree.exit_code == 9
    assert tree.log().splitlines() == ["out", "''"]
    tree.stop()


def test_a_command_that_does_not_exist_is_reported(tmp_path: Path) -> None:
    with pytest.raises(CommandNotStarted, match="no-such-program cannot be started"):
        ProcessTree(["no-such-program"], log_path=tmp_path / "log.txt", cwd=tmp_path, environment=os.environ)


@pytest.mark.skipif(sys.platform == "win32", reason="a shell's & is a POSIX matter")
def test_a_tree_started_in_the_background_of_a_shell_still_hears_the_request(
    tmp_path: Path, roll_call: RollCall
) -> None:
    """A shell has its background jobs ignore SIGINT, and what is ignored is inherited."""
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        tree = ProcessTree(START, log_path=tmp_path / "log.txt", cwd=tmp_path, environment=environment(roll_call))
    finally:
        signal.signal(signal.SIGINT, before)
    roll_call.wait_for(*EVERYBODY)

    tree.stop()

    assert "ends on request" in tree.log()
