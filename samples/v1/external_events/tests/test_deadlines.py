"""Days of waiting, in milliseconds: the app in this process, on time that the test owns."""

from datetime import timedelta
from typing import Any

from funchost.testing import DurableApp

REQUEST = {"subject": "A new chair", "approver": "Kim"}  # 72 hours, unless it says otherwise
YES = {"approved": True, "by": "Kim", "comment": ""}


def test_after_72_hours_it_is_escalated(durable: DurableApp) -> None:
    approval = durable.start("approval", REQUEST)
    durable.advance(hours=71, minutes=59)
    assert approval.runtime_status == "Running"

    durable.advance(minutes=1)
    assert (approval.output["outcome"], approval.output["by"]) == ("escalated", "the manager of Kim")


def test_a_late_approval_changes_nothing(durable: DurableApp) -> None:
    approval = durable.start("approval", REQUEST)
    durable.advance(hours=73)
    late = durable.post(f"/api/approvals/{approval.instance_id}/approve")

    assert late.status_code == 409
    assert approval.output["outcome"] == "escalated"


def test_the_race_goes_to_who_comes_first(durable: DurableApp) -> None:
    escalate = durable.replace("escalate", "the board")
    in_time, too_late = durable.start("approval", REQUEST), durable.start("approval", REQUEST)

    durable.advance(hours=71, minutes=59, seconds=59)
    in_time.raise_event("Approval", YES)
    durable.advance(seconds=1)

    assert in_time.output["outcome"] == "approved"
    assert (too_late.output["outcome"], too_late.output["by"]) == ("escalated", "the board")
    assert escalate.call_count == 1
    assert durable.open_timers() == [], "the timer of the decided one was cancelled"


def test_a_gathering_waits_as_long_as_it_takes(durable: DurableApp) -> None:
    gathering = durable.start("gathering", {"events": ["Paid", "Packed"], "mode": "all"})
    gathering.raise_event("Packed", {"boxes": 2})
    durable.advance(days=365)
    assert gathering.runtime_status == "Running"

    gathering.raise_event("Paid", 99.5)
    assert gathering.output == {"Paid": 99.5, "Packed": {"boxes": 2}}


def test_a_host_may_die_at_any_moment(durable: DurableApp) -> None:
    """What happens twice is the notice to the approver: two mails are better than none."""
    decided: list[tuple[Any, ...]] = [("Approval", YES, timedelta(hours=71))]
    report = durable.crash_everywhere("approval", REQUEST, events=decided)

    assert report.output["outcome"] == "approved"
    assert {again.name for again in report.run_again} == {"notify_approver"}
