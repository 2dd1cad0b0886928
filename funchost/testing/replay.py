"""Replaying a saved history against today's code: does it still ask for what it asked for then?

The orchestrator runs over the recorded events as the engine would run it, with the recorded results; no activity
runs. What it asks for is compared with the record: kinds, names and nesting of actions, the episode in which each
was asked for, cancelled timers, and how it ends. Inputs, times and the output may change freely, as they may for
instances that run.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import groupby, zip_longest
from typing import Any

from funchost.model import history as h
from funchost.model.status import RuntimeStatus
from funchost.testing.observed import Asked, Observation, Position, observe
from funchost.wire.golden import GoldenHistory
from funchost.wire.out_of_proc import encode_context, encode_event

HTTP_ACTIVITY = "BuiltIn::HttpActivity"
LONG_TIMERS = {"longRunningTimerIntervalDuration": "3.00:00:00", "maximumShortTimerDuration": "6.00:00:00"}
"""What the extension sends beside a history; the SDK then makes several timers of a long one."""


@dataclass(frozen=True, slots=True)
class Row:
    """Something asked for then and now. None: nothing (any more). Episodes count from 1; 0: not known."""

    recorded: str | None
    actual: str | None
    episode: int
    actual_episode: int
    position: Position | None

    @property
    def agrees(self) -> bool:
        return self.recorded == self.actual and self.episode == self.actual_episode


@dataclass(frozen=True, slots=True)
class Departure:
    """Today's code parts from the record at ``rows[at]``.

    ``stands_at`` is the line at which the code stood in the end, ``failure`` the traceback where it failed.
    """

    rows: tuple[Row, ...]
    at: int
    stands_at: Position | None
    failure: str


def replay(handle: Callable[[Any], str], history: GoldenHistory) -> Departure | None:
    """Run an orchestrator, as the SDK registers it, over a history. None: it does as it did."""
    if history.is_reconstructed:
        return _replay_export(handle, history)
    observed = _observe(handle, history)
    return _departure(_recorded(history), _actual(observed, history.events), observed)


def _observe(handle: Callable[[Any], str], history: GoldenHistory) -> Observation:
    shown = [e for e in history.events if not isinstance(e, h.ExecutionCompleted | h.ContinueAsNew)]
    if isinstance(shown[-1], h.OrchestratorCompleted):
        shown.pop()  # the last episode is the one that runs
    context = encode_context(
        instance_id=history.instance_id,
        parent_instance_id=history.parent.instance_id if history.parent else None,
        input_text=history.input,
        encoded_history=map(encode_event, shown),
    )
    if history.from_extension:
        context = json.dumps(json.loads(context) | LONG_TIMERS)
    return observe(handle, context, [e.timestamp for e in shown if isinstance(e, h.OrchestratorStarted)])


# -- Histories saved by funchost ----------------------------------------------------------------------------

_Step = tuple[str, int, Position | None]
"""What was asked for, the episode, and where."""


def _recorded(history: GoldenHistory) -> list[_Step]:
    """Everything the record says was asked for, in order."""
    timers = [e.event_id for e in history.events if isinstance(e, h.TimerCreated) and e.retry_of is None]
    ending = _recorded_ending(history)
    steps: list[_Step] = []
    episode, has_ended = 0, False
    for event in history.events:
        match event:
            case h.OrchestratorStarted():
                episode += 1
            case h.OrchestratorCompleted():
                steps += [(text, episode, None) for text in event.actions]
                numbers = sorted(timers.index(timer) for timer in event.canceled_timers)
                steps += [(f"cancel of timer {number + 1}", episode, None) for number in numbers]
                continued = bool(steps) and steps[-1][0] == "continue-as-new"
                is_last = event is history.events[-1] and history.status.is_terminal
                if ending and not has_ended and not continued and (event.has_returned or is_last):
                    steps.append((ending, episode, None))
                    has_ended = True
            case _:
                pass
    return steps


def _recorded_ending(history: GoldenHistory) -> str | None:
    """How the code ended, if it was the code that ended it; whether it failed is not known before the end."""
    last = next((e for e in reversed(history.events) if isinstance(e, h.ExecutionCompleted)), None)
    if last is not None and last.status is RuntimeStatus.COMPLETED:
        return "returns"
    if last is not None and last.status is RuntimeStatus.FAILED:
        by_code = history.is_reconstructed or "failed: " in str(last.result).partition("\\n")[0]
        return "fails" if by_code else None
    returned = any(isinstance(e, h.OrchestratorCompleted) and e.has_returned for e in history.events)
    return "returns" if returned else None


def _actual(observed: Observation, events: Iterable[h.HistoryEvent]) -> list[_Step]:
    """Everything the run asked for, in the same order as the record."""
    fired = {e.timer_id for e in events if isinstance(e, h.TimerFired)}
    timers = [e.event_id for e in events if isinstance(e, h.TimerCreated) and e.retry_of is None]
    # A timer that fired in the very episode that cancels it counts as fired, as in the engine.
    cancels = sorted((n, c) for n, c in observed.cancels if n >= len(timers) or timers[n] not in fired)
    steps = [_step(asked) for asked in (*observed.actions, *(asked for _, asked in cancels))]
    if observed.ending is not None:
        steps.append(_step(observed.ending))
    return sorted(steps, key=lambda step: step[1])  # by episode, else as they stand


def _step(asked: Asked) -> _Step:
    return asked.text, asked.episode, asked.position


def _departure(recorded: list[_Step], actual: list[_Step], observed: Observation) -> Departure | None:
    rows = []
    nothing: _Step = ("", 0, None)
    for before, now in zip_longest(recorded, actual, fillvalue=nothing):
        rows.append(Row(before[0] or None, now[0] or None, before[1], now[1], now[2]))
    at = next((number for number, row in enumerate(rows) if not row.agrees), None)
    if at is None:
        return None
    return Departure(tuple(rows), at, observed.stands_at, observed.failure)


# -- Histories exported by the management API ---------------------------------------------------------------


def _replay_export(handle: Callable[[Any], str], history: GoldenHistory) -> Departure | None:
    """As ``replay``, comparing what an export tells: what each sequence number stands for, and the end."""
    observed = _observe(handle, history)
    for _ in history.events:  # each turn settles one more group of equal times, so this many are enough
        ordered = _in_todays_order(history, observed)
        if ordered is history:
            break
        history = ordered
        observed = _observe(handle, history)
    recorded: list[_Step] = [(_name(event), 0, None) for event in _numbered(history)]
    known = dict(enumerate(recorded))
    actual: list[_Step] = []
    for number in range(max([-1, *observed.numbered]) + 1):
        text, _, position = observed.numbered.get(number, (None, None, None))
        actual.append((text or known.get(number, ("?",))[0], 0, position))
    if (ending := _recorded_ending(history)) is not None:
        recorded.append((ending, 0, None))
    if observed.ending is not None:
        actual.append((observed.ending.text, 0, observed.ending.position))
    return _departure(recorded, actual, observed)


def _numbered(history: GoldenHistory) -> list[Any]:
    """Everything that was scheduled, by its number."""
    kinds = h.TaskScheduled | h.SubOrchestrationInstanceCreated | h.TimerCreated | h.EventSent
    return sorted((e for e in history.events if isinstance(e, kinds)), key=lambda e: e.event_id)


def _name(event: Any) -> str:
    """What was scheduled, as ``engine.actions.digest`` has it."""
    match event:
        case h.TaskScheduled():
            return "HTTP call" if event.name == HTTP_ACTIVITY else f"activity {event.name}"
        case h.SubOrchestrationInstanceCreated():
            return f"sub-orchestration {event.name}"
        case h.EventSent(is_signal=True):
            return f"signal of {event.operation} to {event.instance_id}"
        case h.EventSent():
            return f"call of {event.operation} on {event.instance_id}"
        case _:
            return "timer"


def _in_todays_order(history: GoldenHistory, observed: Observation) -> GoldenHistory:
    """The history with things scheduled at one time in the order in which the code asks for them.

    Only the first group that is out of order is put right: what follows it may change with it. The history itself
    where all are right, or where no order is.
    """
    numbers: dict[int, int] = {}
    for _, group in groupby(_numbered(history), key=_scheduled_at):
        tied = list(group)
        free = list(tied)
        taken: list[Any] = []
        for number in (event.event_id for event in tied):
            best = max(free, key=lambda event: _likeness(event, observed.numbered.get(number), number))
            free.remove(best)
            taken.append(best)
        numbers = {
            event.event_id: number
            for event, number in zip(taken, (event.event_id for event in tied), strict=True)
            if event.event_id != number
        }
        if numbers:
            break
    if not numbers:
        return history
    return replace(history, events=tuple(_renumbered(event, numbers) for event in history.events))


def _scheduled_at(event: Any) -> datetime:
    time: datetime = event.timestamp
    return time


def _likeness(event: Any, asked: tuple[str | None, str | None, Position | None] | None, number: int) -> Any:
    """How well a recorded event fits what the code asks for under a number; its own number breaks a tie."""
    text, value = asked[:2] if asked is not None else (None, None)
    same_name = text is not None and _name(event) == text
    same_input = same_name and value is not None and _same_json(getattr(event, "input", None), value)
    return same_name, same_input, event.event_id == number


def _same_json(one: str | None, other: str) -> bool:
    try:
        return one is not None and bool(json.loads(one) == json.loads(other))
    except ValueError:
        return one == other


def _renumbered(event: h.HistoryEvent, numbers: dict[int, int]) -> h.HistoryEvent:
    match event:
        case h.TaskScheduled() | h.SubOrchestrationInstanceCreated() | h.TimerCreated() | h.EventSent():
            return replace(event, event_id=numbers.get(event.event_id, event.event_id))
        case (
            h.TaskCompleted()
            | h.TaskFailed()
            | h.SubOrchestrationInstanceCompleted()
            | h.SubOrchestrationInstanceFailed()
        ):
            return replace(event, task_scheduled_id=numbers.get(event.task_scheduled_id, event.task_scheduled_id))
        case h.TimerFired():
            return replace(event, timer_id=numbers.get(event.timer_id, event.timer_id))
        case _:
            return event
