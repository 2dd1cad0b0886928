"""Closing an episode: from the orchestrator's reply to new history events and what follows from them.

Pure: equal arguments give equal outcomes. Everything an outcome causes can be read off its events
(``TaskScheduled``: an activity to run; ``TimerCreated``: a timer to set; and so on), so a crash between
deciding and storing loses nothing but the decision.
"""

from __future__ import annotations

import json
from datetime import datetime, timedelta

from funchost.engine.actions import difference, digest, leaves
from funchost.engine.execution import Execution, RetryableTask
from funchost.engine.intake import Episode
from funchost.ids import derived_id
from funchost.model.actions import (
    CallActivity,
    CallEntity,
    CallHttp,
    CallSubOrchestrator,
    ContinueAsNewAction,
    CreateTimer,
    OrchestratorAction,
    OrchestratorReply,
    SignalEntity,
    WaitForExternalEvent,
)
from funchost.model.history import (
    ContinueAsNew,
    EventSent,
    ExecutionCompleted,
    ExecutionStarted,
    HistoryEvent,
    OrchestratorCompleted,
    ParentInstance,
    RetryOptions,
    SubOrchestrationInstanceCompleted,
    SubOrchestrationInstanceCreated,
    SubOrchestrationInstanceFailed,
    TaskCompleted,
    TaskFailed,
    TaskScheduled,
    TimerCreated,
    TimerFired,
)
from funchost.model.status import RuntimeStatus
from funchost.record import record

HTTP_ACTIVITY = "BuiltIn::HttpActivity"
"""The name under which a durable HTTP call stands in history, as in the extension."""

CUSTOM_STATUS_LIMIT_BYTES = 16 * 1024
RETRY_INTERVAL_LIMIT_MS = 6 * 24 * 3600 * 1000


@record
class EngineSettings:
    """Limits from ``host.json``, ``extensions.durableTask``."""

    max_orchestration_actions: int = 100_000
    default_version: str = ""


@record
class Outcome:
    """What an episode leads to.

    ``events`` is everything to append to history, ``OrchestratorStarted`` to ``OrchestratorCompleted``.
    ``output`` and ``custom_status`` are JSON texts. ``continued`` is the event by which the execution ends in
    favour of a new one; ``status`` is then RUNNING.
    """

    events: tuple[HistoryEvent, ...]
    status: RuntimeStatus
    output: str | None
    custom_status: str | None
    continued: ContinueAsNew | None = None


def close_without_code(
    execution: Execution, episode: Episode, *, custom_status: str | None, ended_at: datetime
) -> Outcome:
    """The outcome of an episode in which only the host had something to do: terminate, suspend, resume."""
    if episode.terminated is not None:
        reason = json.dumps(episode.terminated.reason)
        completed = ExecutionCompleted(
            timestamp=ended_at,
            event_id=execution.next_event_id,
            status=RuntimeStatus.TERMINATED,
            result=reason,
        )
        events = (*episode.new_events, completed, OrchestratorCompleted(timestamp=ended_at))
        return Outcome(events=events, status=RuntimeStatus.TERMINATED, output=reason, custom_status=custom_status)
    return Outcome(
        events=(*episode.new_events, OrchestratorCompleted(timestamp=ended_at)),
        status=RuntimeStatus.SUSPENDED if episode.is_suspended else RuntimeStatus.RUNNING,
        output=None,
        custom_status=custom_status,
    )


