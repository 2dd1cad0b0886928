"""Time comes from outside: the clock contract and its real version. Only this module reads the time."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone, tzinfo
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


class MachineZone(tzinfo):
    """The time zone that this machine is set to, with its changes between summer and winter time."""

    def utcoffset(self, moment: datetime | None) -> timedelta | None:
        return None if moment is None else moment.replace(tzinfo=None).astimezone().utcoffset()

    def dst(self, moment: datetime | None) -> timedelta | None:
        """Unknown: a machine tells its offset only."""
        return None

    def tzname(self, moment: datetime | None) -> str | None:
        return None if moment is None else moment.replace(tzinfo=None).astimezone().tzname()

    def fromutc(self, moment: datetime) -> datetime:
        utc = moment.replace(tzinfo=timezone.utc)
        wall = utc.astimezone().replace(tzinfo=None)
        is_second = wall.astimezone(timezone.utc) != utc  # of the two times the clock shows this
        return wall.replace(tzinfo=self, fold=int(is_second))
