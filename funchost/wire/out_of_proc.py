"""The JSON that SDK 1.x and the Durable extension exchange: history and entity batches out, replies in.

Source: ``azure.durable_functions`` 1.7 (``DurableOrchestrationContext.from_json``, ``models/history``,
``models/actions``, ``models/OrchestratorState``, ``entity.py``) and the extension's ``OutOfProcOrchestrationShim``.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime, timezone
from enum import IntEnum
from typing import Any

from funchost.engine.actions import leaves
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
    WhenAll,
    WhenAny,
)
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
from funchost.wire.entity_batch import encode_request
from funchost.wire.json_text import quote
from funchost.wire.timestamps import format_time, parse_time

OUT_OF_PROC_LABEL = "\n\n$OutOfProcData$:"
"""Between the failure text and the reply, in the message of the exception that a failed orchestrator raises."""

NESTED_TOO_DEEPLY = "the orchestrator's reply is nested too deeply to be read"


class ReplyError(ValueError):
    """The reply is not one that an SDK 1.x orchestrator gives; the text names the field."""


class EventType(IntEnum):
    """Numbers of ``DurableTask.Core.History.EventType``."""

    EXECUTION_STARTED = 0
    EXECUTION_COMPLETED = 1
    EXECUTION_TERMINATED = 3
    TASK_SCHEDULED = 4
    TASK_COMPLETED = 5
    TASK_FAILED = 6
    SUB_ORCHESTRATION_CREATED = 7
    SUB_ORCHESTRATION_COMPLETED = 8
    SUB_ORCHESTRATION_FAILED = 9
    TIMER_CREATED = 10
    TIMER_FIRED = 11
    ORCHESTRATOR_STARTED = 12
    ORCHESTRATOR_COMPLETED = 13
    EVENT_SENT = 14
    EVENT_RAISED = 15
    CONTINUE_AS_NEW = 16
    EXECUTION_SUSPENDED = 19
    EXECUTION_RESUMED = 20
    EXECUTION_REWOUND = 21


class ActionType(IntEnum):
    """Numbers of ``azure.durable_functions`` ``ActionType``."""

    CALL_ACTIVITY = 0
    CALL_ACTIVITY_WITH_RETRY = 1
    CALL_SUB_ORCHESTRATOR = 2
    CALL_SUB_ORCHESTRATOR_WITH_RETRY = 3
    CONTINUE_AS_NEW = 4
    CREATE_TIMER = 5
    WAIT_FOR_EXTERNAL_EVENT = 6
    CALL_ENTITY = 7
    CALL_HTTP = 8
    SIGNAL_ENTITY = 9
    SCHEDULED_SIGNAL_ENTITY = 10
    WHEN_ANY = 11
    WHEN_ALL = 12


STATUS_NUMBERS: Mapping[RuntimeStatus, int] = {
    RuntimeStatus.RUNNING: 0,
    RuntimeStatus.COMPLETED: 1,
    RuntimeStatus.CONTINUED_AS_NEW: 2,
    RuntimeStatus.FAILED: 3,
    RuntimeStatus.CANCELED: 4,
    RuntimeStatus.TERMINATED: 5,
    RuntimeStatus.PENDING: 6,
    RuntimeStatus.SUSPENDED: 7,
}


_encode = json.JSONEncoder(separators=(",", ":")).encode


def _encode_field(value: object) -> str:
    """As JSON. Field by field, since the encoder takes ten times as long for an object as for a text."""
    return "null" if value is None else quote(value) if isinstance(value, str) else _encode(value)


# -- To the SDK: an orchestrator's context ------------------------------------------------------------------


def encode_event(event: HistoryEvent) -> str:
    """One history event as the SDK reads it: numbers for types, PascalCase names, ``IsPlayed`` always false.

    The SDK tells replayed events from new ones by the last ``OrchestratorStarted``, so ``IsPlayed`` carries
    nothing (``TaskOrchestrationExecutor._find_new_events_start_index``).
    """
    event_type, event_id, fields = _event_fields(event)
    members = "".join([f',"{name}":{_encode_field(value)}' for name, value in fields.items()])
    return (
        f'{{"EventType":{int(event_type)},"EventId":{event_id},"IsPlayed":false,'
        f'"Timestamp":"{format_time(event.timestamp)}"{members}}}'
    )


def encode_context(
    *,
    instance_id: str,
    parent_instance_id: str | None,
    input_text: str | None,
    encoded_history: Iterable[str],
) -> str:
    """The trigger value of an orchestrator.

    ``encoded_history`` comes from ``encode_event``, oldest first. Both timer durations are left out, so that
    the SDK makes one timer of any length instead of splitting long ones (it could not cancel those).
    """
    return (
        f'{{"history":[{",".join(encoded_history)}],"input":{_encode_field(input_text)},'
        f'"instanceId":{quote(instance_id)},"isReplaying":false,'
        f'"parentInstanceId":{_encode_field(parent_instance_id)},"upperSchemaVersion":1,"upperSchemaVersionNew":2,'
        '"defaultHttpAsyncRequestSleepTimeMillseconds":30000}'
    )


def encode_news(events: Iterable[HistoryEvent]) -> str:
    """What an orchestrator kept alive in an extended session is fed: what has happened since it was last run.

    Without the events that only tell what it has done itself: ``TaskOrchestrationExecutor.process_event`` passes
    over them.
    """
    return f"[{','.join(_news(events))}]"


def encode_following(events: Iterable[HistoryEvent], task_id: int) -> str:
    """As ``encode_news``, then an episode that begins with the success of a task; the worker adds the rest."""
    completed = _COMPLETED_TASK_0.replace('"TaskScheduledId":0', f'"TaskScheduledId":{task_id}')
    return f"[{','.join([*_news(events), _STARTED, completed])}]"


_NO_NEWS = frozenset({OrchestratorCompleted, TaskScheduled})


def _news(events: Iterable[HistoryEvent]) -> list[str]:
    return [encode_event(event) for event in events if type(event) not in _NO_NEWS]


def trigger_input(stored: str | None) -> str | None:
    """The text that ``context.get_input()`` decodes, from an instance's stored input.

    The SDK's client posts JSON text *as a JSON string*; a plain HTTP client posts the value itself. A stored
    string that holds JSON text is therefore unwrapped, anything else is handed over as it stands.
    """
    if stored is None or not stored.lstrip().startswith('"'):
        return stored
    inner = json.loads(stored)
    try:
        json.loads(inner)
    except (ValueError, RecursionError):
        return stored
    return str(inner)


def _event_fields(event: HistoryEvent) -> tuple[EventType, int, dict[str, Any]]:
    """Type number, event id and the type's own fields, named as the extension names them."""
    match event:
        case OrchestratorStarted():
            return EventType.ORCHESTRATOR_STARTED, -1, {}
        case OrchestratorCompleted():
            return EventType.ORCHESTRATOR_COMPLETED, -1, {}
        case TaskScheduled():
            return (
                EventType.TASK_SCHEDULED,
                event.event_id,
                {"Name": event.name, "Version": "", "Input": None},
            )
        case TaskCompleted():
            return (
                EventType.TASK_COMPLETED,
                -1,
                {"TaskScheduledId": event.task_scheduled_id, "Result": event.result},
            )
        case TaskFailed():
            return EventType.TASK_FAILED, -1, _failure_fields(event)
        case SubOrchestrationInstanceCreated():
            return (
                EventType.SUB_ORCHESTRATION_CREATED,
                event.event_id,
                {
                    "Name": event.name,
                    "Version": event.version,
                    "InstanceId": event.instance_id,
                    "Input": None,
                },
            )
        case SubOrchestrationInstanceCompleted():
            return (
                EventType.SUB_ORCHESTRATION_COMPLETED,
                -1,
                {"TaskScheduledId": event.task_scheduled_id, "Result": event.result},
            )
        case SubOrchestrationInstanceFailed():
            return EventType.SUB_ORCHESTRATION_FAILED, -1, _failure_fields(event)
        case TimerCreated():
            return EventType.TIMER_CREATED, event.event_id, {"FireAt": format_time(event.fire_at)}
        case TimerFired():
            return (
                EventType.TIMER_FIRED,
                -1,
                {"TimerId": event.timer_id, "FireAt": format_time(event.fire_at)},
            )
        case EventRaised():
            return EventType.EVENT_RAISED, -1, {"Name": event.name, "Input": event.input}
        case EventSent():
            return (
                EventType.EVENT_SENT,
                event.event_id,
                {"InstanceId": event.instance_id, "Name": "op", "Input": encode_request(event)},
            )
        case ExecutionStarted():
            return EventType.EXECUTION_STARTED, -1, _execution_started_fields(event)
        case ExecutionCompleted():
            return (
                EventType.EXECUTION_COMPLETED,
                event.event_id,
                {"OrchestrationStatus": STATUS_NUMBERS[event.status], "Result": event.result},
            )
        case ContinueAsNew():
            return EventType.CONTINUE_AS_NEW, event.event_id, {"Result": event.result}
        case ExecutionTerminated():
            return EventType.EXECUTION_TERMINATED, -1, {"Input": event.reason}
        case ExecutionSuspended():
            return EventType.EXECUTION_SUSPENDED, -1, {"Reason": event.reason}
        case ExecutionResumed():
            return EventType.EXECUTION_RESUMED, -1, {"Reason": event.reason}
        case ExecutionRewound():
            return EventType.EXECUTION_REWOUND, -1, {"Reason": event.reason}


