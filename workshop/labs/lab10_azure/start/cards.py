"""Cards with a greeting on them."""

import tempfile
from pathlib import Path

from jinja2 import Template

CARD: Template = Template("Hello {{ name }}!")


def print_card(name: str) -> str:
    """Print a card into a file; returns the file's path."""
    file = Path(tempfile.mkdtemp()) / "card.txt"
    file.write_text(CARD.render(name=name), encoding="utf-8")
    return str(file)


def read_card(card: str) -> str:
    """What the card in a file says."""
    return Path(card).read_text(encoding="utf-8")
