"""Begins with an approval that waits for ever; solved, it escalates after three days."""

from pathlib import Path

from workshop.lab import Edit, Lab

RACE = """    event = context.wait_for_external_event(APPROVAL_EVENT)
    timeout = context.create_timer(deadline)
    first = yield context.task_any([event, timeout])
    context.set_custom_status(None)

    if first == timeout:
        log.warning("Nobody decided on %s in time.", request["subject"])
        manager: str = yield context.call_activity("escalate", request)
        return Outcome(
            subject=request["subject"], outcome="escalated", by=manager, comment="Nobody decided in time."
        )

    timeout.cancel()  # else the orchestration would stay open until the deadline
    decided = decision(event.result)
"""
WAIT = """    said = yield context.wait_for_external_event(APPROVAL_EVENT)
    context.set_custom_status(None)
    decided = decision(said)
"""

LAB = Lab(
    home=Path(__file__).parent,
    title="Human interaction: three days in a second",
    minutes=15,
    template="external_events",
    start=(Edit("approvals.py", RACE, WAIT),),
    solution=(Edit("approvals.py", WAIT, RACE),),
)
