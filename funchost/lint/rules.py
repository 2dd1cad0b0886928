"""The registry: every rule by code, and how rules are chosen."""

from __future__ import annotations

from collections.abc import Iterable

from funchost.lint.rule import Rule
from funchost.lint.rules_tasks import TASK_RULES
from funchost.lint.rules_values import VALUE_RULES

UNREADABLE = Rule(
    code="DF000",
    name="unreadable-file",
    title="A file cannot be read as Python",
    severity="error",
    why=(
        "The linter reads the text of an app, with the grammar of the Python it runs on. What does not "
        "parse is not checked."
    ),
    wrong="",
    right="",
)
RULES: dict[str, Rule] = {
    rule.code: rule for rule in sorted((UNREADABLE, *VALUE_RULES, *TASK_RULES), key=lambda rule: rule.code)
}


class UnknownRule(LookupError):
    """No rule has this code or begins with it."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code

    def __str__(self) -> str:
        return (
            f"There is no rule {self.code!r}. The rules are {min(RULES)} to {max(RULES)}; see them all with: "
            "funchost lint --explain all"
        )


def choose(select: Iterable[str], ignore: Iterable[str]) -> frozenset[str]:
    """The codes to report. Entries are codes or beginnings of codes (``DF01``), in any case; ``all`` is every rule.

    With nothing selected, every rule but those that must be asked for. Raises ``UnknownRule``.
    """
    selected = [code for entry in select for code in matching(entry)]
    chosen = set(selected) or {rule.code for rule in RULES.values() if not rule.opt_in}
    return frozenset(chosen - {code for entry in ignore for code in matching(entry)})


def matching(entry: str) -> list[str]:
    """The codes that an entry names, in order. Raises ``UnknownRule``."""
    wanted = entry.strip().upper()
    codes = [code for code in RULES if wanted == "ALL" or (wanted and code.startswith(wanted))]
    if not codes:
        raise UnknownRule(entry)
    return codes
