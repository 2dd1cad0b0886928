"""NCRONTAB as the real host reads it, which is not as a Unix cron does."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from funchost.engine.ncrontab import Ncrontab, parse_ncrontab


def after(expression: str, moment: str, count: int = 3) -> list[str]:
    """The next times on a schedule; 2024-05-01 is a Wednesday."""
    schedule, found, at = parse_ncrontab(expression), [], datetime.fromisoformat(moment)
    while len(found) < count and (following := schedule.next_after(at)) is not None:
        found.append(str(following))
        at = following
    return found


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("*/20 * * * * *", ["2024-05-01 10:00:20", "2024-05-01 10:00:40", "2024-05-01 10:01:00"]),
        ("0 */5 * * * *", ["2024-05-01 10:05:00", "2024-05-01 10:10:00", "2024-05-01 10:15:00"]),
        ("*/5 * * * *", ["2024-05-01 10:05:00", "2024-05-01 10:10:00", "2024-05-01 10:15:00"]),
        ("0 0 9-11 * * *", ["2024-05-01 11:00:00", "2024-05-02 09:00:00", "2024-05-02 10:00:00"]),
        ("0 30 9 * * 1-5", ["2024-05-02 09:30:00", "2024-05-03 09:30:00", "2024-05-06 09:30:00"]),
        ("0 30 9 * Jan Mon", ["2025-01-06 09:30:00", "2025-01-13 09:30:00", "2025-01-20 09:30:00"]),
        ("0 0 0 31 * *", ["2024-05-31 00:00:00", "2024-07-31 00:00:00", "2024-08-31 00:00:00"]),
        ("0 0 12 29 2 *", ["2028-02-29 12:00:00", "2032-02-29 12:00:00", "2036-02-29 12:00:00"]),
        ("5/20 0 0 1 1 *", ["2025-01-01 00:00:05", "2025-01-01 00:00:25", "2025-01-01 00:00:45"]),
    ],
)
def test_the_next_times_of_a_schedule(expression: str, expected: list[str]) -> None:
    assert after(expression, "2024-05-01T10:00:00") == expected


def test_day_and_weekday_must_both_match() -> None:
    assert after("0 0 0 13 * Fri", "2024-05-01", 2) == ["2024-09-13 00:00:00", "2024-12-13 00:00:00"]


def test_a_schedule_that_never_comes_ends() -> None:
    assert after("0 0 0 30 2 *", "2024-05-01") == []
    assert after("0 0 0 31 12 *", "9999-12-31T00:00:00") == []
    assert after("* * * * * *", "9999-12-31T23:59:59") == []


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("0 0 0 * * Sun", "0 0 0 * * 0"),
        ("0 0 0 * * MONDAY", "0 0 0 * * 1"),
        ("0 0 0 1 june *", "0 0 0 1 6 *"),
        ("0 0 17-9 * * *", "0 0 9-17 * * *"),
        ("0 */0 * * * *", "0 * * * * *"),
        ("0 0,0,5 * * * *", "0 5,0 * * * *"),
        ("  0   0 * *  * *", "0 0 * * * *"),
    ],
)
def test_different_spellings_of_one_schedule(one: str, other: str) -> None:
    assert parse_ncrontab(one) == parse_ncrontab(other)


@pytest.mark.parametrize(
    ("expression", "reason"),
    [
        ("0 0 0 * * 7", "the weekday '7' should be a number from 0 to 6 or a name"),
        ("60 * * * * *", "the second '60' should be a number from 0 to 59"),
        ("0 0 24 * * *", "the hour '24' should be a number from 0 to 23"),
        ("0 0 0 0 * *", "the day '0' should be a number from 1 to 31"),
        ("0 0 0 L * *", "the day 'L' should be a number from 1 to 31"),
        ("0 0 0 * Smarch *", "the month 'Smarch' should be a number from 1 to 12 or a name"),
        ("0 0 0 * * Mon#1", "the weekday 'Mon#1' should be"),
        ("0 0 0 ? * *", r"the day '\?' should be"),
        ("0 */x * * * *", r"the minute '\*/x' has the step 'x', which is no whole number"),
        ("0 1, * * * *", "the minute '' should be a number"),
        ("0 1- * * * *", "the minute '' should be a number"),
        ("@daily", "it has 1 fields, and should have six: second minute hour day month weekday"),
        ("0 0 0 1 1 * 2030", "it has 7 fields"),
    ],
)
def test_what_the_real_host_refuses_is_refused_with_the_field(expression: str, reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        parse_ncrontab(expression)


@pytest.mark.parametrize(
    ("expression", "within_minutes", "interval"),
    [
        ("*/10 * * * * *", True, True),
        ("0,30 * * * * *", True, True),
        ("0 * * * * *", False, True),
        ("*/10 0 * * * *", False, True),
        ("0 30 1 * * *", False, False),
        ("0 0,30 1 * * *", False, False),
        ("0 0 1-5 * * *", False, True),
    ],
)
def test_frequent_schedules_and_intervals_are_told_from_times_of_day(
    expression: str, within_minutes: bool, interval: bool
) -> None:
    schedule = parse_ncrontab(expression)
    assert (schedule.is_within_minutes, schedule.is_interval) == (within_minutes, interval)


def values(low: int, high: int) -> st.SearchStrategy[tuple[int, ...]]:
    return st.sets(st.integers(low, high), min_size=1).map(lambda found: tuple(sorted(found)))


def fits(schedule: Ncrontab, moment: datetime) -> bool:
    return (
        moment.second in schedule.seconds
        and moment.minute in schedule.minutes
        and moment.hour in schedule.hours
        and moment.day in schedule.days
        and moment.month in schedule.months
        and moment.isoweekday() % 7 in schedule.weekdays
    )


@given(
    st.fixed_dictionaries(
        {
            "seconds": values(0, 59),
            "minutes": values(0, 59),
            "hours": values(0, 23),
            "days": values(1, 31),
            "months": values(1, 12),
            "weekdays": values(0, 6),
        }
    ),
    st.datetimes(datetime(2000, 1, 1), datetime(2050, 1, 1)),
    st.integers(1, 3000),
)
def test_the_next_time_fits_and_nothing_between_does(
    fields: dict[str, Any], moment: datetime, seconds_looked_at: int
) -> None:
    schedule = Ncrontab(**fields)
    following = schedule.next_after(moment)
    if following is None:
        assert not any(day <= 29 for day in schedule.days)  # only 30 and 31 can miss every chosen month
        return
    assert following > moment
    assert fits(schedule, following)
    second = moment.replace(microsecond=0) + timedelta(seconds=1)
    for offset in range(seconds_looked_at):
        looked_at = second + timedelta(seconds=offset)
        if looked_at >= following:
            break
        assert not fits(schedule, looked_at)
    # And day by day up to it: no earlier day would have done.
    day = moment.date() + timedelta(days=1)
    while day < following.date():
        assert not fits(schedule, datetime(day.year, day.month, day.day, *following.timetuple()[3:6]))
        day += timedelta(days=1)
