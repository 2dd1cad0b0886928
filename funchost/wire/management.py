"""The JSON of the Durable HTTP API: status objects, clean history, entities, check-status payloads, errors.

Bodies are compact JSON with the extension's names in the extension's order. Times in status objects are whole
seconds, ``2026-01-02T03:04:05Z``; times inside ``historyEvents`` keep their fraction.

Source: Azure/azure-functions-durable-extension ``HttpApiHandler.cs``, ``StatusResponsePayload.cs`` and
``ContextImplementations/DurableClient.cs`` (the history clean-up).
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timezone
from typing import Any, TypeAlias
from urllib.parse import quote_plus

from funchost.model import history as h
from funchost.model.entities import EntityId
from funchost.model.records import EntityRecord, InstanceRecord
from funchost.model.status import RuntimeStatus
from funchost.wire.entity_batch import encode_request
from funchost.wire.timestamps import format_time, parse_time

# -- Values -------------------------------------------------------------------------------------------------


def decode_value(text: str | None) -> Any:
    """A stored text as the API shows it: parsed once where it is JSON, else the text itself.

    So the input of an instance that the SDK started, JSON text of JSON text, shows as a string.
    """
    if text is None:
        return None
    try:
        return json.loads(text, parse_constant=str)  # NaN and its like, which no JSON has, are shown as texts
    except (ValueError, RecursionError):  # ValueError also covers integers of more than 4300 digits
        return text


def dump(value: Any) -> bytes:
    """Compact JSON in UTF-8. Raises RecursionError for values nested too deeply to be written."""
    try:
        return json.dumps(value, separators=(",", ":"), ensure_ascii=False).encode()
    except UnicodeEncodeError:  # half of a surrogate pair, which JSON can escape and UTF-8 cannot hold
        return json.dumps(value, separators=(",", ":")).encode()


# -- Instances ----------------------------------------------------------------------------------------------


def encode_status(
    record: InstanceRecord,
    *,
    show_input: bool = True,
    history: Sequence[h.HistoryEvent] | None = None,
    show_history_output: bool = False,
    show_links: bool = False,
) -> dict[str, Any]:
    """The status object of one instance.

    Args:
        history: Events of the current execution, oldest first, or None where no history was asked for.
        show_links: Tell the ids of parent and children as well, which the extension leaves out.
    """
    status: dict[str, Any] = {
        "name": record.name,
        "instanceId": record.instance_id,
        "runtimeStatus": record.runtime_status.value,
        "input": decode_value(record.input) if show_input else None,
        "customStatus": decode_value(record.custom_status),
        "output": decode_value(record.output),
        "createdTime": _whole_seconds(record.created_at),
        "lastUpdatedTime": _whole_seconds(record.last_updated_at),
    }
    if show_links:
        status["parentInstanceId"] = record.parent.instance_id if record.parent else None
    if history is not None:
        events = encode_history(
            history, show_input=show_input, show_output=show_history_output, show_links=show_links
        )
        # The extension says historyEvents, but the SDK's ``status.history`` reads a key ``history``.
        status |= {"historyEvents": events, "history": events}
    return status


def dump_status(
    record: InstanceRecord,
    *,
    show_input: bool = True,
    history: Sequence[h.HistoryEvent] | None = None,
    show_history_output: bool = False,
    show_links: bool = False,
) -> bytes:
    """``encode_status`` as a body. Values nested too deeply for JSON are shown as their stored text."""
    status = encode_status(
        record,
        show_input=show_input,
        history=history,
        show_history_output=show_history_output,
        show_links=show_links,
    )
    try:
        return dump(status)
    except RecursionError:
        flat = {"input": record.input, "customStatus": record.custom_status, "output": record.output}
        events = encode_history(history or (), show_input=show_input, show_output=False, show_links=show_links)
        shown = {"historyEvents": events, "history": events} if history is not None else {}
        return dump({**status, **flat, **shown} | ({} if show_input else {"input": None}))


def decode_status(status: Mapping[str, Any]) -> InstanceRecord:
    """Read a status object back, as a client needs it.

    The API tells neither execution id, version nor parent, so those are empty. Raises ValueError naming the
    key that is missing or not of this format.
    """
    try:
        return InstanceRecord(
            instance_id=status["instanceId"],
            execution_id="",
            name=status["name"],
            version="",
            runtime_status=RuntimeStatus(status["runtimeStatus"]),
            input=_encode_value(status["input"]),
            output=_encode_value(status["output"]),
            custom_status=_encode_value(status["customStatus"]),
            created_at=parse_time(status["createdTime"]),
            last_updated_at=parse_time(status["lastUpdatedTime"]),
        )
    except KeyError as missing:
        raise ValueError(f"a status object needs the key {missing}") from None


def _encode_value(value: Any) -> str | None:
    return None if value is None else json.dumps(value)


def _whole_seconds(moment: datetime) -> str:
    return moment.astimezone(timezone.utc).replace(tzinfo=None).isoformat(timespec="seconds") + "Z"


# -- History ------------------------------------------------------------------------------------------------


def encode_history(
    events: Iterable[h.HistoryEvent], *, show_input: bool, show_output: bool, show_links: bool = False
) -> list[dict[str, Any]]:
    """``historyEvents``: the history with each completion joined to what it completes.

    Episode marks are left out. A scheduling event goes once its completion is there, which then carries its
    time, name and input (with ``show_links``, a child's instance id too); an unfinished one stays. Inputs are the
    stored texts, results are parsed.
    """
    events = list(events)
    answered = {_answers(event) for event in events}
    scheduled: dict[_Key | None, _Scheduling] = {}
    for event in events:
        if isinstance(event, (h.TaskScheduled, h.SubOrchestrationInstanceCreated)):
            scheduled[type(event), event.event_id] = event
    shown = []
    for event in events:
        if isinstance(event, (h.OrchestratorStarted, h.OrchestratorCompleted)):
            continue
        if isinstance(event, (h.TaskScheduled, h.SubOrchestrationInstanceCreated)) and (
            (type(event), event.event_id) in answered
        ):
            continue
        item = {"EventType": type(event).__name__, **_own_fields(event, show_output=show_output)}
        item["Timestamp"] = format_time(event.timestamp)
        if (cause := scheduled.get(_answers(event))) is not None:
            item |= {"ScheduledTime": format_time(cause.timestamp), "FunctionName": cause.name}
            item["Input"] = cause.input
            if show_links and isinstance(cause, h.SubOrchestrationInstanceCreated):
                item["InstanceId"] = cause.instance_id
        if not show_input:
            item.pop("Input", None)
        shown.append(item)
    return shown


_Key: TypeAlias = tuple[type, int]
_Scheduling: TypeAlias = h.TaskScheduled | h.SubOrchestrationInstanceCreated


def _answers(event: h.HistoryEvent) -> _Key | None:
    """The key of the scheduling event that this event completes, if it completes one."""
    match event:
        case h.TaskCompleted() | h.TaskFailed():
            return h.TaskScheduled, event.task_scheduled_id
        case h.SubOrchestrationInstanceCompleted() | h.SubOrchestrationInstanceFailed():
            return h.SubOrchestrationInstanceCreated, event.task_scheduled_id
        case _:
            return None


def _own_fields(event: h.HistoryEvent, *, show_output: bool) -> dict[str, Any]:
    """What an event carries besides its type and timestamp, under the extension's names.

    There is no default case, so that mypy finds an event that is forgotten here.
    """
    match event:
        case h.OrchestratorStarted() | h.OrchestratorCompleted():
            return {}
        case h.ExecutionStarted():
            return {"Input": event.input, "FunctionName": event.name}
        case h.ExecutionCompleted():
            return {"OrchestrationStatus": event.status.value, **_result(event.result, show_output)}
        case h.ExecutionTerminated():
            return {"Input": event.reason}
        case h.ExecutionSuspended() | h.ExecutionResumed() | h.ExecutionRewound():
            return {"Reason": event.reason}
        case h.ContinueAsNew():
            return _result(event.result, show_output)
        case h.TaskScheduled():
            return {"Name": event.name, "Input": event.input}
        case h.SubOrchestrationInstanceCreated():
            return {"Name": event.name, "InstanceId": event.instance_id, "Input": event.input}
        case h.TaskCompleted() | h.SubOrchestrationInstanceCompleted():
            return _result(event.result, show_output)
        case h.TaskFailed() | h.SubOrchestrationInstanceFailed():
            return {"Reason": event.reason, "Details": event.details, "FailureDetails": None}
        case h.TimerCreated() | h.TimerFired():
            return {"FireAt": format_time(event.fire_at)}
        case h.EventSent():
            return {"InstanceId": event.instance_id, "Name": "op", "Input": encode_request(event)}
        case h.EventRaised():
            return {"Name": event.name, "Input": event.input}


def _result(text: str | None, show_output: bool) -> dict[str, Any]:
    return {"Result": decode_value(text)} if show_output else {}


# -- Entities -----------------------------------------------------------------------------------------------


def encode_entity(record: EntityRecord, *, fetch_state: bool) -> dict[str, Any]:
    """One item of an entity listing."""
    return {
        "entityId": {"name": record.entity_id.name, "key": record.entity_id.key},
        "lastOperationTime": format_time(record.last_operation_at),
        "state": decode_value(record.state) if fetch_state else None,
    }


def decode_entity(item: Mapping[str, Any]) -> EntityRecord:
    """Read an item of an entity listing back. Raises ValueError naming a missing key."""
    try:
        return EntityRecord(
            entity_id=EntityId(item["entityId"]["name"], item["entityId"]["key"]),
            exists=True,
            state=_encode_value(item["state"]),
            last_operation_at=parse_time(item["lastOperationTime"]),
        )
    except KeyError as missing:
        raise ValueError(f"an entity item needs the key {missing}") from None


def encode_entity_status(record: EntityRecord, *, show_input: bool) -> dict[str, Any]:
    """An entity seen as an instance, which is how the status route answers for an id like ``@counter@a``.

    The extension keeps the state of an entity in the input of a never-ending orchestration of that id. The
    time of creation is not kept here, so both times are that of the last operation.
    """
    moment = _whole_seconds(record.last_operation_at)
    return {
        "name": f"@{record.entity_id.name}",
        "instanceId": str(record.entity_id),
        "runtimeStatus": RuntimeStatus.RUNNING.value,
        "input": {"exists": record.exists, "state": record.state} if show_input else None,
        "customStatus": {"entityExists": record.exists},
        "output": None,
        "createdTime": moment,
        "lastUpdatedTime": moment,
    }


# -- URLs ---------------------------------------------------------------------------------------------------

_OPERATION_PATHS = {
    "statusQueryGetUri": "",
    "sendEventPostUri": "/raiseEvent/{eventName}",
    "terminatePostUri": "/terminate?reason={text}",
    "rewindPostUri": "/rewind?reason={text}",
    "purgeHistoryDeleteUri": "",
    "restartPostUri": "/restart",
    "suspendPostUri": "/suspend?reason={text}",
    "resumePostUri": "/resume?reason={text}",
}


def encode_url_part(text: str) -> str:
    """Percent-encode a path or query value as .NET's ``WebUtility.UrlEncode`` does: a space becomes ``+``."""
    return quote_plus(text, safe="-_.!*()", errors="replace")


def encode_management_urls(base_url: str, url_id: str, query: str) -> dict[str, str]:
    """The URLs by which one instance is managed, in the extension's order, ``rewindPostUri`` included.

    Args:
        base_url: ``http://localhost:7071/runtime/webhooks/durabletask``, without a slash at the end.
        url_id: Instance id as it stands in a URL, already encoded.
        query: Hub, connection and key as one query text; ``{eventName}`` and ``{text}`` stay for the caller.
    """
    urls = {}
    for name, path in _OPERATION_PATHS.items():
        joint = "&" if "?" in path else "?"
        urls[name] = f"{base_url}/instances/{url_id}{path}{joint}{query}"
    return urls


def encode_check_status(base_url: str, instance_id: str, query: str) -> dict[str, str]:
    """The body of a 202 after start and restart. It has no ``rewindPostUri``, unlike the SDK's own payload."""
    urls = encode_management_urls(base_url, encode_url_part(instance_id), query)
    del urls["rewindPostUri"]
    return {"id": instance_id, **urls}


# -- Errors -------------------------------------------------------------------------------------------------


def encode_error(
    message: str, *, exception_message: str | None = None, exception_type: str = "System.ArgumentException"
) -> dict[str, Any]:
    """An error body; the exception fields come only with an ``exception_message``.

    There is no .NET stack to show, so ``StackTrace`` is null.
    """
    error: dict[str, Any] = {"Message": message}
    if exception_message is not None:
        error |= {
            "ExceptionMessage": exception_message,
            "ExceptionType": exception_type,
            "StackTrace": None,
        }
    return error


def decode_error(body: Any) -> str:
    """The most telling text of an error body: an object with messages, or a bare string."""
    if isinstance(body, Mapping):
        return str(body.get("ExceptionMessage") or body.get("Message") or dict(body))
    return str(body)
