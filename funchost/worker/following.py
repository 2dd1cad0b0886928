"""The episode that follows an activity: what the host left out of it, as it could not know it.

Imported by worker processes: standard library only.
"""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

from funchost.worker.contract import Following


def time_of(following: Following, now: datetime) -> str:
    """The episode's time: ``now``, in UTC, but never before the time that the host has set."""
    text = now.replace(tzinfo=None).isoformat(timespec="microseconds") + "Z"
    return max(text, following.not_before)  # in this shape the order of texts is that of times


def events_of(following: Following, value: str, at: str) -> list[dict[str, Any]]:
    """The events to feed. ``value`` is the activity's result as JSON text; without one there is none to tell of."""
    events: list[dict[str, Any]] = json.loads(following.events)
    started, completed = events[-2:]
    started["Timestamp"] = completed["Timestamp"] = at
    completed["Result"] = None if value == "null" else value
    return events
