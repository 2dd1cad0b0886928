"""The registry: every rule's own examples, its choice by code, and the page made from it."""

from __future__ import annotations

from pathlib import Path

import pytest

from funchost.lint import lint
from funchost.lint.page import page
from funchost.lint.rules import RULES, UnknownRule, choose, matching

REPOSITORY = Path(__file__).parents[3]
EXAMPLES = [rule for rule in RULES.values() if rule.wrong]
HEAD = """\
import hashlib
import logging
import os
import time
import uuid
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta, timezone

import azure.durable_functions as df
import requests

app = df.DFApp()


"""


def codes_in(text: str, file: Path) -> set[str]:
    file.write_text(HEAD + text, encoding="utf-8")
    return {finding.code for finding in lint([file], choose(["all"], [])).findings}


@pytest.mark.parametrize("rule", EXAMPLES, ids=lambda rule: rule.code)
def test_the_wrong_example_breaks_its_rule(rule, tmp_path: Path) -> None:
    assert rule.code in codes_in(rule.wrong, tmp_path / "function_app.py")


@pytest.mark.parametrize("rule", EXAMPLES, ids=lambda rule: rule.code)
def test_the_right_example_breaks_no_rule(rule, tmp_path: Path) -> None:
    assert codes_in(rule.right, tmp_path / "function_app.py") == set()


def test_by_default_every_rule_but_those_to_be_asked_for() -> None:
    assert set(RULES) - choose([], []) == {"DF019"}


def test_rules_are_chosen_by_code_and_by_its_beginning() -> None:
    assert choose(["df001", "DF019"], []) == {"DF001", "DF019"}
    assert choose(["DF00"], ["DF001", "DF002"]) == {f"DF00{n}" for n in (0, 3, 4, 5, 6, 7, 8, 9)}
    assert choose(["all"], []) == set(RULES)
    assert matching("DF01") == [f"DF01{n}" for n in range(10)]


@pytest.mark.parametrize("entry", ["DF099", "E501", ""])
def test_an_unknown_rule_is_named(entry: str) -> None:
    with pytest.raises(UnknownRule, match=f"There is no rule '{entry}'. The rules are DF000 to DF019"):
        choose([entry], [])


def test_the_page_says_what_the_rules_say() -> None:
    written = (REPOSITORY / "docs" / "lint.md").read_text("utf-8")
    assert written == page(), "write it anew with: python -m funchost.lint.page docs/lint.md"
