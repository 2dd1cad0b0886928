"""The orchestrator hello_cities, in this process and on virtual time."""

import pytest

from funchost.testing import DurableApp, OrchestrationFailed

BUSY = ConnectionError("Seattle is busy")


def test_three_cities_are_greeted_in_their_order(durable: DurableApp) -> None:
    assert durable.run("hello_cities") == ["Hello Tokyo!", "Hello Seattle!", "Hello London!"]


def test_seattle_may_fail_twice(durable: DurableApp) -> None:
    durable.replace("say_hello", ["Hi Tokyo", BUSY, BUSY, "Hi Seattle", "Hi London"])
    assert durable.run("hello_cities") == ["Hi Tokyo", "Hi Seattle", "Hi London"]


def test_it_is_tried_again_after_a_second(durable: DurableApp) -> None:
    durable.replace("say_hello", ["Hi Tokyo", BUSY, "Hi Seattle", "Hi London"])
    hello = durable.start("hello_cities")
    assert hello.runtime_status == "Running"

    durable.advance(seconds=1)
    assert hello.runtime_status == "Completed"


def test_after_the_third_failure_it_gives_up(durable: DurableApp) -> None:
    say_hello = durable.replace("say_hello", ["Hi Tokyo", BUSY])
    with pytest.raises(OrchestrationFailed, match="Seattle is busy"):
        durable.run("hello_cities")
    say_hello.assert_called_with("Tokyo", "Seattle", "Seattle", "Seattle")
