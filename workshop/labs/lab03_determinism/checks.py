"""What lab 3 asks for. Every run here replays at each step."""

import json
import subprocess
import sys

from funchost.testing import DurableApp, OrchestrationFailed

CITIES = ["Cairo", "Lima", "London", "Nairobi", "Oslo", "Seattle", "Seoul", "Tokyo"]
RUNS = 30  # all alike by chance: once in 10^130 for the order, once in 10^70 for the wishes


def outputs(durable: DurableApp, name: str) -> list[list[str]]:
    try:
        return [durable.run(name) for _ in range(RUNS)]
    except OrchestrationFailed as error:
        raise AssertionError(f"{name} failed when it was replayed: {str(error).splitlines()[0]}") from None


def cities_in(output: list[str]) -> list[str]:
    return sorted(city for greeting in output for city in CITIES if city in greeting)


def test_lint() -> None:
    """funchost lint finds nothing"""
    command = [sys.executable, "-m", "funchost", "lint", ".", "--format", "json"]
    found = json.loads(subprocess.run(command, capture_output=True, text=True, check=False).stdout)["findings"]
    assert not found, "\n".join(f"{one['file']}:{one['line']}: {one['code']} {one['message']}" for one in found)


def test_each_city_once(durable: DurableApp) -> None:
    """hello_cities greets each of the eight cities once"""
    for output in outputs(durable, "hello_cities"):
        twice = sorted({city for city in cities_in(output) if cities_in(output).count(city) > 1})
        never = [city for city in CITIES if city not in cities_in(output)]
        assert not twice + never, (
            f"In one of {RUNS} runs {', '.join(twice) or 'no city'} was greeted more than once, and "
            f"{', '.join(never) or 'no city'} never. The order has to be drawn once: in an activity."
        )


def test_order_is_drawn(durable: DurableApp) -> None:
    """Lots still decide the order"""
    orders = {tuple(output) for output in outputs(durable, "hello_cities")}
    assert len(orders) > 1, f"{RUNS} instances greeted the cities in the same order. Leave the lots in, elsewhere."


def test_wishes(durable: DurableApp) -> None:
    """wish_cities comes through every replay, and lots still decide what is said"""
    wishes = outputs(durable, "wish_cities")
    for output in wishes:
        assert cities_in(output) == CITIES, f"Each city should be spoken to once; the output is {output}."
    assert len({tuple(output) for output in wishes}) > 1, (
        f"{RUNS} instances said the same to every city. Leave the lots in, elsewhere."
    )
