"""Reading a history that the Durable management API exported, from any deployment.

The source is the status of one instance with ``showHistory=true&showHistoryOutput=true&showInput=true``. Such an
export leaves out what replay needs, so it is worked out again:

- *Ids*: everything that was scheduled is numbered in order of its time. Where two times are equal the order is
  only a guess, which ``funchost.testing.replay`` settles by asking today's code.
- *Links*: a timer is matched to its firing by the time it was set for; completions carry what they complete.
- *Episodes*: each completion gets an episode of its own, at its own time.

What cannot be worked out: in which episode something was asked for, how actions were grouped by ``task_all`` and
``task_any``, which external events were waited for, which timers were cancelled, and the ids of
sub-orchestrations. A replay of an export does not compare these.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, TypeAlias

from funchost.model import history as h
from funchost.model.status import RuntimeStatus
from funchost.wire.golden import GoldenError, GoldenHistory
from funchost.wire.out_of_proc import trigger_input
from funchost.wire.timestamps import parse_time

HOW_TO_EXPORT = "export it again with showHistory=true&showHistoryOutput=true&showInput=true"
Scheduling: TypeAlias = h.TaskScheduled | h.SubOrchestrationInstanceCreated | h.TimerCreated | h.EventSent

_TICK = timedelta(microseconds=1)
_TASKS = {"TaskCompleted", "TaskFailed"}
_IGNORED = {"OrchestratorStarted", "OrchestratorCompleted", "HistoryState"}


def is_export(content: Any) -> bool:
    """Whether parsed JSON is an instance's status with its history."""
    return isinstance(content, dict) and "runtimeStatus" in content and "historyEvents" in content


def decode_export(content: Mapping[str, Any]) -> GoldenHistory:
    """The history that a status object tells. Raises GoldenError naming what is missing in it."""
    items = content["historyEvents"]
    if not isinstance(items, list) or not items:
        raise GoldenError("its historyEvents are empty: the instance has not run yet")
    try:
        name, instance_id = str(content["name"]), str(content["instanceId"])
        status = RuntimeStatus(content["runtimeStatus"])
        value = content["input"]
        if value is None and not any(_kind(item) == "ExecutionStarted" and "Input" in item for item in items):
            raise GoldenError(f"the inputs are missing: {HOW_TO_EXPORT}")
        stored = None if value is None else json.dumps(value)
        reading = _Reading(name, instance_id, stored)
        for position, item in enumerate(items):
            reading.take(item, position)
    except KeyError as missing:
        raise GoldenError(f"it lacks the key {missing}: {HOW_TO_EXPORT}") from None
    except (TypeError, AttributeError) as error:
        raise GoldenError(f"it is not a status with history ({error}): {HOW_TO_EXPORT}") from None
    return GoldenHistory(
        name=name,
        instance_id=instance_id,
        execution_id="",
        version="",
        status=status,
        input=trigger_input(stored),
        events=reading.events(),
        written_by="the management API",
        is_reconstructed=True,
        # funchost repeats the history under the name that the SDK reads; the extension does not.
        from_extension="history" not in content,
    )


@dataclass(slots=True)
class _Scheduled:
    """Something that was scheduled: when, in which place of the export it shows, and its event but for the id.

    ``when`` is the text of the time: .NET tells tenths of a microsecond, by which things of one episode differ.
    """

    when: str
    position: int
    event: Scheduling
    number: int = -1


@dataclass(slots=True)
class _Happened:
    """Something that came in: its event but for the link to what it answers."""

    event: h.HistoryEvent
    answers: _Scheduled | None = None


