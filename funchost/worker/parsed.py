"""Events that were parsed for one replay, used again by the next.

Nine tenths of a replay by SDK 1.x are the building of event objects out of a history that it has been shown before,
but for the last few. What is kept here are those objects only: the orchestrator runs from its beginning every time.
Imported by worker processes: standard library and the app's SDK only.
"""

from __future__ import annotations

import json
import sys
import threading
from collections import OrderedDict
from typing import Any

MOST_EVENTS = 100_000
"""Events kept in one process, of all executions together; those of the execution replayed longest ago go first."""

_CONTEXT = "azure.durable_functions.models.DurableOrchestrationContext"
_PARSED = "parsed"


class ParsedHistories:
    """Histories as the SDK's event objects, by execution. From any thread, but each execution in one at a time."""

    def __init__(self, limit: int = MOST_EVENTS) -> None:
        self._limit = limit
        self._kept: OrderedDict[str, list[Any]] = OrderedDict()
        self._count = 0
        self._lock = threading.Lock()

    def __len__(self) -> int:
        """How many events are kept."""
        return self._count

    def take(self, key: str, count: int) -> list[Any] | None:
        """The first ``count`` events of an execution; None where exactly these are not kept."""
        with self._lock:
            events = self._kept.pop(key, [])
            self._count -= len(events)
        return events if len(events) == count else None

    def keep(self, key: str, events: list[Any]) -> None:
        """Keep an execution's events for its next replay."""
        with self._lock:
            self._kept[key] = events
            self._count += len(events)
            while self._count > self._limit:
                self._count -= len(self._kept.popitem(last=False)[1])


def context_with(trigger: str, events: list[Any]) -> Any:
    """The SDK's context of an orchestrator whose history is ``events`` and then those in the trigger."""
    module = sys.modules[_CONTEXT]
    if not events:
        return module.DurableOrchestrationContext.from_json(trigger)
    _have_parsed_events_accepted(module)
    fields = json.loads(trigger)
    fields["history"] = [*({_PARSED: event} for event in events), *fields["history"]]
    return module.DurableOrchestrationContext(**fields)


def _have_parsed_events_accepted(module: Any) -> None:
    """The SDK's context builds an event out of each item of a history; have it leave alone what is one already."""
    event_type = module.HistoryEvent
    if getattr(event_type, "accepts_parsed", False):
        return

    def event(**fields: Any) -> Any:
        return fields[_PARSED] if _PARSED in fields else event_type(**fields)

    event.accepts_parsed = True  # type: ignore[attr-defined]
    module.HistoryEvent = event
