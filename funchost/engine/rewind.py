"""Rewinding a failed instance: its history without its failures, and what is then to be done again.

Pure. Source: the Durable Task Framework's ``RewindAsync`` (failures and their schedulings become nothing, the
orchestrator replays and asks for the failed tasks again), with one rule of ours: SDK 1.x numbers its tasks by
order, so a rewind is refused where something was scheduled after a failure, because replaying would hand that
task's result to another.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from funchost.errors import RewindRefused
from funchost.model.history import (
    EventSent,
    ExecutionCompleted,
    HistoryEvent,
    SubOrchestrationInstanceCreated,
    SubOrchestrationInstanceFailed,
    TaskFailed,
    TaskScheduled,
    TimerCreated,
)
from funchost.model.records import InstanceRecord
from funchost.model.status import RuntimeStatus

NOT_FAILED = "The rewind operation is only supported on failed orchestration instances."


@dataclass(frozen=True, slots=True, kw_only=True)
class RewindPlan:
    """A history to go on from, the activities to run again under their old ids, and the children to rewind.

    With neither, it was the orchestrator's own code that failed, and it is to be run again at once.
    """

    history: tuple[HistoryEvent, ...]
    failed_tasks: tuple[TaskScheduled, ...]
    failed_children: tuple[str, ...]


def plan_rewind(record: InstanceRecord, history: list[HistoryEvent], *, now: datetime) -> RewindPlan:
    """How to rewind an instance. Raises RewindRefused."""
    if record.runtime_status is not RuntimeStatus.FAILED:
        raise RewindRefused(record.instance_id, record.runtime_status, NOT_FAILED)
    failures = {e.task_scheduled_id for e in history if isinstance(e, TaskFailed | SubOrchestrationInstanceFailed)}
    scheduled = {e.event_id: e for e in history if isinstance(e, TaskScheduled | SubOrchestrationInstanceCreated)}
    retried = {e.retry_of for e in history if isinstance(e, TimerCreated) and e.retry_of is not None}
    failed = {number: scheduled[number] for number in failures if number in scheduled}
    if retried & failures:
        raise RewindRefused(
            record.instance_id,
            record.runtime_status,
            "an activity or sub-orchestration of this instance failed after retries, whose numbers a rewind would "
            "give to other tasks; restart the instance instead",
        )
    if failed:
        _refuse_later_work(record, history, min(failed))
    kept = [
        event
        for event in history
        if not isinstance(event, ExecutionCompleted | TaskFailed | SubOrchestrationInstanceFailed)
    ]
    return RewindPlan(
        history=tuple(kept),
        failed_tasks=tuple(replace(e, timestamp=now) for e in failed.values() if isinstance(e, TaskScheduled)),
        failed_children=tuple(
            e.instance_id for e in failed.values() if isinstance(e, SubOrchestrationInstanceCreated)
        ),
    )


def _refuse_later_work(record: InstanceRecord, history: list[HistoryEvent], first_failed: int) -> None:
    """Refuse where an episode after the first failure scheduled anything."""
    seen_failure = False
    for event in history:
        if isinstance(event, TaskFailed | SubOrchestrationInstanceFailed):
            seen_failure = True
        elif (
            seen_failure
            and isinstance(event, TaskScheduled | SubOrchestrationInstanceCreated | TimerCreated | EventSent)
            and event.event_id > first_failed
        ):
            raise RewindRefused(
                record.instance_id,
                record.runtime_status,
                "this instance went on after a failure and scheduled more work (a compensation, for example), "
                "which a rewind would confuse with other tasks; restart the instance instead",
            )