def _failure_fields(event: TaskFailed | SubOrchestrationInstanceFailed) -> dict[str, Any]:
    return {
        "TaskScheduledId": event.task_scheduled_id,
        "Reason": event.reason,
        "Details": event.details,
        "FailureDetails": None,
    }


def _execution_started_fields(event: ExecutionStarted) -> dict[str, Any]:
    parent = event.parent
    return {
        "Name": event.name,
        "Version": event.version,
        "Input": event.input,
        "OrchestrationInstance": {"InstanceId": event.instance_id, "ExecutionId": event.execution_id},
        "ParentInstance": parent
        and {
            "Name": parent.name,
            "OrchestrationInstance": {"InstanceId": parent.instance_id, "ExecutionId": parent.execution_id},
            "TaskScheduleId": parent.task_scheduled_id,
            "Version": None,
        },
        "Tags": None,
        "ScheduledStartTime": None,
    }


_EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)
_STARTED = encode_event(OrchestratorStarted(timestamp=_EPOCH))
_COMPLETED_TASK_0 = encode_event(TaskCompleted(timestamp=_EPOCH, task_scheduled_id=0, result=None))


# -- From the SDK: an orchestrator's reply ------------------------------------------------------------------


def decode_reply(
    text: str, *, first_action: int = 0, first_timer: int = 0, canceled_timers: tuple[int, ...] = ()
) -> OrchestratorReply:
    """Read what ``Orchestrator.handle`` returned. Raises ReplyError on anything else.

    A reply out of an extended session lists the actions from number ``first_action`` on, the first timer in it is
    number ``first_timer``, and the earlier timers cancelled since the last reply are given beside it.
    """
    try:
        envelope = json.loads(text)
    except ValueError as error:
        raise ReplyError(f"the orchestrator's reply is not JSON: {error}") from error
    except RecursionError:
        raise ReplyError(NESTED_TOO_DEEPLY) from None
    return _decode_envelope(envelope, first_action, first_timer, canceled_timers)


