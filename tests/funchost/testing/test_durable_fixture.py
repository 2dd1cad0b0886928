"""The fixture ``durable``: virtual time, stand-ins, and failures that explain themselves."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from funchost.testing.durable import DurableApp, OrchestrationFailed, OrchestrationHangs

pytest_plugins = ["pytester"]
APP = Path(__file__).parents[2] / "apps" / "approvals"


@pytest.fixture
def durable() -> Iterator[DurableApp]:
    app = DurableApp(APP)
    yield app
    app.close()


def test_a_timeout_of_seventy_two_hours_takes_no_time(durable: DurableApp) -> None:
    began = time.perf_counter()
    assert durable.run("approval", {"to": "ada", "hours": 72}) == ["mail to ada", "escalated"]
    assert time.perf_counter() - began < 5


def test_the_race_between_an_event_and_a_timer_is_in_the_test_s_hands(durable: DurableApp) -> None:
    in_time = durable.start("approval", {"to": "ada", "hours": 72})
    too_late = durable.start("approval", {"to": "bob", "hours": 72})
    durable.advance(hours=71, minutes=59)
    assert in_time.runtime_status == too_late.runtime_status == "Running"
    in_time.raise_event("Approval", {"by": "eve"})
    assert in_time.output == ["mail to ada", {"by": "eve"}]
    durable.advance(minutes=2)
    assert too_late.output == ["mail to bob", "escalated"]


def test_an_activity_is_replaced_by_a_value_a_function_an_error_or_one_after_another(durable: DurableApp) -> None:
    notify = durable.replace("notify", "sent")
    assert durable.run("approval", {"to": "ada", "hours": 1}) == ["sent", "escalated"]
    notify.assert_called_with("ada")
    durable.replace("notify", lambda address: address.upper())
    assert durable.run("approval", {"to": "ada", "hours": 1}) == ["ADA", "escalated"]
    durable.replace("notify", [RuntimeError("mail is down"), "sent"])
    with pytest.raises(OrchestrationFailed, match="mail is down"):
        durable.run("approval", {"to": "ada", "hours": 1})
    assert durable.run("approval", {"to": "ada", "hours": 1}) == ["sent", "escalated"]


def test_a_sub_orchestration_is_replaced_and_retried(durable: DurableApp) -> None:
    fragile = durable.replace("fragile", [ValueError("not yet"), {"worked": True}])
    assert durable.run("parent") == {"worked": True}
    assert fragile.inputs == [7, 7]


def test_a_replacement_for_a_function_that_does_not_exist_is_refused(durable: DurableApp) -> None:
    with pytest.raises(LookupError, match=r"no activity or orchestrator 'notfy' to replace; it has .*notify"):
        durable.replace("notfy", None)


def test_a_durable_http_call_gets_the_answer_that_the_test_gives(durable: DurableApp) -> None:
    calls = durable.replace_http({"content": "1.08"})
    assert durable.run("fetches") == "1.08"
    assert calls.inputs[0]["uri"] == "https://example.test/rate"


def test_without_an_answer_a_durable_http_call_fails_and_says_what_to_do(durable: DurableApp) -> None:
    with pytest.raises(OrchestrationFailed, match=r"durable\.replace_http"):
        durable.run("fetches")


def test_the_app_s_code_runs_in_the_test_s_process(durable: DurableApp, monkeypatch: pytest.MonkeyPatch) -> None:
    import mail  # the app's own module

    monkeypatch.setattr(mail, "send", lambda address: f"pigeon to {address}")
    assert durable.run("approval", {"to": "ada", "hours": 1})[0] == "pigeon to ada"


def test_routes_start_orchestrations_and_management_urls_work(durable: DurableApp) -> None:
    answer = durable.post("/api/approvals", json={"to": "ada", "hours": 2})
    assert answer.status_code == 202
    urls = answer.json()
    raised = durable.post(urls["sendEventPostUri"].replace("{eventName}", "Approval"), json="yes")
    assert raised.status_code == 202
    status = durable.get(urls["statusQueryGetUri"]).json()
    assert (status["runtimeStatus"], status["output"]) == ("Completed", ["mail to ada", "yes"])
    assert durable.orchestration(urls["id"]).output == ["mail to ada", "yes"]


def test_entities_take_signals_and_show_their_state(durable: DurableApp) -> None:
    counter = durable.entity("counter", "c")
    assert not counter.exists
    counter.signal("add", 2)
    counter.signal("add", 3)
    assert counter.state == 5


def test_a_hang_names_what_the_instance_waits_for(durable: DurableApp) -> None:
    pair = durable.start("waits_for_two")
    pair.raise_event("left", 1)
    with pytest.raises(OrchestrationHangs, match=r"waits_for_two .* waits for:\n  - external event 'right'"):
        pair.result()


def test_a_failure_shows_the_line_of_the_yield_and_the_last_steps(durable: DurableApp) -> None:
    durable.replace("notify", RuntimeError("mail is down"))
    with pytest.raises(OrchestrationFailed) as caught:
        durable.run("approval", {"to": "ada", "hours": 1})
    text = str(caught.value)
    assert "approval (instance" in text
    assert 'sent = yield context.call_activity("notify"' in text
    assert "TaskFailed 0" in text


def test_a_timer_that_was_never_cancelled_is_reported(durable: DurableApp) -> None:
    durable.start("careless")
    assert ["careless" in line and "was not cancelled" in line for line in durable.open_timers()] == [True]


def test_the_plugin_needs_no_configuration_in_an_app_folder(pytester: pytest.Pytester) -> None:
    for file in APP.iterdir():
        if file.is_file():
            (pytester.path / file.name).write_text(file.read_text())
    pytester.makepyfile(
        """
        def test_it(durable):
            assert durable.run("approval", {"to": "ada", "hours": 72}) == ["mail to ada", "escalated"]

        def test_left_open(durable):
            durable.start("careless")
        """
    )
    result = pytester.runpytest_subprocess("-p", "no:cacheprovider", "-W", "ignore::DeprecationWarning")
    result.assert_outcomes(passed=2, warnings=1)
    result.stdout.fnmatch_lines(["*careless*was not cancelled*"])


def test_a_function_that_is_left_out_is_named_in_the_test_that_may_miss_it(pytester: pytest.Pytester) -> None:
    for file in (APP.parent / "worker_one_bad").glob("*.*"):
        (pytester.path / file.name).write_text(file.read_text())
    pytester.makepyfile("def test_it(durable): pass")
    result = pytester.runpytest_subprocess("-p", "no:cacheprovider", "-W", "ignore::DeprecationWarning")
    result.assert_outcomes(passed=1, warnings=11)
    result.stdout.fnmatch_lines(["*The 'async_orchestrator' function is in error (*function_app.py:*): *"])


def test_a_timer_of_an_hour_has_fired_when_an_hour_has_passed(durable: DurableApp) -> None:
    """Episodes before it have taken microseconds, which nobody who tests has in mind."""
    waiting = durable.start("approval", {"to": "ada", "hours": 1})
    durable.advance(minutes=59, seconds=59.99)
    assert waiting.runtime_status == "Running"
    durable.advance(seconds=0.01)
    assert waiting.output == ["mail to ada", "escalated"]
