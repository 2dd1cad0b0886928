"""History events: the ordered facts of one execution of an orchestration instance.

``timestamp`` is UTC and aware. ``event_id`` is the number by which a completion names the event that
scheduled it (the SDK's own sequence number, see ``engine.numbering``). ``input``, ``result`` and
``output`` are JSON texts, or None where there is no value.

Source: Azure/durabletask ``src/DurableTask.Core/History/*.cs``. Fields marked *bookkeeping* are ours: they
let the whole state of an execution be folded from its history, and are never shown outside the host.
"""

from __future__ import annotations

from datetime import datetime
from typing import TypeAlias

from funchost.model.status import RuntimeStatus
from funchost.record import record


@record
class ParentInstance:
    """The orchestration that started a sub-orchestration, and the event by which it did."""

    name: str
    instance_id: str
    execution_id: str
    task_scheduled_id: int


@record
class RetryOptions:
    """How often and how far apart a failed activity or sub-orchestration is tried again."""

    first_retry_interval_ms: int
    max_number_of_attempts: int
    backoff_coefficient: float = 1.0
    max_retry_interval_ms: int | None = None
    retry_timeout_ms: int | None = None


@record
class OrchestratorStarted:
    """An episode begins; its timestamp is ``current_utc_datetime`` for what follows."""

    timestamp: datetime


@record
class OrchestratorCompleted:
    """An episode ends.

    ``actions`` (bookkeeping): a digest of each top-level action first asked for in this episode, in order.
    ``waits`` (bookkeeping): a name for each wait for an external event that began in this episode.
    ``canceled_timers`` (bookkeeping): ids of timers the orchestrator cancelled in this episode.
    ``has_returned`` (bookkeeping): the orchestrator is done, but something it scheduled is still out.
    """

    timestamp: datetime
    actions: tuple[str, ...] = ()
    waits: tuple[str, ...] = ()
    canceled_timers: tuple[int, ...] = ()
    has_returned: bool = False


@record
class ExecutionStarted:
    """The first message of every execution."""

    timestamp: datetime
    name: str
    version: str
    input: str | None
    instance_id: str
    execution_id: str
    parent: ParentInstance | None = None


@record
class ExecutionCompleted:
    """The orchestrator returned, failed, or was ended by the host."""

    timestamp: datetime
    event_id: int
    status: RuntimeStatus
    result: str | None


@record
class ExecutionTerminated:
    timestamp: datetime
    reason: str


@record
class ExecutionSuspended:
    timestamp: datetime
    reason: str


@record
class ExecutionResumed:
    timestamp: datetime
    reason: str


@record
class ExecutionRewound:
    timestamp: datetime
    reason: str


@record
class ContinueAsNew:
    timestamp: datetime
    event_id: int
    result: str | None


@record
class TaskScheduled:
    """An activity was asked for. ``retry`` and ``attempt`` (from 1) are bookkeeping."""

    timestamp: datetime
    event_id: int
    name: str
    input: str | None
    retry: RetryOptions | None = None
    attempt: int = 1


@record
class TaskCompleted:
    timestamp: datetime
    task_scheduled_id: int
    result: str | None


@record
class TaskFailed:
    timestamp: datetime
    task_scheduled_id: int
    reason: str
    details: str | None


@record
class SubOrchestrationInstanceCreated:
    """A sub-orchestration was asked for. ``retry`` and ``attempt`` (from 1) are bookkeeping."""

    timestamp: datetime
    event_id: int
    name: str
    version: str
    instance_id: str
    input: str | None
    retry: RetryOptions | None = None
    attempt: int = 1


@record
class SubOrchestrationInstanceCompleted:
    timestamp: datetime
    task_scheduled_id: int
    result: str | None


@record
class SubOrchestrationInstanceFailed:
    timestamp: datetime
    task_scheduled_id: int
    reason: str
    details: str | None


@record
class TimerCreated:
    """``retry_of`` (bookkeeping): event id of the failed task that this timer will try again."""

    timestamp: datetime
    event_id: int
    fire_at: datetime
    retry_of: int | None = None


@record
class TimerFired:
    timestamp: datetime
    timer_id: int
    fire_at: datetime


@record
class EventSent:
    """A message left for an entity: a call, answered by an ``EventRaised`` named ``request_id``, or a signal.

    ``input`` is what the entity's function is handed, as in ``EntityRequest``. ``fire_at`` delays a signal.
    """

    timestamp: datetime
    event_id: int
    instance_id: str
    operation: str
    input: str | None
    request_id: str
    is_signal: bool
    fire_at: datetime | None = None


@record
class EventRaised:
    """An external event, or an entity's answer (then ``name`` is the request's id)."""

    timestamp: datetime
    name: str
    input: str | None


HistoryEvent: TypeAlias = (
    OrchestratorStarted
    | OrchestratorCompleted
    | ExecutionStarted
    | ExecutionCompleted
    | ExecutionTerminated
    | ExecutionSuspended
    | ExecutionResumed
    | ExecutionRewound
    | ContinueAsNew
    | TaskScheduled
    | TaskCompleted
    | TaskFailed
    | SubOrchestrationInstanceCreated
    | SubOrchestrationInstanceCompleted
    | SubOrchestrationInstanceFailed
    | TimerCreated
    | TimerFired
    | EventSent
    | EventRaised
)
