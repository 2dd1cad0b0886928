"""Time comes from outside: the clock contract and its real version. Only this module reads the time."""

from __future__ import annotations

from datetime import datetime, timezone
from typing import Protocol


class Clock(Protocol):
    """Where the host gets the time from."""

    def now(self) -> datetime:
        """The current time, UTC and aware, to the microsecond."""
        ...


class SystemClock:
    """The wall clock of this machine."""

    def now(self) -> datetime:
        return datetime.now(timezone.utc)