def close_episode(
    execution: Execution,
    episode: Episode,
    reply: OrchestratorReply,
    *,
    name: str,
    execution_id: str,
    custom_status: str | None,
    ended_at: datetime,
    settings: EngineSettings,
) -> Outcome:
    """Turn an orchestrator's reply into new history events and a new status.

    Args:
        execution: State before the episode.
        episode: The episode that the reply answers.
        reply: Every action since the execution began, not only this episode's.
        name: The orchestrator's name, for failure texts.
        custom_status: What it was before; kept where the reply cannot be used, and where the first episode after a
            continue-as-new sets none.
        ended_at: UTC.
    Source: Azure/durabletask ``TaskOrchestrationExecutor`` and ``TaskOrchestrationContext``; numbering from the
        SDK's ``DurableOrchestrationContext._add_to_open_tasks``.
    """
    closing = _Closing(execution, episode, execution_id, settings)
    if reply.actions is None:
        return closing.failed(_failure(name, reply.error or ""), custom_status, ended_at)
    departure = difference(execution.actions, reply.actions) if reply.first_action == 0 else None
    if departure is not None:
        return closing.failed(departure, custom_status, ended_at)
    if breach := _breach(reply, settings):
        return closing.failed(_failure(name, breach), custom_status, ended_at)
    # ``TaskOrchestrationDispatcher`` carries the status over within the work item of a continue-as-new, which ends
    # with the first episode of the next execution; an instance that only now begins has none to carry.
    begins = any(isinstance(event, ExecutionStarted) for event in episode.new_events)
    if reply.custom_status is not None or not begins:
        custom_status = reply.custom_status
    closing.retry()
    new_actions = reply.actions[len(execution.actions) - reply.first_action :]
    closing.schedule(new_actions)
    closing.cancel_timers(reply.canceled_timers)
    last = reply.actions[-1] if reply.actions else None
    # As in the Durable Task Framework, an instance stays Running until everything it scheduled has come back or
    # was cancelled, though its code has returned.
    may_end = not closing.has_open_tasks()
    if reply.error is not None and may_end:
        return closing.failed(_failure(name, reply.error), custom_status, ended_at, new_actions)
    if isinstance(last, ContinueAsNewAction) and reply.error is None and may_end:
        return closing.continued(last, reply.custom_status, ended_at, new_actions)
    if reply.is_done and not isinstance(last, ContinueAsNewAction) and reply.error is None and may_end:
        return closing.completed(reply.output, custom_status, ended_at, new_actions)
    has_returned = reply.is_done or reply.error is not None
    return closing.running(custom_status, ended_at, new_actions, has_returned=has_returned)


def answer_to_parent(
    parent: ParentInstance | None, outcome: Outcome
) -> SubOrchestrationInstanceCompleted | SubOrchestrationInstanceFailed | None:
    """What a finished instance tells the orchestration that started it; None where nobody did.

    Its timestamp is that of the completion. A terminated child counts as failed, its reason as the failure.
    """
    if parent is None or not outcome.status.is_terminal:
        return None
    task_id, timestamp = parent.task_scheduled_id, outcome.events[-1].timestamp
    if outcome.status is RuntimeStatus.COMPLETED:
        return SubOrchestrationInstanceCompleted(
            timestamp=timestamp, task_scheduled_id=task_id, result=outcome.output
        )
    reason = json.loads(outcome.output) if outcome.output is not None else ""
    return SubOrchestrationInstanceFailed(
        timestamp=timestamp, task_scheduled_id=task_id, reason=str(reason), details=""
    )


def _failure(name: str, error: str) -> str:
    return f"Orchestrator function '{name}' failed: {error}"


def _breach(reply: OrchestratorReply, settings: EngineSettings) -> str | None:
    """Which limit the reply breaks, in the extension's words."""
    if reply.actions is not None and reply.first_action + len(reply.actions) > settings.max_orchestration_actions:
        return (
            f"Maximum amount of orchestration actions ({settings.max_orchestration_actions}) has been reached. "
            "This value can be configured in host.json file as MaxOrchestrationActions."
        )
    if reply.custom_status is not None:
        size = len(reply.custom_status.encode("utf-16-le"))
        if size > CUSTOM_STATUS_LIMIT_BYTES:
            return (
                "The UTF-16 size of the JSON-serialized payload must not exceed "
                f"{CUSTOM_STATUS_LIMIT_BYTES // 1024} KB. The current payload size is {size / 1024:.0f} KB."
            )
    return None


def retry_delay(options: RetryOptions, attempt: int) -> timedelta:
    """How long to wait after the failure of attempt number ``attempt`` (from 1)."""
    limit = options.max_retry_interval_ms or RETRY_INTERVAL_LIMIT_MS
    delay = options.first_retry_interval_ms * options.backoff_coefficient ** (attempt - 1)
    return timedelta(milliseconds=min(delay, limit, RETRY_INTERVAL_LIMIT_MS))


