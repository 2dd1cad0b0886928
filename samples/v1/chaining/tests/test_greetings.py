"""The plain function behind the activity."""

import pytest

from greetings import greet


def test_a_city_is_greeted_by_its_name() -> None:
    assert greet("Tokyo") == "Hello Tokyo!"


def test_a_city_without_a_name_is_refused() -> None:
    with pytest.raises(ValueError, match="needs a name"):
        greet("  ")
