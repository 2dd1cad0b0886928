"""The orchestrator hello_cities, in this process and on virtual time."""

from funchost.testing import DurableApp


def test_three_cities_are_greeted(durable: DurableApp) -> None:
    output = durable.run("hello_cities")
    assert len(output) == 3
