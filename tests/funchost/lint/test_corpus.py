"""The linter against orchestrators whose findings are known.

``corpus/incorrect``: ``# expect: DF001, DF003`` at a line's end names the findings of that line, once each. Every
finding of default rules must be expected there, and every expected one be found. ``corpus/correct``: none.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest

from funchost.lint import lint
from funchost.lint.finding import Finding
from funchost.lint.rules import RULES, choose

HERE = Path(__file__).parent
REPOSITORY = HERE.parents[2]
INCORRECT = HERE / "corpus" / "incorrect"
CORRECT = HERE / "corpus" / "correct"
EXPECTED = re.compile(r"# expect: (?P<codes>DF\d+(?:, DF\d+)*)$")
# The samples are the templates, baked; before that, they are not Python.
OURS = [REPOSITORY / "samples", REPOSITORY / "tests" / "apps"]
# Apps that are wrong so that a test can watch them fail.
WRONG_ON_PURPOSE = {
    ("tests/apps/worker_one_bad/function_app.py", "async_orchestrator", "DF005"),
    ("tests/apps/worker_one_bad/function_app.py", "async_generator", "DF005"),
    ("tests/apps/approvals/function_app.py", "careless", "DF006"),
    ("tests/apps/crash_poison/function_app.py", "poisoned_orchestrator", "DF003"),  # it counts its runs in a file
    ("tests/apps/crash_poison/function_app.py", "poisoned_orchestrator", "DF008"),
}


def cases(folder: Path) -> list[Path]:
    """Single files, and folders that hold an app of several files."""
    return sorted(p for p in folder.iterdir() if p.suffix == ".py" or (p.is_dir() and (p / "host.json").exists()))


def findings_in(path: Path, codes: frozenset[str] | None = None) -> tuple[Finding, ...]:
    return lint([path], codes or choose([], [])).findings


def found(path: Path) -> Counter[tuple[Path, int, str]]:
    return Counter((f.place.path, f.place.line, f.code) for f in findings_in(path))


def expected(path: Path) -> Counter[tuple[Path, int, str]]:
    files = [path] if path.is_file() else sorted(path.rglob("*.py"))
    return Counter(
        (file, number, code)
        for file in files
        for number, line in enumerate(file.read_text("utf-8").splitlines(), 1)
        if (match := EXPECTED.search(line))
        for code in match["codes"].split(", ")
    )


@pytest.mark.parametrize("case", cases(INCORRECT), ids=lambda path: path.stem)
def test_exactly_the_expected_findings(case: Path) -> None:
    assert expected(case), "a case without an expected finding belongs among the correct ones"
    assert found(case) == expected(case)


@pytest.mark.parametrize("case", cases(CORRECT), ids=lambda path: path.stem)
def test_no_false_alarm_on_correct_orchestrators(case: Path) -> None:
    result = lint([case], choose([], []))
    assert result.findings == ()
    assert result.orchestrators > 0, "a case without an orchestrator shows nothing"


@pytest.mark.parametrize("folder", OURS, ids=lambda path: path.name)
def test_no_false_alarm_on_what_we_ship(folder: Path) -> None:
    alarms = {
        (f.place.path.relative_to(REPOSITORY).as_posix(), f.via[0].function if f.via else "", f.code)
        for f in findings_in(folder)
    }
    assert alarms - WRONG_ON_PURPOSE == set(), "if they are true, and meant to be, add them to WRONG_ON_PURPOSE"


def test_what_is_wrong_on_purpose_is_found() -> None:
    found = {
        (f.place.path.relative_to(REPOSITORY).as_posix(), f.via[0].function, f.code)
        for f in findings_in(REPOSITORY / "tests" / "apps")
    }
    assert found >= WRONG_ON_PURPOSE


def test_our_apps_log_replay_safely() -> None:
    assert findings_in(REPOSITORY / "samples", frozenset({"DF019"})) == ()


def test_precision_and_recall_on_the_corpus(record_property: Callable[[str, object], None]) -> None:
    wanted = sum((expected(case) for case in cases(INCORRECT)), Counter())
    got = sum((found(case) for folder in (INCORRECT, CORRECT) for case in cases(folder)), Counter())
    hits = (wanted & got).total()
    precision, recall = hits / got.total(), hits / wanted.total()
    record_property("lint", f"{hits} of {wanted.total()} found, {got.total() - hits} false alarms")
    assert (precision, recall) == (1.0, 1.0)


def test_every_rule_has_cases_in_the_corpus() -> None:
    shown = {code for case in cases(INCORRECT) for _, _, code in expected(case)}
    assert shown == {code for code, rule in RULES.items() if not rule.opt_in}