def decode_failure(message: str) -> OrchestratorReply:
    """Read the message of the exception an orchestrator raised.

    With the label, everything asked for up to the failure is known; without it only the text is.
    """
    error, label, envelope = message.rpartition(OUT_OF_PROC_LABEL)
    if label:
        try:
            reply = _decode_envelope(json.loads(envelope))
        except (ValueError, RecursionError):  # the user's own text may contain the label
            return OrchestratorReply(is_done=False, actions=None, error=message)
        return reply if reply.error is not None else replace(reply, error=error)
    return OrchestratorReply(is_done=False, actions=None, error=message)


def _decode_envelope(
    envelope: Any, first_action: int = 0, first_timer: int = 0, canceled_timers: tuple[int, ...] = ()
) -> OrchestratorReply:
    if not isinstance(envelope, dict):
        raise ReplyError(f"the orchestrator's reply is not an object but {type(envelope).__name__}")
    try:
        # Schemas V2 and V3 send one inner list with everything, V1 one list per yield: flat, they are the same.
        actions = tuple([_decode_action(action) for step in envelope["actions"] for action in step])
        error = envelope.get("error")
        return OrchestratorReply(
            is_done=bool(envelope["isDone"]),
            actions=actions,
            first_action=first_action,
            canceled_timers=(*canceled_timers, *_canceled_timers(actions, first_timer)),
            output=_optional_json(envelope, "output"),
            custom_status=_optional_json(envelope, "customStatus"),
            error=None if error is None else str(error),
        )
    except KeyError as error:
        raise ReplyError(f"the orchestrator's reply lacks the field {error}") from error
    except RecursionError:
        raise ReplyError(NESTED_TOO_DEEPLY) from None


