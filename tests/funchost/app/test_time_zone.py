"""The time zone of schedules: the one the settings name, else the machine's."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import datetime, timezone
from zoneinfo import ZoneInfo

import pytest

from funchost.app.time_zone import time_zone
from funchost.clock import MachineZone

WINTER = datetime(2024, 1, 15, 12, tzinfo=timezone.utc)
SUMMER = datetime(2024, 7, 15, 12, tzinfo=timezone.utc)


def test_the_setting_names_the_zone() -> None:
    assert time_zone({"WEBSITE_TIME_ZONE": "Asia/Tokyo", "TZ": "Europe/Paris"}) == (ZoneInfo("Asia/Tokyo"), None)
    assert time_zone({"TZ": "Europe/Paris"}) == (ZoneInfo("Europe/Paris"), None)


@pytest.mark.parametrize("name", ["Eastern Standard Time", "America", "../etc/passwd", "/etc/localtime"])
def test_a_name_that_is_not_known_is_said_and_the_machine_decides(name: str) -> None:
    zone, complaint = time_zone({"WEBSITE_TIME_ZONE": name})
    assert isinstance(zone, MachineZone)
    assert complaint is not None
    assert f"WEBSITE_TIME_ZONE is '{name}'" in complaint
    assert "America/New_York" in complaint


def test_without_a_setting_the_machine_decides() -> None:
    zone, complaint = time_zone({"TZ": ":/etc/localtime"})
    assert isinstance(zone, MachineZone)
    assert complaint is None


@pytest.fixture
def machine_in_berlin(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A machine set to German time, with summer time."""
    if not hasattr(time, "tzset"):
        pytest.skip("the time zone of a process can be changed on POSIX systems only")
    with monkeypatch.context() as patch:
        patch.setenv("TZ", "CET-1CEST,M3.5.0,M10.5.0/3")
        time.tzset()
        yield
    time.tzset()


@pytest.mark.usefixtures("machine_in_berlin")
def test_the_zone_of_the_machine_knows_summer_from_winter() -> None:
    zone = MachineZone()
    assert WINTER.astimezone(zone).isoformat() == "2024-01-15T13:00:00+01:00"
    assert SUMMER.astimezone(zone).isoformat() == "2024-07-15T14:00:00+02:00"
    assert WINTER.astimezone(zone).astimezone(timezone.utc) == WINTER
    assert SUMMER.astimezone(zone).tzname() == "CEST"


@pytest.mark.usefixtures("machine_in_berlin")
def test_the_hour_that_comes_twice_is_told_apart() -> None:
    zone = MachineZone()
    first, second = (datetime(2024, 10, 27, hour, 30, tzinfo=timezone.utc).astimezone(zone) for hour in (0, 1))
    assert (first.hour, first.fold, second.hour, second.fold) == (2, 0, 2, 1)
    assert first.astimezone(timezone.utc).hour == 0
    assert second.astimezone(timezone.utc).hour == 1
