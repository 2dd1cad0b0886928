"""What lab 6 asks for. Days pass in milliseconds."""

from funchost.testing import DurableApp

REQUEST = {"subject": "A new chair", "approver": "Kim"}  # three days, unless it says otherwise
YES = {"approved": True, "by": "Kim", "comment": ""}


def test_escalated(durable: DurableApp) -> None:
    """After three days without an answer it is escalated"""
    approval = durable.start("approval", REQUEST)
    durable.advance(hours=72)
    assert approval.runtime_status == "Completed", (
        f"Three days have passed, and the approval is {approval.runtime_status}. Race the event against a durable "
        "timer: context.create_timer(deadline), then yield context.task_any([event, timeout])."
    )
    assert approval.output["outcome"] == "escalated", (
        f"It ended as {approval.output['outcome']!r}. When the timer is first, call the activity escalate and "
        'return an Outcome with outcome="escalated".'
    )
    assert approval.output["by"] == "the manager of Kim", "by should be what the activity escalate returns."


def test_not_too_early(durable: DurableApp) -> None:
    """A minute before that it still waits, and can be approved"""
    approval = durable.start("approval", REQUEST)
    durable.advance(hours=71, minutes=59)
    assert approval.runtime_status == "Running", f"A minute before the deadline it is {approval.runtime_status}."
    approval.raise_event("Approval", YES)
    durable.run_until_idle()
    outcome = approval.output["outcome"] if approval.output else None
    assert outcome == "approved", f"It was approved in time, and its outcome is {outcome!r}."


def test_own_deadline(durable: DurableApp) -> None:
    """A request may set another deadline"""
    approval = durable.start("approval", {**REQUEST, "hours": 1})
    durable.advance(hours=1)
    assert approval.runtime_status == "Completed", (
        "A request with hours=1 still waits after an hour. The deadline is computed already, in the orchestrator's "
        "first lines."
    )


def test_timer_is_cancelled(durable: DurableApp) -> None:
    """Once it is decided, nothing of it stays behind"""
    approval = durable.start("approval", REQUEST)
    approval.raise_event("Approval", YES)
    durable.run_until_idle()
    assert not durable.open_timers(), (
        "It was approved at once, but stays Running until the timer fires in three days. Cancel the timer that "
        "lost: timeout.cancel()"
    )
    assert approval.runtime_status == "Completed", f"It was approved, and is {approval.runtime_status}."


def test_escalated_once(durable: DurableApp) -> None:
    """Whoever comes first wins, and the other changes nothing"""
    escalate = durable.replace("escalate", "the board")
    approval = durable.start("approval", REQUEST)
    durable.advance(hours=73)
    late = durable.post(f"/api/approvals/{approval.instance_id}/approve")
    assert late.status_code == 409, f"An approval after the deadline is answered {late.status_code}, not 409."
    assert escalate.call_count == 1, f"It was escalated {escalate.call_count} times."
