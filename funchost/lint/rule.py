"""What a rule is."""

from __future__ import annotations

from dataclasses import dataclass

from funchost.lint.finding import Severity


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """One rule and everything that is said about it.

    ``why`` is what goes wrong; ``wrong`` and ``right`` are whole orchestrators (or parts with their helpers), which
    the tests lint: the first must break this rule, the second none. ``fix`` says what ``--fix`` does; empty where
    only the author can know.
    """

    code: str
    name: str
    title: str
    severity: Severity
    why: str
    wrong: str
    right: str
    fix: str = ""
    opt_in: bool = False
