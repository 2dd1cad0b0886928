"""Opening an episode: which waiting messages an instance takes now, and the history events they become.

Pure. Messages are taken in order of arrival. What is not taken stays where it is: external events nobody waits
for yet, everything while suspended, and whatever comes after an event that must be alone in its episode.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime, timedelta

from funchost.engine.execution import Execution, RetryableTask
from funchost.model.history import (
    EventRaised,
    ExecutionResumed,
    ExecutionRewound,
    ExecutionStarted,
    ExecutionSuspended,
    ExecutionTerminated,
    HistoryEvent,
    OrchestratorStarted,
    SubOrchestrationInstanceCompleted,
    SubOrchestrationInstanceFailed,
    TaskCompleted,
    TaskFailed,
    TimerCreated,
    TimerFired,
)
from funchost.model.messages import TaskMessage
from funchost.record import record

TICK = timedelta(microseconds=1)

_OF_THE_HOST = (OrchestratorStarted, ExecutionSuspended, ExecutionResumed)
_FAILURES = (TaskFailed, SubOrchestrationInstanceFailed)


@record
class Episode:
    """One turn of an instance, opened.

    ``new_events`` begins with ``OrchestratorStarted``. ``taken`` are the ids of the messages that became events,
    ``dropped`` of those that say nothing new. ``runs_code`` is false where only the host has something to do.
    """

    started_at: datetime
    new_events: tuple[HistoryEvent, ...]
    taken: tuple[int, ...]
    dropped: tuple[int, ...]
    is_suspended: bool
    terminated: ExecutionTerminated | None = None

    @property
    def is_empty(self) -> bool:
        """Whether there are only messages to drop."""
        return len(self.new_events) == 1

    @property
    def runs_code(self) -> bool:
        return self.terminated is None and any(not isinstance(event, _OF_THE_HOST) for event in self.new_events)


def open_episode(
    execution: Execution, execution_id: str, messages: Iterable[TaskMessage], now: datetime
) -> Episode | None:
    """The next episode of an instance, or None where nothing that waits concerns it now.

    Args:
        execution: State after every committed event.
        execution_id: The current execution; messages for another are dropped.
        messages: Visible messages, oldest first.
        now: UTC. The episode's time is never before an earlier episode's, nor before a timer that fires in it,
            even where the machine's clock was set back.
    """
    intake = _Intake(execution, execution_id)
    for message in messages:
        if not intake.take(message):
            break
    if not intake.events and not intake.dropped:
        return None
    started_at = now
    if execution.last_episode_at is not None:
        started_at = max(started_at, execution.last_episode_at + TICK)
    for event in intake.events:
        if isinstance(event, TimerFired):
            started_at = max(started_at, event.fire_at)
    return Episode(
        started_at=started_at,
        new_events=(OrchestratorStarted(timestamp=started_at), *intake.events),
        taken=tuple(intake.taken),
        dropped=tuple(intake.dropped),
        is_suspended=intake.is_suspended,
        terminated=intake.terminated,
    )


class _Intake:
    """Takes messages one by one; keeps what the events taken so far leave open, without touching the state."""

    def __init__(self, execution: Execution, execution_id: str) -> None:
        self.execution = execution
        self.execution_id = execution_id
        self.events: list[HistoryEvent] = []
        self.taken: list[int] = []
        self.dropped: list[int] = []
        self.terminated: ExecutionTerminated | None = None
        self.is_suspended = execution.is_suspended
        self.has_started = execution.started is not None
        self._completed: set[int] = set()
        self._delivered: dict[str, int] = {}

    def take(self, message: TaskMessage) -> bool:
        """Take, drop or leave a message. False: the episode is full."""
        body = message.body
        if self.execution.is_finished or message.execution_id not in (None, self.execution_id):
            self.dropped.append(message.message_id)
            return True
        match body:
            case ExecutionTerminated():
                # Ends the instance whatever else waits, suspended or not.
                self._accept(message, body)
                self.terminated = body
                return False
            case ExecutionSuspended():
                self._accept(message, body)
                self.is_suspended = True
            case ExecutionResumed():
                self._accept(message, body)
                self.is_suspended = False
            case _ if self.is_suspended:
                pass
            case ExecutionStarted():
                if self.has_started:
                    self.dropped.append(message.message_id)
                else:
                    self._accept(message, body)
                    self.has_started = True
            case ExecutionRewound():
                self._accept(message, body)
            case EventRaised():
                self._take_raised(message, body)
            case (
                TaskCompleted()
                | TaskFailed()
                | SubOrchestrationInstanceCompleted()
                | SubOrchestrationInstanceFailed()
                | TimerFired()
            ):
                return self._take_completion(message, body)
            case _:
                self.dropped.append(message.message_id)
        return True

    def _accept(self, message: TaskMessage, event: HistoryEvent) -> None:
        self.events.append(event)
        self.taken.append(message.message_id)

    def _take_raised(self, message: TaskMessage, event: EventRaised) -> None:
        if message.execution_id is not None:  # an entity's answer; its caller waits for nothing else by that name
            self._accept(message, event)
            return
        # The SDK keeps only the last of several early events of a name and never forgets it, so an event enters
        # history only once somebody waits for it.
        name = self.execution.wait_for(event.name)
        if name is None or self.execution.waits[name] <= self._delivered.get(name, 0):
            return
        self._delivered[name] = self._delivered.get(name, 0) + 1
        self._accept(message, replace(event, name=name))

    def _take_completion(
        self,
        message: TaskMessage,
        event: TaskCompleted
        | TaskFailed
        | SubOrchestrationInstanceCompleted
        | SubOrchestrationInstanceFailed
        | TimerFired,
    ) -> bool:
        task_id = event.timer_id if isinstance(event, TimerFired) else event.task_scheduled_id
        task = self.execution.open_tasks.get(task_id)
        if task is None or task_id in self._completed:
            self.dropped.append(message.message_id)  # a second completion, or of a timer that was cancelled
            return True
        alone = (isinstance(event, _FAILURES) and isinstance(task, RetryableTask) and task.retry is not None) or (
            isinstance(task, TimerCreated) and task.retry_of is not None
        )
        # The SDK takes numbers for retries while it reads these two, so nothing else may be read with them.
        if alone and self.events:
            return False
        self._completed.add(task_id)
        self._accept(message, event)
        return not alone
