"""The orchestrator by itself: in this process, on time that the test owns."""

import pytest
from funchost.testing import DurableApp, OrchestrationFailed


def test_a_failed_greeting_is_tried_again_a_second_later(durable: DurableApp) -> None:
    busy = ConnectionError("Seattle is busy")
    say_hello = durable.replace("say_hello", ["Hi Tokyo", busy, busy, "Hi Seattle", "Hi London"])
    hello = durable.start("hello_cities")
    durable.advance(milliseconds=1900)
    assert (hello.runtime_status, hello.custom_status) == ("Running", "Greeting Seattle")

    durable.advance(milliseconds=100)
    assert hello.output == ["Hi Tokyo", "Hi Seattle", "Hi London"]
    say_hello.assert_called_with("Tokyo", "Seattle", "Seattle", "Seattle", "London")


def test_after_the_third_failure_the_chain_fails_too(durable: DurableApp) -> None:
    busy = ConnectionError("Seattle is busy")
    say_hello = durable.replace("say_hello", ["Hi Tokyo", busy])

    with pytest.raises(OrchestrationFailed, match="Seattle is busy"):
        durable.run("hello_cities")
    assert say_hello.call_count == 4


def test_a_host_may_die_at_any_moment(durable: DurableApp) -> None:
    report = durable.crash_everywhere("hello_cities")

    assert report.output == ["Hello Tokyo!", "Hello Seattle!", "Hello London!"]
    assert all(again.times == 2 for again in report.run_again), "at most one greeting is lost in a crash"
