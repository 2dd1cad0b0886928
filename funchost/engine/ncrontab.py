"""NCRONTAB: the schedules of timer triggers, as the library of that name reads them on the real host.

Six fields, ``second minute hour day month weekday``; five without the second, which is then 0. A field is a
list of values, ranges and steps: ``*``, ``5``, ``1-5``, ``*/15``, ``10-50/20``, ``0/5`` (from 0 to the end),
``Mon-Fri``. It is no Unix cron: day *and* weekday must match, Sunday is 0 and never 7, the ends of a range may
stand in either order, a name may be cut short or written out, and there is no ``L``, ``W``, ``#``, ``?`` or
``@daily``. Reading that is most of this module, and what is left, the search, is not worth two packages in
every app's environment; so no cron library is used.

Source: atifaziz/NCrontab, ``CrontabFieldImpl.cs``, ``CrontabField.cs`` and ``CrontabSchedule.cs``.
"""

from __future__ import annotations

import calendar
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import MAXYEAR, date, datetime, time, timedelta
from itertools import pairwise

# Not calendar.month_name, which speaks the machine's language.
MONTHS = (
    "January", "February", "March", "April", "May", "June",
    "July", "August", "September", "October", "November", "December",
)  # fmt: skip
WEEKDAYS = ("Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday")
GREGORIAN_CYCLE_YEARS = 400
"""After this many years every date falls on the same weekday again: what has not come by then never does."""

_NUMBER = re.compile(r"[0-9]+", re.ASCII)


@dataclass(frozen=True, slots=True)
class _Field:
    name: str
    lowest: int
    highest: int
    names: tuple[str, ...] = ()


_FIELDS = (
    _Field("second", 0, 59),
    _Field("minute", 0, 59),
    _Field("hour", 0, 23),
    _Field("day", 1, 31),
    _Field("month", 1, 12, MONTHS),
    _Field("weekday", 0, 6, WEEKDAYS),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Ncrontab:
    """A schedule; each field holds its values in ascending order, weekdays counted from Sunday as 0."""

    seconds: tuple[int, ...]
    minutes: tuple[int, ...]
    hours: tuple[int, ...]
    days: tuple[int, ...]
    months: tuple[int, ...]
    weekdays: tuple[int, ...]

    @property
    def is_interval(self) -> bool:
        """Whether the schedule means "every so often" rather than "at such a time of day".

        The real host asks whether the written-out seconds, minutes or hours contain ``*`` or ``-``, which they do
        where two neighbours are both there. It matters in the hour that a clock repeats in autumn.
        """
        return any(
            following - value == 1
            for field in (self.seconds, self.minutes, self.hours)
            for value, following in pairwise(field)
        )

    @property
    def is_within_minutes(self) -> bool:
        """Whether it comes more than once in every minute; the real host keeps no status for such a schedule."""
        others = (self.minutes, self.hours, self.days, self.months, self.weekdays)
        every = all(len(v) == f.highest - f.lowest + 1 for v, f in zip(others, _FIELDS[1:], strict=True))
        return every and len(self.seconds) > 1

    def next_after(self, moment: datetime) -> datetime | None:
        """The first time on the schedule after ``moment``; both on the wall, without time zone.

        None where there is none, as for the 30th of February.
        """
        try:
            start = moment.replace(microsecond=0) + timedelta(seconds=1)
        except OverflowError:
            return None
        for day in self._days_from(start.date()):
            found = self._time_from(start.time() if day == start.date() else time.min)
            if found is not None:
                return datetime.combine(day, found)
        return None

    def _days_from(self, first: date) -> Iterator[date]:
        for year in range(first.year, min(first.year + GREGORIAN_CYCLE_YEARS, MAXYEAR) + 1):
            for month in self.months:
                if (year, month) < (first.year, first.month):
                    continue
                for day in self.days:
                    if day > calendar.monthrange(year, month)[1]:
                        break
                    found = date(year, month, day)
                    if found >= first and found.isoweekday() % 7 in self.weekdays:
                        yield found

    def _time_from(self, first: time) -> time | None:
        for hour in self.hours:
            for minute in self.minutes:
                if (hour, minute) < (first.hour, first.minute):
                    continue
                for second in self.seconds:
                    found = time(hour, minute, second)
                    if found >= first:
                        return found
        return None


def parse_ncrontab(expression: str) -> Ncrontab:
    """Read an expression of five or six fields. Raises ValueError naming the field and what is wrong with it."""
    parts = expression.split()
    if len(parts) not in (5, 6):
        raise ValueError(f"it has {len(parts)} fields, and should have six: second minute hour day month weekday")
    fields = _FIELDS[len(_FIELDS) - len(parts) :]
    values = [_values(part, field) for part, field in zip(parts, fields, strict=True)]
    if len(parts) == 5:
        values.insert(0, (0,))
    seconds, minutes, hours, days, months, weekdays = values
    return Ncrontab(seconds=seconds, minutes=minutes, hours=hours, days=days, months=months, weekdays=weekdays)


def _values(text: str, field: _Field) -> tuple[int, ...]:
    found: set[int] = set()
    for item in text.split(","):
        found.update(_item(item, field))
    return tuple(sorted(found))


def _item(item: str, field: _Field) -> range:
    """``*``, a value or a range, each with or without a step; a step below 1 counts as 1."""
    body, slash, step_text = item.partition("/")
    if slash and not _NUMBER.fullmatch(step_text):
        raise ValueError(f"the {field.name} '{item}' has the step '{step_text}', which is no whole number")
    step = max(1, int(step_text)) if slash else 1
    if body == "*":
        return range(field.lowest, field.highest + 1, step)
    first_text, dash, last_text = body.partition("-")
    first = _value(first_text, field)
    if dash:
        first, last = sorted((first, _value(last_text, field)))
    else:
        last = field.highest if slash else first
    return range(first, last + 1, step)


def _value(text: str, field: _Field) -> int:
    if _NUMBER.fullmatch(text):
        value = int(text)
        if field.lowest <= value <= field.highest:
            return value
    elif text:
        for offset, name in enumerate(field.names):
            if name.lower().startswith(text.lower()):
                return field.lowest + offset
    wanted = f"a number from {field.lowest} to {field.highest}" + (" or a name" if field.names else "")
    raise ValueError(f"the {field.name} '{text}' should be {wanted}")
