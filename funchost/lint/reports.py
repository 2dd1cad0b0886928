"""Findings as text for people and as JSON for programs."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Any

from funchost.lint.finding import Finding
from funchost.lint.linter import Result
from funchost.lint.rule import Rule


def shown_path(path: Path, base: Path) -> str:
    """A path as the user would type it in the folder ``base``."""
    return path.relative_to(base).as_posix() if path.is_relative_to(base) else path.as_posix()


def text_lines(result: Result, base: Path, *, fixed: int = 0) -> list[str]:
    """One line a finding, ``path:line:column: code message``, the way to it, and a sum."""
    lines = []
    for finding in result.findings:
        place = finding.place
        mark = " [*]" if finding.fix else ""
        lines.append(
            f"{shown_path(place.path, base)}:{place.line}:{place.column}: {finding.code}{mark} {finding.message}"
        )
        if len(finding.via) > 1:
            way = " -> ".join(f"{s.function} ({shown_path(s.path, base)}:{s.line})" for s in finding.via)
            lines.append(f"    by way of {way}")
    lines.append(_sum(result, fixed))
    return lines


def _sum(result: Result, fixed: int) -> str:
    looked_at = f"{_count(result.orchestrators, 'orchestrator')} in {_count(result.files, 'file')}"
    done = f"{_count(fixed, 'repair')} made. " if fixed else ""
    if not result.findings:
        return f"{done}No findings: {looked_at}."
    severities = Counter(finding.severity for finding in result.findings)
    parts = [_count(severities[kind], kind) for kind in ("error", "warning") if severities[kind]]
    repairable = sum(finding.fix is not None for finding in result.findings)
    hint = f" {repairable} can be repaired with --fix [*]." if repairable else ""
    codes = sorted({finding.code for finding in result.findings})
    return f"{done}{' and '.join(parts)}: {looked_at}.{hint} What a rule means: funchost lint --explain {codes[0]}"


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"


def as_json(result: Result, base: Path) -> str:
    """``{"findings": [{"code", "message", "severity", "file", "line", ...}], "orchestrators", "files"}``."""
    report = {
        "findings": [_finding_fields(finding, base) for finding in result.findings],
        "orchestrators": result.orchestrators,
        "files": result.files,
    }
    return json.dumps(report, indent=2)


def _finding_fields(finding: Finding, base: Path) -> dict[str, Any]:
    place = finding.place
    return {
        "code": finding.code,
        "message": finding.message,
        "severity": finding.severity,
        "fatal": finding.fatal,
        "file": shown_path(place.path, base),
        "line": place.line,
        "column": place.column,
        "endLine": place.end_line,
        "endColumn": place.end_column,
        "fixable": finding.fix is not None,
        "via": [{"function": s.function, "file": shown_path(s.path, base), "line": s.line} for s in finding.via],
    }


def explanation(rule: Rule) -> str:
    """A rule in full, as text that also is Markdown."""
    lines = [f"## {rule.code} {rule.name}", "", f"**{rule.title}.** Severity: {rule.severity}.", "", rule.why]
    if rule.opt_in:
        lines += ["", f"This rule is off until it is asked for: `--select {rule.code}`, or `--select all`."]
    if rule.wrong:
        lines += ["", "Wrong:", "", "```python", rule.wrong.rstrip(), "```"]
        lines += ["", "Right:", "", "```python", rule.right.rstrip(), "```"]
    if rule.fix:
        lines += ["", f"`--fix`: {rule.fix}"]
    return "\n".join(lines)
