"""An orchestration with the host dying at every commit in turn, and what is said about it."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from funchost.testing.durable import DurableApp
from funchost.testing.subjects import OrchestrationDiffers, OrchestrationHangs

APPS = Path(__file__).parents[2] / "apps"


@pytest.fixture
def approvals() -> Iterator[DurableApp]:
    app = DurableApp(APPS / "approvals")
    yield app
    app.close()


@pytest.fixture
def golden() -> Iterator[DurableApp]:
    app = DurableApp(APPS / "golden")
    app.replace_http({"content": "1.08"})
    yield app
    app.close()


def test_an_orchestration_ends_the_same_wherever_the_host_dies(approvals: DurableApp) -> None:
    report = approvals.crash_everywhere("approval", {"to": "ada", "hours": 72})
    assert report.output == ["mail to ada", "escalated"]
    assert len(report.points) == 2 * report.commits >= 8
    assert {point.ended.output[1] for point in report.points} == {"escalated"}


def test_events_come_when_the_test_says(approvals: DurableApp) -> None:
    in_time = [("Approval", "yes", timedelta(hours=71))]
    report = approvals.crash_everywhere("approval", {"to": "ada", "hours": 72}, events=in_time)
    assert report.output == ["mail to ada", "yes"]
    too_late = [("Approval", "yes", timedelta(hours=73))]
    report = approvals.crash_everywhere("approval", {"to": "ada", "hours": 72}, events=too_late)
    assert report.output == ["mail to ada", "escalated"]


def test_the_report_names_the_activities_that_ran_again(approvals: DurableApp) -> None:
    report = approvals.crash_everywhere("approval", {"to": "ada", "hours": 1})
    (notify,) = report.run_again
    assert (notify.name, notify.input, notify.times) == ("notify", "ada", 2)
    assert all(point.moment == "right before" for point in notify.crashes)
    assert str(report).splitlines()[1:] == [
        "It ended the same way after every one of them.",
        "Activities that ran more often than without a crash, and so must stand it:",
        '  - notify("ada") ran 2 times: right before commit 3 (the result "mail to ada" of task 0)',
    ]


def test_sub_orchestrations_retries_entities_http_and_signals_stand_every_crash(golden: DurableApp) -> None:
    golden.replace("remind", [RuntimeError("busy"), "reminded"])
    report = golden.crash_everywhere("family", key=lambda output: output[1:])
    assert report.output == ["shipped pen: reminded", 1, "1.08"]
    again = {one.name for one in report.run_again}
    assert {"price", "ship", "call_http"} <= again


def test_continue_as_new_stands_every_crash(golden: DurableApp) -> None:
    report = golden.crash_everywhere("rounds", 2)
    assert report.output == "done"
    assert report.run_again == ()
    assert "No activity ran more often" in str(report)


def test_a_failure_is_an_end_like_another(golden: DurableApp) -> None:
    report = golden.crash_everywhere("refuses")
    assert report.plain.status == "Failed"
    assert "not for sale" in report.output


def test_an_activity_that_does_not_stand_it_is_found(golden: DurableApp) -> None:
    """The output is the same; the stock is not, where the host dies before the result of taking is kept."""
    taken: list[str] = []
    golden.replace("price", lambda item: taken.append(item) or 7)
    with pytest.raises(OrchestrationDiffers) as caught:
        golden.crash_everywhere(
            "order", ["pen"], events=[("Paid", 1)], key=lambda output: (output, *taken), before_each=taken.clear
        )
    text = str(caught.value)
    assert "It ended otherwise after 1 of them:" in text
    assert "  - the host died right before commit 3 (the result 7 of task 0)" in text


def test_before_each_puts_the_world_back(golden: DurableApp) -> None:
    shelf: list[int] = []

    def take() -> int:
        shelf.append(1)
        return len(shelf)

    golden.replace("price", take)
    golden.replace("ship", lambda parcel: len(shelf))
    with pytest.raises(OrchestrationDiffers) as caught:
        golden.crash_everywhere("order", ["pen"], events=[("Paid", 1)], before_each=shelf.clear)
    text = str(caught.value)
    assert "Without a crash: Completed, 1." in text
    assert "It ended otherwise after 1 of them:" in text
    assert "  - the host died right before commit 3 (the result 1 of task 0): Completed, 2" in text
    assert 'price("pen") ran 2 times' in text


def test_answers_of_a_list_begin_again_in_every_run(approvals: DurableApp) -> None:
    notify = approvals.replace("notify", ["first", "second"])
    report = approvals.crash_everywhere("approval", {"to": "ada", "hours": 1}, key=lambda output: output[1])
    outputs = [point.ended.output[0] for point in report.points]
    assert set(outputs) == {"first", "second"}
    assert outputs.count("second") == 1
    assert notify.inputs == ["ada"], "what is left to assert on is the run without a crash"


def test_what_never_ends_is_said_instead_of_waited_for(approvals: DurableApp) -> None:
    report = approvals.crash_everywhere("waits_for_two", events=[("left", 1)])
    assert report.plain.status == "Running"
    assert "external event 'right'" in report.plain.waits


def test_an_eternal_orchestration_is_refused(golden: DurableApp, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("funchost.testing.crashes.MOST_COMMITS", 40)
    with pytest.raises(OrchestrationHangs, match="has not ended after 40 commits"):
        golden.crash_everywhere("rounds", 10_000)


def test_an_activity_that_blocks_is_said(approvals: DurableApp, monkeypatch: pytest.MonkeyPatch) -> None:
    import mail  # the app's own module

    released = threading.Event()
    monkeypatch.setattr("funchost.testing.crashes.REAL_SECONDS", 0.2)
    monkeypatch.setattr(mail, "send", lambda address: released.wait(30))
    with pytest.raises(OrchestrationHangs, match="User code has not returned"):
        approvals.crash_everywhere("approval", {"to": "ada", "hours": 1})
    released.set()


def test_it_runs_beside_what_the_test_has_started(approvals: DurableApp) -> None:
    started = approvals.start("approval", {"to": "ada", "hours": 2})
    before = approvals.now
    approvals.crash_everywhere("approval", {"to": "bob", "hours": 72})
    assert approvals.now == before
    assert started.runtime_status == "Running"
    approvals.advance(hours=3)
    assert started.output == ["mail to ada", "escalated"]


def test_tens_of_crashes_a_second(golden: DurableApp) -> None:
    report = golden.crash_everywhere("order", ["pen", "paper", "ink"], events=[("Paid", {"by": "card"})])
    assert len(report.points) >= 16
    assert len(report.points) / report.seconds > 10, f"{report.seconds:.2f} s"
    assert json.dumps(report.output)
