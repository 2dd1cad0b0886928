"""Cards with a greeting on them."""

from jinja2 import Template

CARD: Template = Template("Hello {{ name }}!")


def print_card(name: str) -> str:
    """The text of a card. It travels in the history, to whichever machine runs the next activity."""
    return CARD.render(name=name)


def read_card(card: str) -> str:
    """What a card says."""
    return card
