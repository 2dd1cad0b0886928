"""Activities.

The worker takes classes as annotations of bindings: `object`, `dict` and `int`, but neither `dict[str, int]` nor,
on Python 3.10, `Any`.
"""

from __future__ import annotations

import threading
import time
from collections import Counter
from pathlib import Path

from shared import marks
from shared.points import Point

_attempts: Counter[str] = Counter()
_lock = threading.Lock()


def echo(value: object) -> object:
    return value


async def square(value: int) -> int:
    return value * value


def fail(value: str) -> None:
    raise ValueError(value)


def fails_at_first(value: dict) -> int:
    """Fail ``times`` times for a ``key``, then return the number of the attempt."""
    with _lock:
        _attempts[value["key"]] += 1
        attempt = _attempts[value["key"]]
    if attempt <= value["times"]:
        raise ConnectionError(f"attempt {attempt} of {value['key']} failed")
    return attempt


def held(value: dict) -> str:
    """Say in the file ``marks`` that it runs, and return once the file ``until`` is there."""
    marks.leave(value["marks"], "running")
    while not Path(value["until"]).exists():
        time.sleep(0.005)
    return "released"


def unserialisable(value: object) -> object:
    return {1, 2, 3}


def mirrored(value: Point) -> Point:
    return Point(value.y, value.x)


def renamed_activity(value: object) -> object:
    """Registered under another name, ``OtherName``."""
    return ["renamed", value]


ACTIVITIES = [echo, square, fail, fails_at_first, held, unserialisable, mirrored]
