"""python -m workshop: what a participant types, and what is said in answer."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from scaffolding.repository import ROOT
from workshop import course
from workshop.command import main

ANSWERS = "answers.py"


@pytest.fixture
def my_labs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder for a participant's labs."""
    folder = tmp_path / "my-labs"
    monkeypatch.setattr(course, "MY_LABS", folder)
    return folder


@pytest.fixture
def lab_2(my_labs: Path, capsys: pytest.CaptureFixture[str]) -> Path:
    """Lab 2 as it begins."""
    assert main(["start", "2"]) == 0
    capsys.readouterr()
    return my_labs / "02-replay"


def test_without_arguments_it_lists_the_labs(my_labs: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([]) == 0
    shown = capsys.readouterr().out
    assert "10  Moving to Core Tools and Azure" in shown
    assert "Begin with: python -m workshop start 1" in shown


def test_a_lab_is_begun_once_and_again_only_on_demand(lab_2: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (lab_2 / ANSWERS).write_text("BEGINS = 5\n", encoding="utf-8")

    assert main(["start", "2"]) == 1
    assert "is there already" in capsys.readouterr().out

    assert main(["start", "2", "--again"]) == 0
    assert "BEGINS = 0" in (lab_2 / ANSWERS).read_text(encoding="utf-8")
    assert (lab_2.parent / "02-replay.1" / ANSWERS).read_text(encoding="utf-8") == "BEGINS = 5\n"


def test_a_check_says_in_plain_words_what_is_missing(
    lab_2: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    answers = lab_2 / ANSWERS
    text = answers.read_text(encoding="utf-8")
    answers.write_text(text.replace("BEGINS = 0", "BEGINS = 4").replace("TOKYO = 0", "TOKYO = 3"), encoding="utf-8")
    monkeypatch.chdir(lab_2 / "tools")  # anywhere in the lab's folder

    assert main(["check"]) == 1
    shown = capsys.readouterr().out
    assert "ok       You have counted how often the orchestrator began" in shown
    assert "You wrote 3. Tokyo stands before the first yield, so every pass comes by." in shown
    assert "“… begins at its first line” is logged 4 times in one orchestration." in shown
    assert "1 of 4 are there." in shown
    assert "Traceback" not in shown


def test_code_that_cannot_be_loaded_is_explained_once(lab_2: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (lab_2 / "function_app.py").write_text("app = \n", encoding="utf-8")

    assert main(["check", "2"]) == 1
    shown = capsys.readouterr().out
    assert shown.count("SyntaxError: invalid syntax") == 1
    assert "function_app.py" in shown


def test_a_solution_is_shown_as_a_diff_and_keeps_what_was_there(
    lab_2: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (lab_2 / ANSWERS).write_text("BEGINS = 5\n", encoding="utf-8")

    assert main(["solve", "2"]) == 0
    shown = capsys.readouterr().out
    assert "--- yours/answers.py" in shown
    assert "-BEGINS = 5" in shown
    assert "+BEGINS = 4" in shown
    assert (lab_2 / "answers.py.mine").read_text(encoding="utf-8") == "BEGINS = 5\n"
    assert not (lab_2 / "function_app.py.mine").exists(), "it was as the lab gave it"

    assert main(["solve", "2"]) == 0
    assert "Your files are the solution's already." in capsys.readouterr().out


def test_without_the_environment_it_says_what_to_do(tmp_path: Path) -> None:
    bare = [sys.executable, "-S", "-m", "workshop"]  # -S: nothing that was installed is found
    ended = subprocess.run(bare, cwd=ROOT, capture_output=True, text=True, check=False)

    assert ended.returncode == 1
    assert "Is the workshop's environment active in this terminal?" in ended.stderr
    assert "Traceback" not in ended.stderr


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["check", "3"], "Lab 3 was not begun yet. Type: python -m workshop start 3"),
        (["start", "11"], "There are labs 1 to 10, but none numbered 11."),
        (["check"], "Which lab? Stand in its folder, or say its number: python -m workshop check 3"),
    ],
)
def test_what_cannot_be_done_is_said_with_what_to_type(
    my_labs: Path,
    tmp_path: Path,
    arguments: list[str],
    sentence: str,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)

    assert main(arguments) == 1
    assert sentence in capsys.readouterr().out
