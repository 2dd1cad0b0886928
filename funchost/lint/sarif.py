"""Findings as SARIF 2.1.0, which GitHub code scanning and editors read.

Source: OASIS, Static Analysis Results Interchange Format 2.1.0.
"""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any
from urllib.parse import quote

from funchost.lint.finding import Finding, Fix
from funchost.lint.linter import Result
from funchost.lint.reports import shown_path
from funchost.lint.rules import RULES
from funchost.lint.source import Source

SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"


def as_sarif(result: Result, base: Path, version: str) -> str:
    """One run. Files are given relative to ``base``, which is left to the reader as ``%SRCROOT%``."""
    order = {code: index for index, code in enumerate(RULES)}
    run = {
        "tool": {
            "driver": {
                "name": "funchost lint",
                "version": version,
                "rules": [
                    {
                        "id": rule.code,
                        "name": "".join(word.capitalize() for word in rule.name.split("-")),
                        "shortDescription": {"text": rule.title},
                        "fullDescription": {"text": rule.why},
                        "help": {"text": rule.why},
                        "defaultConfiguration": {"level": rule.severity, "enabled": not rule.opt_in},
                    }
                    for rule in RULES.values()
                ],
            }
        },
        "columnKind": "unicodeCodePoints",
        "originalUriBaseIds": {"%SRCROOT%": {"description": {"text": "The folder that was linted from."}}},
        "results": [_result(finding, result, base, order) for finding in result.findings],
    }
    return json.dumps({"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}, indent=2)


def _result(finding: Finding, result: Result, base: Path, order: dict[str, int]) -> dict[str, Any]:
    place = finding.place
    fields: dict[str, Any] = {
        "ruleId": finding.code,
        "ruleIndex": order[finding.code],
        "level": finding.severity,
        "message": {"text": finding.message},
        "locations": [
            {
                "physicalLocation": {
                    "artifactLocation": _artifact(place.path, base),
                    "region": {
                        "startLine": place.line,
                        "startColumn": place.column,
                        "endLine": place.end_line,
                        "endColumn": place.end_column,
                    },
                }
            }
        ],
        "partialFingerprints": {"funchost/v1": _fingerprint(finding, base)},
    }
    if len(finding.via) > 1:
        fields["relatedLocations"] = [
            {
                "message": {"text": f"on the way: {step.function}"},
                "physicalLocation": {
                    "artifactLocation": _artifact(step.path, base),
                    "region": {"startLine": step.line},
                },
            }
            for step in finding.via
        ]
    if finding.fix is not None and place.path in result.texts:
        fields["fixes"] = [_fix(finding.fix, place.path, result.texts[place.path], base)]
    return fields


def _artifact(path: Path, base: Path) -> dict[str, str]:
    if path.is_relative_to(base):
        return {"uri": quote(shown_path(path, base)), "uriBaseId": "%SRCROOT%"}
    return {"uri": path.as_uri()}


def _fix(fix: Fix, path: Path, text: str, base: Path) -> dict[str, Any]:
    source = Source.parse(path, text)
    replacements = []
    for edit in sorted(fix.edits, key=lambda edit: edit.start):
        line, column = source.line_and_column(edit.start)
        end_line, end_column = source.line_and_column(edit.end)
        replacements.append(
            {
                "deletedRegion": {
                    "startLine": line, "startColumn": column, "endLine": end_line, "endColumn": end_column,
                },
                "insertedContent": {"text": edit.text},
            }
        )  # fmt: skip
    change = {"artifactLocation": _artifact(path, base), "replacements": replacements}
    return {"description": {"text": fix.title}, "artifactChanges": [change]}


def _fingerprint(finding: Finding, base: Path) -> str:
    """The same for the same finding after lines were added above it."""
    where = finding.via[-1].function if finding.via else ""
    parts = (finding.code, shown_path(finding.place.path, base), where, finding.message)
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:32]
