"""``funchost lint`` from outside: what it prints, and how it exits."""

from __future__ import annotations

import json
from pathlib import Path
from urllib.parse import unquote

import pytest
from click.testing import CliRunner, Result

from funchost.cli import main

FUNCTION_APP = """\
import azure.durable_functions as df
from helpers import stamp

app = df.DFApp()


@app.orchestration_trigger(context_name="context")
def flow(context):
    ß = context.call_activity("a", stamp()); context.call_activity("b")
    yield ß
"""
HELPERS = "import time\n\n\ndef stamp():\n    return time.time()\n\n\ndef unused():\n    return time.time()\n"
CLEAN = FUNCTION_APP.replace(', stamp()); context.call_activity("b")', ")")


@pytest.fixture
def app(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The root of an app with two findings, as the current folder."""
    (tmp_path / "host.json").write_text('{"version": "2.0"}')
    (tmp_path / "function_app.py").write_text(FUNCTION_APP, encoding="utf-8")
    (tmp_path / "helpers.py").write_text(HELPERS, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def funchost_lint(*arguments: str) -> Result:
    return CliRunner().invoke(main, ["lint", *arguments])


def test_findings_are_lines_with_the_way_to_them(app: Path) -> None:
    result = funchost_lint()
    assert result.exit_code == 1
    assert result.stdout.splitlines() == [
        "function_app.py:9:46: DF004 [*] the task of context.call_activity() is never yielded in orchestrator "
        "'flow', so it is never scheduled: yield context.call_activity(...)",
        "helpers.py:5:12: DF001 time.time() reads the clock in orchestrator 'flow': use "
        "context.current_utc_datetime",
        "    by way of flow (function_app.py:8) -> stamp (helpers.py:4)",
        "2 errors: 1 orchestrator in 2 files. 1 can be repaired with --fix [*]. What a rule means: "
        "funchost lint --explain DF001",
    ]


def test_a_clean_app_exits_with_0(app: Path) -> None:
    (app / "function_app.py").write_text(CLEAN, encoding="utf-8")
    result = funchost_lint()
    assert (result.exit_code, result.stdout) == (0, "No findings: 1 orchestrator in 2 files.\n")


def test_named_files_get_what_is_in_them_or_passes_through_them(app: Path) -> None:
    (app / "other.py").write_text("x = 1\n")
    assert "DF001" in funchost_lint("helpers.py").stdout
    assert "DF004" not in funchost_lint("helpers.py").stdout
    assert "DF001" in funchost_lint("function_app.py").stdout
    assert funchost_lint("other.py").exit_code == 0


def test_fix_repairs_and_reports_the_rest(app: Path) -> None:
    result = funchost_lint("--fix")
    assert result.exit_code == 1
    assert result.stdout.splitlines()[-1].startswith("1 repair made. 1 error: 1 orchestrator in 2 files. What")
    assert 'stamp()); yield context.call_activity("b")' in (app / "function_app.py").read_text("utf-8")


def test_select_and_ignore(app: Path) -> None:
    assert funchost_lint("--ignore", "DF001,DF004").exit_code == 0
    assert funchost_lint("--select", "DF005", "--select", "df006").exit_code == 0
    assert "DF001" not in funchost_lint("--select", "DF004").stdout


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--select", "XY1"], "There is no rule 'XY1'"),
        (["--explain", "DF077"], "There is no rule 'DF077'"),
        (["nowhere"], "Path 'nowhere' does not exist"),
        (["--format", "xml"], "'xml' is not one of"),
    ],
)
def test_misuse_exits_with_2(app: Path, arguments: list[str], said: str) -> None:
    result = funchost_lint(*arguments)
    assert result.exit_code == 2
    assert said in result.stderr


def test_explain_gives_reason_and_remedy(app: Path) -> None:
    result = funchost_lint("--explain", "DF006")
    assert result.exit_code == 0
    assert "## DF006 timer-not-cancelled" in result.stdout
    assert "timeout.cancel()" in result.stdout
    assert funchost_lint("--explain", "all").stdout.count("\n## ") == 19  # and one at the beginning


def test_a_file_that_does_not_parse_is_a_finding(app: Path) -> None:
    (app / "flows.py").write_text("@app.orchestration_trigger('c')\ndef half(:\n")
    assert "flows.py:2:1: DF000 not checked: this is not valid Python" in funchost_lint().stdout


def test_installed_packages_are_not_linted(app: Path) -> None:
    package = app / ".python_packages" / "lib" / "site-packages" / "other"
    package.mkdir(parents=True)
    (package / "flow.py").write_text(FUNCTION_APP, encoding="utf-8")
    assert "in 2 files" in funchost_lint().stdout


def test_json(app: Path) -> None:
    report = json.loads(funchost_lint("--format", "json").stdout)
    assert (report["orchestrators"], report["files"]) == (1, 2)
    task, clock = report["findings"]
    assert (task["code"], task["file"], task["line"], task["column"]) == ("DF004", "function_app.py", 9, 46)
    assert (task["endLine"], task["endColumn"], task["fixable"], task["fatal"]) == (9, 72, True, False)
    assert clock["via"] == [
        {"function": "flow", "file": "function_app.py", "line": 8},
        {"function": "stamp", "file": "helpers.py", "line": 4},
    ]


def test_sarif_points_at_the_text_and_carries_the_repair(app: Path) -> None:
    log = json.loads(funchost_lint("--format", "sarif").stdout)
    assert log["version"] == "2.1.0"
    (run,) = log["runs"]
    rules = run["tool"]["driver"]["rules"]
    for result in run["results"]:
        assert rules[result["ruleIndex"]]["id"] == result["ruleId"]
        location = result["locations"][0]["physicalLocation"]
        assert location["artifactLocation"]["uriBaseId"] == "%SRCROOT%"
        lines = (app / unquote(location["artifactLocation"]["uri"])).read_text("utf-8").splitlines()
        region = location["region"]
        text = lines[region["startLine"] - 1][region["startColumn"] - 1 : region["endColumn"] - 1]
        assert text == {"DF004": 'context.call_activity("b")', "DF001": "time.time()"}[result["ruleId"]]
    (change,) = run["results"][0]["fixes"][0]["artifactChanges"]
    (replacement,) = change["replacements"]
    assert replacement["insertedContent"] == {"text": "yield "}
    assert replacement["deletedRegion"] == {"startLine": 9, "startColumn": 46, "endLine": 9, "endColumn": 46}


def test_a_fingerprint_survives_lines_that_are_added_above(app: Path) -> None:
    def fingerprints() -> list[object]:
        log = json.loads(funchost_lint("--format", "sarif").stdout)
        return [result["partialFingerprints"] for result in log["runs"][0]["results"]]

    before = fingerprints()
    (app / "function_app.py").write_text("# a new line\n" + FUNCTION_APP, encoding="utf-8")
    assert fingerprints() == before