class _Reading:
    def __init__(self, name: str, instance_id: str, stored_input: str | None) -> None:
        self._name, self._instance_id, self._input = name, instance_id, stored_input
        self._scheduled: list[_Scheduled] = []
        self._happened: list[_Happened] = []
        self._open_timers: list[_Scheduled] = []
        self._calls: dict[str, _Scheduled] = {}
        self._last: h.ExecutionCompleted | None = None

    def take(self, item: Mapping[str, Any], position: int) -> None:
        kind = _kind(item)
        if kind in _IGNORED:
            return
        at = parse_time(item["Timestamp"])
        match kind:
            case "ExecutionStarted":
                self._happened.append(_Happened(self._started(at)))
            case "ExecutionCompleted":
                self._last = h.ExecutionCompleted(
                    timestamp=at,
                    event_id=-1,
                    status=RuntimeStatus(item["OrchestrationStatus"]),
                    result=_dumped(item.get("Result")),
                )
            case "TaskScheduled" | "SubOrchestrationInstanceCreated":
                self._schedule(item["Timestamp"], position, self._task(kind, at, item["Name"], item.get("Input")))
            case "TimerCreated":
                timer = h.TimerCreated(timestamp=at, event_id=-1, fire_at=parse_time(item["FireAt"]))
                self._open_timers.append(self._schedule(item["Timestamp"], position, timer))
            case "EventSent":
                sent = _sent(at, item)
                self._calls[sent.request_id] = self._schedule(item["Timestamp"], position, sent)
            case "TimerFired":
                self._fired(at, parse_time(item["FireAt"]))
            case "EventRaised":
                raised = h.EventRaised(timestamp=at, name=item["Name"], input=_as_text(item.get("Input")))
                self._happened.append(_Happened(raised, self._calls.get(raised.name)))
            case (
                "TaskCompleted"
                | "TaskFailed"
                | "SubOrchestrationInstanceCompleted"
                | "SubOrchestrationInstanceFailed"
            ):
                self._completed(kind, at, position, item)
            case "ExecutionSuspended":
                self._happened.append(_Happened(h.ExecutionSuspended(timestamp=at, reason=_reason(item))))
            case "ExecutionResumed":
                self._happened.append(_Happened(h.ExecutionResumed(timestamp=at, reason=_reason(item))))
            case "ExecutionTerminated":
                self._happened.append(_Happened(h.ExecutionTerminated(timestamp=at, reason=_reason(item))))
            case _:
                raise GoldenError(
                    f"event number {position + 1} is {kind}, after which the order of things cannot be worked out"
                )

    def events(self) -> tuple[h.HistoryEvent, ...]:
        """Everything taken, numbered and laid out in episodes; what was scheduled stands before its answer."""
        self._scheduled.sort(key=lambda one: (one.event.timestamp, _fraction(one.when), one.position))
        for number, one in enumerate(self._scheduled):
            one.number = number
        answered = {id(came.answers) for came in self._happened if came.answers is not None}
        laid_out: list[h.HistoryEvent] = []
        last: datetime | None = None
        for came in self._happened:
            if came.answers is not None:
                laid_out.append(replace(came.answers.event, event_id=came.answers.number))
            if last is not None:
                laid_out.append(h.OrchestratorCompleted(timestamp=last))
            last = _episode_time(came.event, last)
            laid_out += [h.OrchestratorStarted(timestamp=last), _linked(came)]
        laid_out += [replace(one.event, event_id=one.number) for one in self._scheduled if id(one) not in answered]
        if self._last is not None:
            laid_out.append(replace(self._last, event_id=len(self._scheduled)))
        if last is not None:
            laid_out.append(h.OrchestratorCompleted(timestamp=last))
        return tuple(laid_out)

    # -- One kind each --------------------------------------------------------------------------------------

    def _started(self, at: datetime) -> h.ExecutionStarted:
        return h.ExecutionStarted(
            timestamp=at,
            name=self._name,
            version="",
            input=self._input,
            instance_id=self._instance_id,
            execution_id="",
        )

    def _schedule(self, when: str, position: int, event: Scheduling) -> _Scheduled:
        one = _Scheduled(when, position, event)
        self._scheduled.append(one)
        return one

    def _task(self, kind: str, when: datetime, name: str, value: Any) -> Scheduling:
        if kind == "TaskScheduled":
            return h.TaskScheduled(timestamp=when, event_id=-1, name=name, input=_as_text(value))
        return h.SubOrchestrationInstanceCreated(
            timestamp=when, event_id=-1, name=name, version="", instance_id="", input=_as_text(value)
        )

    def _completed(self, kind: str, at: datetime, position: int, item: Mapping[str, Any]) -> None:
        when = parse_time(item["ScheduledTime"])
        is_task = kind in _TASKS
        scheduling = "TaskScheduled" if is_task else "SubOrchestrationInstanceCreated"
        cause = self._schedule(
            item["ScheduledTime"], position, self._task(scheduling, when, item["FunctionName"], item.get("Input"))
        )
        event: h.HistoryEvent
        if kind.endswith("Failed"):
            failed = h.TaskFailed if is_task else h.SubOrchestrationInstanceFailed
            event = failed(
                timestamp=at, task_scheduled_id=-1, reason=str(item.get("Reason")), details=item.get("Details")
            )
        else:
            completed = h.TaskCompleted if is_task else h.SubOrchestrationInstanceCompleted
            event = completed(timestamp=at, task_scheduled_id=-1, result=_dumped(item["Result"]))
        self._happened.append(_Happened(event, cause))

    def _fired(self, at: datetime, fire_at: datetime) -> None:
        timer = next((one for one in self._open_timers if _fire_at(one) == fire_at), None)
        if timer is None:
            raise GoldenError(f"a timer fired that was set for {fire_at.isoformat()}, but none was created")
        self._open_timers.remove(timer)
        fired = h.TimerFired(timestamp=at, timer_id=-1, fire_at=fire_at)
        self._happened.append(_Happened(fired, timer))


