"""What a task hub's file tells after a kill, and what two such looks say about each other."""

from __future__ import annotations

import shutil
import sqlite3
from collections import Counter
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from funchost.model.history import (
    SubOrchestrationInstanceCompleted,
    SubOrchestrationInstanceFailed,
    TaskCompleted,
    TaskFailed,
    TimerFired,
)
from funchost.wire.stored import decode_event

History = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class HubState:
    """A hub at rest. ``histories`` are stored events by instance and execution id."""

    executions: dict[str, str]
    histories: dict[tuple[str, str], History]
    messages: frozenset[str]
    tasks: frozenset[str]

    @property
    def instance_ids(self) -> set[str]:
        """Every instance or entity that anything is known of."""
        return {*self.executions, *(instance_id for instance_id, _ in self.histories), *self.messages, *self.tasks}


def look(database: Path) -> HubState:
    """Read a copy: the next host is to recover the hub, not we. Raises AssertionError if it is damaged."""
    with TemporaryDirectory() as folder:
        copy = Path(folder) / database.name
        for suffix in ("", "-wal"):
            part = database.with_name(database.name + suffix)
            if part.exists():
                shutil.copyfile(part, copy.with_name(copy.name + suffix))
        with closing(sqlite3.connect(copy)) as hub:
            finding = hub.execute("PRAGMA integrity_check").fetchone()[0]
            assert finding == "ok", f"{database} is damaged: {finding}"
            if not hub.execute("SELECT count(*) FROM sqlite_master WHERE name = 'history'").fetchone()[0]:
                return HubState({}, {}, frozenset(), frozenset())  # killed before its tables were made
            return _read(hub)


def read_live(database: Path) -> HubState:
    """Look at a hub that a host has open."""
    with closing(sqlite3.connect(f"{database.as_uri()}?mode=ro", uri=True, timeout=10)) as hub:
        hub.execute("BEGIN")
        return _read(hub)


def _read(hub: sqlite3.Connection) -> HubState:
    histories: dict[tuple[str, str], list[str]] = {}
    rows = hub.execute(
        "SELECT instance_id, execution_id, sequence, event FROM history "
        "ORDER BY instance_id, execution_id, sequence"
    )
    for instance_id, execution_id, sequence, event in rows:
        history = histories.setdefault((instance_id, execution_id), [])
        assert sequence == len(history), f"history of {instance_id} has a gap or a double at {sequence}"
        history.append(event)
    return HubState(
        executions=dict(hub.execute("SELECT instance_id, execution_id FROM instances")),
        histories={key: tuple(events) for key, events in histories.items()},
        messages=frozenset(row[0] for row in hub.execute("SELECT DISTINCT instance_id FROM messages")),
        tasks=frozenset(row[0] for row in hub.execute("SELECT DISTINCT instance_id FROM activity_tasks")),
    )


def altered(before: HubState, after: HubState) -> list[str]:
    """Executions whose committed events are not what they were; those that were continued as new are over."""
    found = []
    for (instance_id, execution_id), events in before.histories.items():
        if after.executions.get(instance_id, execution_id) != execution_id:
            continue
        now = after.histories.get((instance_id, execution_id), ())
        if now[: len(events)] != events:
            found.append(f"{instance_id}: {len(events)} events were committed, now there are {len(now)}, or others")
    return found


def completed_twice(state: HubState) -> list[str]:
    """Tasks with more than one completion in one history."""
    found = []
    for (instance_id, _), events in state.histories.items():
        completions: Counter[int] = Counter()
        for event in map(decode_event, events):
            match event:
                case (
                    TaskCompleted()
                    | TaskFailed()
                    | SubOrchestrationInstanceCompleted()
                    | SubOrchestrationInstanceFailed()
                ):
                    completions[event.task_scheduled_id] += 1
                case TimerFired():
                    completions[event.timer_id] += 1
                case _:
                    pass
        found += [f"{instance_id}: task {task} {n} times" for task, n in completions.items() if n > 1]
    return found
