"""What lab 9 asks for: tests that notice when the app is broken. Each check breaks it, in a copy, and runs them."""

import shutil
import subprocess
import sys
from functools import lru_cache
from pathlib import Path

APP = Path("function_app.py")
RETRIES = 'context.call_activity_with_retry("say_hello", three_attempts, "Seattle")'


def failures(folder: Path, *which: str) -> list[str]:
    """What pytest says of each of the participant's tests that fails there, one line each."""
    command = [sys.executable, "-m", "pytest", "-q", "-x", "--tb=no", "-p", "no:cacheprovider", *which]
    ended = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    said = [line for line in ended.stdout.splitlines() if line.startswith(("FAILED", "ERROR"))]
    return said or ([] if ended.returncode == 0 else [f"pytest ended with {ended.returncode}: {ended.stdout}"])


@lru_cache(maxsize=1)
def failures_here() -> list[str]:
    return failures(Path())


def notices(tmp_path: Path, old: str, new: str, *which: str) -> bool:
    """Whether the tests fail on a copy of the app in which `old` has become `new`."""
    assert not failures_here(), "This can be said once your tests pass on the app as it is."
    text = APP.read_text(encoding="utf-8")
    assert text.count(old) == 1, (
        f"function_app.py should be as the lab gave it, with this in it once, so that it can be broken here:\n{old}"
    )
    copy = tmp_path / "copy"
    shutil.copytree(Path(), copy, ignore=shutil.ignore_patterns(".funchost", ".*_cache", "__pycache__"))
    (copy / APP).write_text(text.replace(old, new), encoding="utf-8")
    return bool(failures(copy, *which))


def test_pass() -> None:
    """Your tests pass on the app as it is"""
    assert not failures_here(), "They do not:\n" + "\n".join(failures_here())


def test_order(tmp_path: Path) -> None:
    """They notice when the greetings come in another order"""
    assert notices(tmp_path, "return [tokyo, seattle, london]", "return [london, seattle, tokyo]"), (
        "hello_cities now returns London first, and all your tests pass. Compare the whole output."
    )


def test_retries(tmp_path: Path) -> None:
    """They notice when Seattle is not tried again"""
    assert notices(tmp_path, RETRIES, 'context.call_activity("say_hello", "Seattle")'), (
        "Seattle is now called without a retry policy, and all your tests pass. Replace say_hello by answers of "
        "which one is an error: step 3."
    )


def test_giving_up(tmp_path: Path) -> None:
    """They notice when it never gives up"""
    assert notices(tmp_path, "max_number_of_attempts=3", "max_number_of_attempts=30"), (
        "Seattle is now tried 30 times, and all your tests pass. Let say_hello fail for ever, and count its calls: "
        "the last answer in the list of answers stays."
    )


def test_interval(tmp_path: Path) -> None:
    """They notice when it waits for an hour in between"""
    assert notices(
        tmp_path, "first_retry_interval_in_milliseconds=1000", "first_retry_interval_in_milliseconds=3600000"
    ), (
        "Seattle is now tried again after an hour, not after a second, and all your tests pass. Use durable.start "
        "and durable.advance(seconds=1), then look at runtime_status."
    )


def test_golden_history(tmp_path: Path) -> None:
    """A golden history notices a change that instances under way would not stand"""
    saved = sorted(Path("tests/histories").glob("*.json"))
    assert saved, "There is no history in tests/histories yet. Save one of an instance: step 5."
    there = failures(Path(), "tests/histories")
    assert not there, "The saved history does not fit the code as it is:\n" + "\n".join(there)
    assert notices(
        tmp_path,
        'call_activity("say_hello", "London")',
        'call_activity("say_goodbye", "London")',
        "tests/histories",
    ), "London now gets another activity, and the saved history still fits. Is it one of a whole hello_cities?"
