"""Versions of orchestrations: which is older, and which an app runs."""

from __future__ import annotations

import pytest

from funchost.engine.versions import VersionMatch, VersionRule, compare_versions


@pytest.mark.parametrize(
    ("older", "newer"),
    [
        ("", "0.1"),
        ("1.9", "1.10"),
        ("1.0", "1.0.0"),
        ("1.0.0.9", "1.0.1"),
        ("1", "2"),
        ("10", "9"),  # one number is no version to .NET, so this is text
        ("alpha", "BETA"),
    ],
)
def test_one_version_is_older_than_another(older: str, newer: str) -> None:
    assert compare_versions(older, newer) < 0 < compare_versions(newer, older)


@pytest.mark.parametrize(("one", "other"), [("", ""), ("1.0", "1.00"), ("rc", "RC")])
def test_versions_that_are_the_same(one: str, other: str) -> None:
    assert compare_versions(one, other) == 0


@pytest.mark.parametrize(
    ("match", "run"),
    [
        (VersionMatch.NONE, ["", "1.0", "2.0", "3.0"]),
        (VersionMatch.STRICT, ["2.0"]),
        (VersionMatch.CURRENT_OR_OLDER, ["", "1.0", "2.0"]),
    ],
)
def test_an_app_of_version_two_runs_what_its_strategy_lets_it(match: VersionMatch, run: list[str]) -> None:
    rule = VersionRule(app_version="2.0", match=match)
    assert [version for version in ("", "1.0", "2.0", "3.0") if rule.refusal(version) is None] == run


def test_a_refusal_says_both_versions_and_the_setting() -> None:
    rule = VersionRule(app_version="2.0", match=VersionMatch.CURRENT_OR_OLDER)
    assert rule.refusal("3.0") == (
        "The version '3.0' of this orchestration does not fit the version '2.0' of the app "
        "(versionMatchStrategy CurrentOrOlder in host.json)."
    )
