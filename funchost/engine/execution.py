"""The state of one execution, folded from its history.

``Execution.apply`` is the only way state changes, so a state rebuilt from a stored history is the state that
was there before. Deciding which events happen is ``episode``'s business, not this module's.
"""

from __future__ import annotations

from datetime import datetime
from typing import TypeAlias

from funchost.model.history import (
    ContinueAsNew,
    EventRaised,
    EventSent,
    ExecutionCompleted,
    ExecutionResumed,
    ExecutionRewound,
    ExecutionStarted,
    ExecutionSuspended,
    ExecutionTerminated,
    HistoryEvent,
    OrchestratorCompleted,
    OrchestratorStarted,
    SubOrchestrationInstanceCompleted,
    SubOrchestrationInstanceCreated,
    SubOrchestrationInstanceFailed,
    TaskCompleted,
    TaskFailed,
    TaskScheduled,
    TimerCreated,
    TimerFired,
)

RetryableTask: TypeAlias = TaskScheduled | SubOrchestrationInstanceCreated
OpenTask: TypeAlias = TaskScheduled | SubOrchestrationInstanceCreated | TimerCreated


class Execution:
    """One life of an orchestration instance.

    Attributes:
        next_event_id: The SDK's next sequence number (one per event that schedules something).
        actions: Digest of every top-level action asked for so far, oldest first.
        open_tasks: What was scheduled and has no completion yet, by event id. Timers that were cancelled and
            entity calls are not in it: they do not keep an instance from finishing.
        timer_ids: Event ids of the orchestrator's own timers, in the order in which it created them.
        waits: Outstanding waits for external events by name, spelled as waited for.
        has_returned: The orchestrator is done and only waits for what it left open.
        failed_attempts: Failed tasks that a retry timer is about to try again, by their event id.
    """

    def __init__(self) -> None:
        self.started: ExecutionStarted | None = None
        self.next_event_id = 0
        self.actions: list[str] = []
        self.open_tasks: dict[int, OpenTask] = {}
        self.timer_ids: list[int] = []
        self.canceled_timers: set[int] = set()
        self.waits: dict[str, int] = {}
        self.failed_attempts: dict[int, RetryableTask] = {}
        self.last_episode_at: datetime | None = None
        self.is_suspended = False
        self.is_finished = False
        self.has_returned = False

    def apply(self, event: HistoryEvent) -> None:
        """Fold one event into the state."""
        match event:
            case OrchestratorStarted():
                self.last_episode_at = event.timestamp
            case OrchestratorCompleted():
                self._episode_ended(event)
            case ExecutionStarted():
                self.started = event
            case TaskScheduled() | SubOrchestrationInstanceCreated():
                self._scheduled(event.event_id)
                self.open_tasks[event.event_id] = event
            case TimerCreated():
                self._scheduled(event.event_id)
                self.open_tasks[event.event_id] = event
                if event.retry_of is None:
                    self.timer_ids.append(event.event_id)
            case EventSent():
                self._scheduled(event.event_id)
            case TaskFailed() | SubOrchestrationInstanceFailed():
                self._failed(event)
            case TaskCompleted() | SubOrchestrationInstanceCompleted():
                self.open_tasks.pop(event.task_scheduled_id, None)
            case TimerFired():
                self._fired(event)
            case EventRaised():
                self._raised(event)
            case ExecutionSuspended():
                self.is_suspended = True
            case ExecutionResumed():
                self.is_suspended = False
            case ExecutionCompleted() | ContinueAsNew():
                self._scheduled(event.event_id)
                self.is_finished = True
            case ExecutionTerminated() | ExecutionRewound():
                pass

    def wait_for(self, name: str) -> str | None:
        """The spelling under which an external event of this name is waited for, or None.

        Names ignore case, as in the extension; the SDK compares exactly, so history must carry the spelling of
        the wait.
        """
        if self.waits.get(name):
            return name
        folded = name.casefold()
        return next((known for known, count in self.waits.items() if count and known.casefold() == folded), None)

    def _scheduled(self, event_id: int) -> None:
        self.next_event_id = event_id + 1

    def _episode_ended(self, event: OrchestratorCompleted) -> None:
        self.has_returned = event.has_returned
        self.actions.extend(event.actions)
        for name in event.waits:
            self.waits[name] = self.waits.get(name, 0) + 1
        for timer_id in event.canceled_timers:
            self.canceled_timers.add(timer_id)
            self.open_tasks.pop(timer_id, None)

    def _failed(self, event: TaskFailed | SubOrchestrationInstanceFailed) -> None:
        task = self.open_tasks.pop(event.task_scheduled_id, None)
        if isinstance(task, RetryableTask) and task.retry is not None:
            self.failed_attempts[task.event_id] = task

    def _fired(self, event: TimerFired) -> None:
        timer = self.open_tasks.pop(event.timer_id, None)
        if isinstance(timer, TimerCreated) and timer.retry_of is not None:
            self.failed_attempts.pop(timer.retry_of, None)

    def _raised(self, event: EventRaised) -> None:
        if self.waits.get(event.name):
            self.waits[event.name] -= 1


def fold(history: list[HistoryEvent]) -> Execution:
    """The state that a history leads to."""
    execution = Execution()
    for event in history:
        execution.apply(event)
    return execution
