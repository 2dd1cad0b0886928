"""Every command says what it does, shows an example, and is in the documentation with its options."""

from __future__ import annotations

from pathlib import Path

import click
import pytest

from funchost.commands.durable import durable

DOCS = Path(__file__).parents[3] / "docs"
PAGE = (DOCS / "commands.md").read_text(encoding="utf-8")
REFERENCE = (DOCS / "reference.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("name", sorted(durable.commands))
def test_the_command_is_documented(name: str) -> None:
    command = durable.commands[name]
    text = command.help or ""
    first_line = text.partition("\n")[0]
    assert first_line.endswith(".")
    assert len(first_line) <= 60
    assert f"Example: funchost durable {name}" in text
    assert f"`{name}`" in PAGE
    for option in command.params:
        if isinstance(option, click.Option) and not option.hidden:
            assert option.help
            assert f"`{option.opts[0]}" in REFERENCE