def _fraction(time: str) -> str:
    return time.partition(".")[2].rstrip("Z").ljust(9, "0")


def _kind(item: Mapping[str, Any]) -> str:
    return str(item["EventType"])


def _fire_at(timer: _Scheduled) -> datetime:
    assert isinstance(timer.event, h.TimerCreated)
    return timer.event.fire_at


def _linked(one: _Happened) -> h.HistoryEvent:
    """The event with the number of what it answers."""
    match one.event:
        case h.TimerFired() if one.answers is not None:
            return replace(one.event, timer_id=one.answers.number)
        case (
            h.TaskCompleted()
            | h.TaskFailed()
            | h.SubOrchestrationInstanceCompleted()
            | h.SubOrchestrationInstanceFailed()
        ) if one.answers is not None:
            return replace(one.event, task_scheduled_id=one.answers.number)
        case event:
            return event


def _episode_time(event: h.HistoryEvent, last: datetime | None) -> datetime:
    """When the episode that takes an event began, as near as can be told; it always grows."""
    time = event.fire_at if isinstance(event, h.TimerFired) else event.timestamp
    time = max(time, event.timestamp)
    return time if last is None else max(time, last + _TICK)


def _sent(at: datetime, item: Mapping[str, Any]) -> h.EventSent:
    try:
        request = json.loads(item["Input"]) if isinstance(item.get("Input"), str) else item["Input"]
        return h.EventSent(
            timestamp=at,
            event_id=-1,
            instance_id=item["InstanceId"],
            operation=str(request.get("op")),
            input=request.get("input"),
            request_id=str(request["id"]),
            is_signal=bool(request.get("signal")),
        )
    except (ValueError, KeyError, AttributeError):
        raise GoldenError(f"a message to {item.get('InstanceId')} has no readable Input: {HOW_TO_EXPORT}") from None


def _reason(item: Mapping[str, Any]) -> str:
    return str(item.get("Reason") or item.get("Input") or "")


def _as_text(value: Any) -> str | None:
    """An input, which the export has as the text it is; some backends parse it."""
    return value if value is None or isinstance(value, str) else json.dumps(value)


def _dumped(value: Any) -> str | None:
    return None if value is None else json.dumps(value)
