"""What a crash test found, and how it says so."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from funchost.model import history as h
from funchost.model.entities import EntityRequest
from funchost.store.base import Change

BEFORE, AFTER = "right before", "right after"
LONGEST_VALUE = 120
POINTS_SHOWN = 3


@dataclass(frozen=True, slots=True)
class Ended:
    """How a run ended. ``runs``: how often each activity ran, by name and the text of its input.

    ``compared`` is what is compared with the other runs. ``waits`` says what an instance that did not end waits
    for. ``changes`` are its commits.
    """

    status: str
    output: Any
    compared: Any
    waits: str
    runs: Mapping[tuple[str, str], int]
    changes: tuple[Change, ...]


@dataclass(frozen=True, slots=True)
class CrashPoint:
    """One death: at which commit (from 1), at which moment of it, what the commit held, and how it ended."""

    commit: int
    moment: str
    what: str
    ended: Ended

    def __str__(self) -> str:
        return f"{self.moment} commit {self.commit} ({self.what})"


@dataclass(frozen=True, slots=True)
class RunAgain:
    """An activity that ran more often than without a crash. ``times`` is the most in any run."""

    name: str
    input: Any
    times: int
    crashes: tuple[CrashPoint, ...]

    def __str__(self) -> str:
        shown = [str(point) for point in self.crashes[:POINTS_SHOWN]]
        more = len(self.crashes) - len(shown)
        points = "; ".join(shown) + (f"; and {more} more" if more > 0 else "")
        return f"{self.name}({_short(self.input)}) ran {self.times} times: {points}"


@dataclass(frozen=True, slots=True)
class CrashReport:
    """What came of a crash test. ``str(report)`` is the idempotency report.

    ``seconds`` is how long all runs took together.
    """

    name: str
    plain: Ended
    points: tuple[CrashPoint, ...]
    seconds: float

    @property
    def output(self) -> Any:
        """The output, which was the same in every run that ``differing`` does not name."""
        return self.plain.output

    @property
    def commits(self) -> int:
        """How many commits the run without a crash made; a crash was tried before and after each."""
        return len(self.plain.changes)

    @property
    def differing(self) -> tuple[CrashPoint, ...]:
        """The crashes after which it did not end as it does without one."""
        return tuple(point for point in self.points if not self._is_same(point.ended))

    @property
    def run_again(self) -> tuple[RunAgain, ...]:
        """The activities that some crash made run again: these have to stand it."""
        found: dict[tuple[str, str], list[CrashPoint]] = defaultdict(list)
        times: dict[tuple[str, str], int] = {}
        for point in self.points:
            for activity, count in point.ended.runs.items():
                if count > self.plain.runs.get(activity, 0):
                    found[activity].append(point)
                    times[activity] = max(count, times.get(activity, 0))
        return tuple(
            RunAgain(name, _parsed(text), times[name, text], tuple(points))
            for (name, text), points in sorted(found.items())
        )

    def _is_same(self, ended: Ended) -> bool:
        if ended.status != self.plain.status:
            return False
        return bool(ended.compared == self.plain.compared)

    def __str__(self) -> str:
        crashes, differing, again = len(self.points), self.differing, self.run_again
        lines = [
            f"{self.name}: {self.commits} commits, {crashes} crashes in {self.seconds:.2f} s. "
            f"Without a crash: {self.plain.status}, {_short(self.plain.output)}."
        ]
        if differing:
            lines.append(f"It ended otherwise after {len(differing)} of them:")
            for point in differing:
                how = point.ended.waits or f"{point.ended.status}, {_short(point.ended.output)}"
                lines.append(f"  - the host died {point}: {how}")
        else:
            lines.append("It ended the same way after every one of them.")
        if again:
            lines.append("Activities that ran more often than without a crash, and so must stand it:")
            lines += [f"  - {one}" for one in again]
        else:
            lines.append("No activity ran more often than without a crash.")
        return "\n".join(lines)


def describe_change(change: Change) -> str:
    """What a commit holds, for somebody who thinks in steps of an orchestration."""
    for append in change.append_history:
        return f"an episode of {append.instance_id}: {', '.join(_happened(append.events))}"
    bodies = [message.body for message in change.add_messages]
    if change.put_instances:
        started = change.put_instances[0]
        return "continue-as-new" if change.drop_histories else f"the start of {started.name}"
    if change.put_entities:
        return f"operations on {change.put_entities[0].entity_id}"
    for body in bodies:
        match body:
            case h.TaskCompleted():
                return f"the result {_short(_parsed(body.result))} of task {body.task_scheduled_id}"
            case h.TaskFailed():
                return f"the failure of task {body.task_scheduled_id}"
            case h.EventRaised():
                return f"the external event {body.name!r}"
            case EntityRequest():
                return f"a request for {body.operation!r} to an entity"
            case _:
                return type(body).__name__
    return "clearing away what is handled"


def _happened(events: tuple[h.HistoryEvent, ...]) -> list[str]:
    """The events of an episode that say something, in a few words each."""
    words = []
    for event in events:
        match event:
            case h.OrchestratorStarted() | h.OrchestratorCompleted():
                pass
            case h.TaskScheduled() | h.SubOrchestrationInstanceCreated():
                words.append(f"{event.name} scheduled")
            case h.TimerFired():
                words.append("timer fired")
            case h.EventRaised():
                words.append(f"{event.name} raised")
            case h.ExecutionCompleted():
                words.append(event.status.value.lower())
            case _:
                words.append(type(event).__name__)
    return words


def _parsed(text: str | None) -> Any:
    try:
        return None if text is None else json.loads(text)
    except ValueError:
        return text


def _short(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= LONGEST_VALUE else text[: LONGEST_VALUE - 1] + "…"
