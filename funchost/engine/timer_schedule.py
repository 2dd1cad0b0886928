"""When a timer trigger fires: an NCRONTAB expression in a time zone, or a fixed interval.

Source: Azure/azure-webjobs-sdk-extensions ``TimerSchedule.cs``, ``CronSchedule.cs``, ``ConstantSchedule.cs``.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone, tzinfo
from typing import TypeAlias

from funchost.engine.ncrontab import Ncrontab, parse_ncrontab
from funchost.model.records import ScheduleStatus

MOST_DAYS = 10_675_198
"""The whole days of the longest .NET ``TimeSpan``."""

# .NET's TimeSpan: [d.]hh:mm[:ss[.fraction]], or whole days alone.
_TIME_SPAN = re.compile(r"(?:(\d+)\.)?(\d+):(\d{1,2})(?::(\d{1,2})(?:\.(\d{1,7}))?)?|(\d+)", re.ASCII)


@dataclass(frozen=True, slots=True, kw_only=True)
class CronSchedule:
    """Wall-clock times in ``zone``.

    In spring a time that the clock leaps over comes when the leap is made. In autumn, in the hour that comes twice,
    a schedule of intervals goes on in both, and a schedule of times of day has its time in the first only.
    """

    cron: Ncrontab
    zone: tzinfo

    adjusts_for_dst = True

    @property
    def is_within_minutes(self) -> bool:
        return self.cron.is_within_minutes

    def next_after(self, moment: datetime) -> datetime | None:
        """The first moment on the schedule after ``moment``, both UTC; None where there is none."""
        local = moment.astimezone(self.zone)
        wall = local.replace(tzinfo=None, fold=0)
        found = [self._first_after(moment, wall)]
        if local.fold == 0 and self.cron.is_interval and (shift := self._repeats(local)):
            # The clock is about to be set back, and will show earlier times again.
            found.append(self._first_after(moment, wall - shift))
        return min((instant for instant in found if instant is not None), default=None)

    def _first_after(self, moment: datetime, wall: datetime) -> datetime | None:
        """Of the wall times after ``wall``, the first that is a moment after ``moment``."""
        following = self.cron.next_after(wall)
        while following is not None:
            for instant in self._instants(following):
                if instant > moment:
                    return instant
            following = self.cron.next_after(following)
        return None

    def _instants(self, wall: datetime) -> list[datetime]:
        """The moments at which the clock shows ``wall``: two in the hour that comes twice."""
        first, second = (wall.replace(tzinfo=self.zone, fold=f).astimezone(timezone.utc) for f in (0, 1))
        return [first, second] if second > first and self.cron.is_interval else [first]

    def _repeats(self, local: datetime) -> timedelta:
        """By how much the clock is set back after this hour; zero where the hour comes once."""
        first, second = (local.replace(fold=f).utcoffset() or timedelta(0) for f in (0, 1))
        return max(first - second, timedelta(0))


@dataclass(frozen=True, slots=True, kw_only=True)
class IntervalSchedule:
    """So much time after the last run, whatever the clock shows."""

    interval: timedelta

    adjusts_for_dst = False

    @property
    def is_within_minutes(self) -> bool:
        return self.interval < timedelta(minutes=1)

    def next_after(self, moment: datetime) -> datetime | None:
        """``moment`` and the interval; None past the end of the calendar."""
        try:
            return moment + self.interval
        except OverflowError:
            return None


TimerSchedule: TypeAlias = CronSchedule | IntervalSchedule


def parse_schedule(expression: str, zone: tzinfo) -> TimerSchedule:
    """Read the ``schedule`` of a timer trigger. Raises ValueError with the host's sentence and the reason."""
    span = _time_span(expression.strip())
    if span is not None and span > timedelta(0):
        return IntervalSchedule(interval=span)
    try:
        if span is not None:
            raise ValueError("an interval should be longer than nothing")
        return CronSchedule(cron=parse_ncrontab(expression), zone=zone)
    except ValueError as reason:
        raise ValueError(
            f"The schedule expression '{expression}' was not recognized as a valid cron expression or timespan "
            f"string: {reason}."
        ) from None


def check_status(
    schedule: TimerSchedule, function_name: str, status: ScheduleStatus | None, now: datetime
) -> tuple[ScheduleStatus, bool]:
    """The status to go on from when a host starts, and whether a run was missed since it was kept.

    A schedule that was changed in between is reckoned anew, so that the change alone makes nothing past due.
    ``status`` is None for a function that has never been seen. Source: ``ScheduleMonitor.CheckPastDueAsync``.
    """
    if status is None:
        status = ScheduleStatus(
            function_name=function_name, last=None, next=schedule.next_after(now), last_updated=now
        )
        return status, False
    reckoned_from = status.last or status.last_updated
    expected = schedule.next_after(reckoned_from)
    if expected != status.next:
        if expected is not None and expected < now:
            reckoned_from, expected = now, schedule.next_after(now)
        status = ScheduleStatus(function_name=function_name, last=None, next=expected, last_updated=reckoned_from)
    return status, status.next is not None and status.next < now


def _time_span(text: str) -> timedelta | None:
    """.NET's ``TimeSpan.Parse`` for what is no negative: ``00:05:00`` is 5 minutes, ``7`` a week.

    A first number above 23 cannot be hours and is read as days, so ``24:00:00`` is 24 days, here as there.
    """
    match = _TIME_SPAN.fullmatch(text)
    if match is None:
        return None
    days, hours, minutes, seconds, fraction, days_alone = (match[n] or "0" for n in range(1, 7))
    parts = [int(days) + int(days_alone), int(hours), int(minutes), int(seconds)]
    if parts[1] > 23 and match[1] is None and match[4] is not None and match[5] is None:
        parts = [*parts[1:], 0]
    if parts[0] > MOST_DAYS or parts[1] > 23 or parts[2] > 59 or parts[3] > 59:
        return None
    return timedelta(
        days=parts[0],
        hours=parts[1],
        minutes=parts[2],
        seconds=parts[3],
        microseconds=int(fraction.ljust(7, "0")) // 10,
    )