def _canceled_timers(actions: tuple[OrchestratorAction, ...], first: int) -> list[int]:
    timers = [leaf for leaf in leaves(actions) if isinstance(leaf, CreateTimer)]
    return [number for number, timer in enumerate(timers, first) if timer.is_canceled]


def _optional_json(envelope: Mapping[str, Any], key: str) -> str | None:
    value = envelope.get(key)
    return None if value is None else quote(value) if isinstance(value, str) else json.dumps(value)


def _decode_action(action: Mapping[str, Any]) -> OrchestratorAction:
    try:
        kind = ActionType(action["actionType"])
    except ValueError as error:
        raise ReplyError(f"unknown actionType {action['actionType']!r} in the orchestrator's reply") from error
    match kind:
        case ActionType.CALL_ACTIVITY | ActionType.CALL_ACTIVITY_WITH_RETRY:
            return CallActivity(
                name=action["functionName"], input=_text(action.get("input")), retry=_decode_retry(action)
            )
        case ActionType.CALL_SUB_ORCHESTRATOR | ActionType.CALL_SUB_ORCHESTRATOR_WITH_RETRY:
            return CallSubOrchestrator(
                name=action["functionName"],
                input=_text(action.get("input")),
                instance_id=action.get("instanceId") or None,
                version=action.get("version"),
                retry=_decode_retry(action),
            )
        case ActionType.CONTINUE_AS_NEW:
            return ContinueAsNewAction(input=_text(action.get("input")))
        case ActionType.CREATE_TIMER:
            return CreateTimer(
                fire_at=parse_time(action["fireAt"]), is_canceled=bool(action.get("isCanceled", False))
            )
        case ActionType.WAIT_FOR_EXTERNAL_EVENT:
            return WaitForExternalEvent(name=action["externalEventName"])
        case ActionType.CALL_ENTITY:
            return CallEntity(
                instance_id=action["instanceId"],
                operation=action["operation"],
                input=_text(action.get("input")),
            )
        case ActionType.SIGNAL_ENTITY | ActionType.SCHEDULED_SIGNAL_ENTITY:
            fire_at = action.get("fireAt")
            return SignalEntity(
                instance_id=action["instanceId"],
                operation=action["operation"],
                input=_text(action.get("input")),
                fire_at=parse_time(fire_at) if fire_at else None,
            )
        case ActionType.CALL_HTTP:
            return CallHttp(request=json.dumps(action["httpRequest"]))
        case ActionType.WHEN_ALL:
            return WhenAll(children=tuple(_decode_action(child) for child in action["compoundActions"]))
        case ActionType.WHEN_ANY:
            return WhenAny(children=tuple(_decode_action(child) for child in action["compoundActions"]))


def _decode_retry(action: Mapping[str, Any]) -> RetryOptions | None:
    options = action.get("retryOptions")
    if options is None:
        return None
    return RetryOptions(
        first_retry_interval_ms=int(options["firstRetryIntervalInMilliseconds"]),
        # DTFx would never schedule a task with no attempts, and the SDK counts at least one.
        max_number_of_attempts=max(1, int(options["maxNumberOfAttempts"])),
        backoff_coefficient=float(options.get("backoffCoefficient") or 1.0),
        max_retry_interval_ms=options.get("maxRetryIntervalInMilliseconds"),
        retry_timeout_ms=options.get("retryTimeoutInMilliseconds"),
    )


def _text(value: Any) -> str | None:
    """``input`` is JSON text; SDKs before 1.2 sent the value itself."""
    return value if value is None or isinstance(value, str) else json.dumps(value)
