"""When timer functions fire: wall-clock times across summer time, intervals, and what a stopped host missed."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from funchost.engine.timer_schedule import CronSchedule, IntervalSchedule, check_status, parse_schedule
from funchost.model.records import ScheduleStatus

UTC = timezone.utc
PACIFIC = ZoneInfo("America/Los_Angeles")  # in 2018: 2 a.m. on 11 March becomes 3, on 4 November becomes 1
NOON = datetime(2024, 5, 1, 12, tzinfo=UTC)


def on_the_clock(expression: str, start: str, count: int) -> list[str]:
    """The next times after a local time with offset, as the clock on the wall shows them."""
    schedule, at, found = parse_schedule(expression, PACIFIC), datetime.fromisoformat(start).astimezone(UTC), []
    for _ in range(count):
        following = schedule.next_after(at)
        assert following is not None
        assert following > at
        found.append(following.astimezone(PACIFIC).strftime("%d %H:%M%z"))
        at = following
    return found


def test_an_interval_goes_on_through_both_of_the_hours_that_autumn_repeats() -> None:
    assert on_the_clock("0 */30 * * * *", "2018-11-04T00:15-07:00", 6) == [
        "04 00:30-0700", "04 01:00-0700", "04 01:30-0700", "04 01:00-0800", "04 01:30-0800", "04 02:00-0800",
    ]  # fmt: skip
    assert on_the_clock("0 45 * * * *", "2018-11-04T00:00-07:00", 4) == [
        "04 00:45-0700", "04 01:45-0700", "04 01:45-0800", "04 02:45-0800",
    ]  # fmt: skip


def test_a_time_of_day_comes_once_on_the_day_that_has_it_twice() -> None:
    expected = ["03 01:30-0700", "04 01:30-0700", "05 01:30-0800"]
    assert on_the_clock("0 30 1 * * *", "2018-11-03T00:00-07:00", 3) == expected
    assert on_the_clock("0 30 1 * * *", "2018-11-04T01:10-08:00", 1) == ["05 01:30-0800"]


def test_a_time_that_spring_leaps_over_comes_when_the_leap_is_made() -> None:
    expected = ["10 02:30-0800", "11 03:30-0700", "12 02:30-0700"]
    assert on_the_clock("0 30 2 * * *", "2018-03-10T00:00-08:00", 3) == expected
    assert on_the_clock("0 */30 * * * *", "2018-03-11T01:15-08:00", 3) == [
        "11 01:30-0800", "11 03:00-0700", "11 03:30-0700",
    ]  # fmt: skip


CHANGES = [datetime(2018, 3, 11, 10, tzinfo=UTC), datetime(2018, 11, 4, 9, tzinfo=UTC)]


@given(
    st.sampled_from(CHANGES),
    st.integers(-4 * 60, 4 * 60),
    st.sampled_from(
        [
            "0 * * * * *",
            "0 */7 * * * *",
            "0 45 * * * *",
            "0 0,1 1,2 * * *",
            "0 30 0-3 * * *",
            "0 10-11 */2 * * *",
        ]
    ),
)
def test_around_a_change_of_the_clock_an_interval_misses_no_time_that_the_clock_shows(
    change: datetime, minutes_off: int, expression: str
) -> None:
    schedule = parse_schedule(expression, PACIFIC)
    assert isinstance(schedule, CronSchedule)
    assert schedule.cron.is_interval
    start = change + timedelta(minutes=minutes_off)
    found = schedule.next_after(start)
    assert found is not None

    def fits(moment: datetime) -> bool:
        wall = moment.astimezone(PACIFIC).replace(tzinfo=None, fold=0)
        return schedule.cron.next_after(wall - timedelta(seconds=1)) == wall

    shown = next(moment for moment in (start + timedelta(minutes=n) for n in range(1, 26 * 60)) if fits(moment))
    assert found <= shown
    if found != shown:  # earlier only for a time that the clock leapt over
        assert change == CHANGES[0]
        assert found.astimezone(PACIFIC).hour == 3


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("00:05:00", timedelta(minutes=5)),
        ("00:05", timedelta(minutes=5)),
        ("1.12:00:00", timedelta(days=1, hours=12)),
        ("00:00:00.5", timedelta(milliseconds=500)),
        ("7", timedelta(days=7)),
        ("24:00:00", timedelta(days=24)),
    ],
)
def test_a_time_span_is_the_time_from_run_to_run(text: str, expected: timedelta) -> None:
    schedule = parse_schedule(text, PACIFIC)
    assert schedule == IntervalSchedule(interval=expected)
    assert schedule.next_after(NOON) == NOON + expected


@pytest.mark.parametrize("text", ["", "every night", "-00:05:00", "00:61:00", "00:00:00", "25:00", "99999999"])
def test_what_is_no_schedule_is_refused_in_the_words_of_the_host(text: str) -> None:
    with pytest.raises(
        ValueError,
        match=f"The schedule expression '{text}' was not recognized as a valid cron expression or timespan string",
    ):
        parse_schedule(text, PACIFIC)


HOURLY = parse_schedule("0 0 * * * *", UTC)


def status(last: datetime | None, following: datetime | None, updated: datetime) -> ScheduleStatus:
    return ScheduleStatus(function_name="tick", last=last, next=following, last_updated=updated)


def hours(count: float) -> datetime:
    return NOON + timedelta(hours=count)


def test_a_function_never_seen_waits_for_its_first_time() -> None:
    assert check_status(HOURLY, "tick", None, hours(0.2)) == (status(None, hours(1), hours(0.2)), False)


def test_a_run_missed_while_the_host_was_off_is_past_due() -> None:
    kept = status(NOON, hours(1), NOON)
    assert check_status(HOURLY, "tick", kept, hours(0.9)) == (kept, False)
    assert check_status(HOURLY, "tick", kept, hours(1.1)) == (kept, True)
    assert check_status(HOURLY, "tick", kept, hours(30)) == (kept, True)


def test_the_first_run_can_be_missed_too() -> None:
    kept = status(None, hours(1), hours(0.5))
    assert check_status(HOURLY, "tick", kept, hours(1.5)) == (kept, True)


def test_a_changed_schedule_is_reckoned_anew_and_makes_nothing_past_due() -> None:
    daily_before = status(NOON, hours(24), NOON)
    assert check_status(HOURLY, "tick", daily_before, hours(30.5)) == (status(None, hours(31), hours(30.5)), False)
    assert check_status(HOURLY, "tick", daily_before, hours(0.5)) == (status(None, hours(1), NOON), False)


def test_a_schedule_that_never_comes_is_never_past_due() -> None:
    never = parse_schedule("0 0 0 30 2 *", UTC)
    found, past_due = check_status(never, "tick", None, NOON)
    assert (found.next, past_due) == (None, False)
    assert check_status(never, "tick", found, hours(1000)) == (found, False)
