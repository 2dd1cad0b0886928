"""The command ``funchost lint``: options in, lines out, an exit code."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Literal

import click

from funchost import __version__
from funchost.lint.fixing import fix_files
from funchost.lint.linter import lint
from funchost.lint.reports import as_json, explanation, text_lines
from funchost.lint.rules import RULES, UnknownRule, choose, matching
from funchost.lint.sarif import as_sarif

Format = Literal["text", "json", "sarif"]


def run(
    paths: Sequence[Path], *, select: Sequence[str], ignore: Sequence[str], output: Format, fix: bool, base: Path
) -> int:
    """Lint and print to stdout. Returns 0 for clean, 1 for findings. Raises ``click.UsageError`` for misuse."""
    try:
        codes = choose(_split(select), _split(ignore))
    except UnknownRule as error:
        raise click.UsageError(str(error)) from error
    base = base.resolve()
    made = 0
    if fix:
        result, made = fix_files(lambda: lint(paths, codes))
    else:
        result = lint(paths, codes)
    match output:
        case "json":
            click.echo(as_json(result, base))
        case "sarif":
            click.echo(as_sarif(result, base, __version__))
        case "text":
            for line in text_lines(result, base, fixed=made):
                click.echo(line)
    return 1 if result.findings else 0


def explain(entry: str) -> None:
    """Print what a rule means. Raises ``click.UsageError`` for an unknown one."""
    try:
        codes = matching(entry)
    except UnknownRule as error:
        raise click.UsageError(str(error)) from error
    click.echo("\n\n".join(explanation(RULES[code]) for code in codes))


def _split(entries: Sequence[str]) -> list[str]:
    return [code for entry in entries for code in entry.split(",") if code.strip()]