_SCHEDULED = (TaskScheduled, SubOrchestrationInstanceCreated, TimerCreated)
_COMPLETIONS = (
    TaskCompleted,
    TaskFailed,
    SubOrchestrationInstanceCompleted,
    SubOrchestrationInstanceFailed,
    TimerFired,
)


class _Closing:
    """Collects the events of one episode, numbering them as the SDK does."""

    def __init__(self, execution: Execution, episode: Episode, execution_id: str, settings: EngineSettings) -> None:
        self.execution = execution
        self.episode = episode
        self.execution_id = execution_id
        self.settings = settings
        self.events: list[HistoryEvent] = []
        self.next_event_id = execution.next_event_id
        self.canceled: list[int] = []
        self.new_timer_ids: list[int] = []
        self.completed_ids = {
            event.timer_id if isinstance(event, TimerFired) else event.task_scheduled_id
            for event in episode.new_events
            if isinstance(event, _COMPLETIONS)
        }

    def retry(self) -> None:
        """Take the numbers a retry takes, before those of this episode's new actions (see ``intake``)."""
        for event in self.episode.new_events:
            match event:
                case TaskFailed() | SubOrchestrationInstanceFailed():
                    task = self.execution.open_tasks.get(event.task_scheduled_id)
                    if isinstance(task, RetryableTask) and task.retry is not None:
                        self._set_retry_timer(task, task.retry)
                case TimerFired():
                    timer = self.execution.open_tasks.get(event.timer_id)
                    if isinstance(timer, TimerCreated) and timer.retry_of is not None:
                        self._try_again(self.execution.failed_attempts[timer.retry_of])

    def _set_retry_timer(self, task: RetryableTask, options: RetryOptions) -> None:
        # After the last failure the timer is due at once and tries nothing: the SDK counts it all the same.
        is_last = task.attempt >= options.max_number_of_attempts
        delay = timedelta(0) if is_last else retry_delay(options, task.attempt)
        self.events.append(
            TimerCreated(
                timestamp=self.episode.started_at,
                event_id=self._number(),
                fire_at=self.episode.started_at + delay,
                retry_of=task.event_id,
            )
        )

    def _try_again(self, task: RetryableTask) -> None:
        if task.retry is None or task.attempt >= task.retry.max_number_of_attempts:
            return
        event_id = self._number()
        if isinstance(task, TaskScheduled):
            self.events.append(
                TaskScheduled(
                    timestamp=self.episode.started_at,
                    event_id=event_id,
                    name=task.name,
                    input=task.input,
                    retry=task.retry,
                    attempt=task.attempt + 1,
                )
            )
            return
        was_derived = task.instance_id == self._child_id(task.event_id)
        self.events.append(
            SubOrchestrationInstanceCreated(
                timestamp=self.episode.started_at,
                event_id=event_id,
                name=task.name,
                version=task.version,
                instance_id=self._child_id(event_id) if was_derived else task.instance_id,
                input=task.input,
                retry=task.retry,
                attempt=task.attempt + 1,
            )
        )

    def schedule(self, new_actions: tuple[OrchestratorAction, ...]) -> None:
        """One event for every new action that schedules something."""
        for leaf in leaves(new_actions):
            event = self._event_for(leaf)
            if event is not None:
                self.events.append(event)

    def _event_for(self, leaf: OrchestratorAction) -> HistoryEvent | None:
        now = self.episode.started_at
        match leaf:
            case CallActivity():
                return TaskScheduled(
                    timestamp=now, event_id=self._number(), name=leaf.name, input=leaf.input, retry=leaf.retry
                )
            case CallHttp():
                return TaskScheduled(timestamp=now, event_id=self._number(), name=HTTP_ACTIVITY, input=leaf.request)
            case CallSubOrchestrator():
                event_id = self._number()
                return SubOrchestrationInstanceCreated(
                    timestamp=now,
                    event_id=event_id,
                    name=leaf.name,
                    version=leaf.version or self.settings.default_version,
                    instance_id=leaf.instance_id or self._child_id(event_id),
                    input=leaf.input,
                    retry=leaf.retry,
                )
            case CreateTimer():
                event_id = self._number()
                self.new_timer_ids.append(event_id)
                return TimerCreated(timestamp=now, event_id=event_id, fire_at=leaf.fire_at)
            case CallEntity() | SignalEntity():
                event_id = self._number()
                return EventSent(
                    timestamp=now,
                    event_id=event_id,
                    instance_id=leaf.instance_id,
                    operation=leaf.operation,
                    input=json.dumps(leaf.input),  # the entity's SDK decodes twice
                    request_id=derived_id(self.execution_id, event_id),
                    is_signal=isinstance(leaf, SignalEntity),
                    fire_at=leaf.fire_at if isinstance(leaf, SignalEntity) else None,
                )
            case _:
                return None  # a wait is known by its name, continue-as-new ends the execution: neither has a number

    def cancel_timers(self, numbers: tuple[int, ...]) -> None:
        """Take back the timers that the orchestrator has cancelled since the last episode."""
        timer_ids = self.execution.timer_ids + self.new_timer_ids
        for timer_id in (timer_ids[number] for number in numbers):
            is_open = timer_id in self.execution.open_tasks or timer_id in self.new_timer_ids
            if is_open and timer_id not in self.completed_ids:
                self.canceled.append(timer_id)

    def has_open_tasks(self) -> bool:
        """Whether anything scheduled, now or earlier, is still to come back."""
        gone = self.completed_ids.union(self.canceled)
        scheduled = any(isinstance(event, _SCHEDULED) and event.event_id not in gone for event in self.events)
        return scheduled or any(task_id not in gone for task_id in self.execution.open_tasks)

    def running(
        self,
        custom_status: str | None,
        ended_at: datetime,
        actions: tuple[OrchestratorAction, ...],
        *,
        has_returned: bool,
    ) -> Outcome:
        status = RuntimeStatus.SUSPENDED if self.episode.is_suspended else RuntimeStatus.RUNNING
        return self._outcome(status, None, custom_status, ended_at, actions, has_returned=has_returned)

    def completed(
        self,
        output: str | None,
        custom_status: str | None,
        ended_at: datetime,
        actions: tuple[OrchestratorAction, ...],
    ) -> Outcome:
        self._end(RuntimeStatus.COMPLETED, output, ended_at)
        return self._outcome(RuntimeStatus.COMPLETED, output, custom_status, ended_at, actions)

    def failed(
        self,
        text: str,
        custom_status: str | None,
        ended_at: datetime,
        actions: tuple[OrchestratorAction, ...] = (),
    ) -> Outcome:
        output = json.dumps(text)
        self._end(RuntimeStatus.FAILED, output, ended_at)
        return self._outcome(RuntimeStatus.FAILED, output, custom_status, ended_at, actions)

    def continued(
        self,
        action: ContinueAsNewAction,
        custom_status: str | None,
        ended_at: datetime,
        actions: tuple[OrchestratorAction, ...],
    ) -> Outcome:
        # Stored as the SDK's client stores an input: JSON text as a JSON string.
        event = ContinueAsNew(timestamp=ended_at, event_id=self._number(), result=json.dumps(action.input))
        self.events.append(event)
        return self._outcome(RuntimeStatus.RUNNING, None, custom_status, ended_at, actions, event)

    def _outcome(
        self,
        status: RuntimeStatus,
        output: str | None,
        custom_status: str | None,
        ended_at: datetime,
        actions: tuple[OrchestratorAction, ...],
        continued: ContinueAsNew | None = None,
        has_returned: bool = False,
    ) -> Outcome:
        completed = OrchestratorCompleted(
            timestamp=ended_at,
            actions=tuple([digest(action) for action in actions]),
            waits=tuple([leaf.name for leaf in leaves(actions) if isinstance(leaf, WaitForExternalEvent)]),
            canceled_timers=tuple(self.canceled),
            has_returned=has_returned,
        )
        return Outcome(
            events=(*self.episode.new_events, *self.events, completed),
            status=status,
            output=output,
            custom_status=custom_status,
            continued=continued,
        )

    def _end(self, status: RuntimeStatus, result: str | None, ended_at: datetime) -> None:
        self.events.append(
            ExecutionCompleted(timestamp=ended_at, event_id=self._number(), status=status, result=result)
        )

    def _number(self) -> int:
        number = self.next_event_id
        self.next_event_id += 1
        return number

    def _child_id(self, event_id: int) -> str:
        return f"{self.execution_id}:{event_id}"
