"""The time zone in which the schedules of timer triggers are read. On the host's side.

``WEBSITE_TIME_ZONE`` names it on every plan that has it, ``TZ`` on Linux too; without either, Azure reckons in
UTC and a local Core Tools in the machine's own zone, which is followed here.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import tzinfo
from zoneinfo import ZoneInfo

from funchost.clock import MachineZone

SETTING = "WEBSITE_TIME_ZONE"


def time_zone(environ: Mapping[str, str]) -> tuple[tzinfo, str | None]:
    """The zone for an app's settings, and a sentence for the log where the one they name is not known."""
    if name := environ.get(SETTING):
        if (zone := _find(name)) is not None:
            return zone, None
        return MachineZone(), (
            f"{SETTING} is '{name}', which is no name of the tz database such as America/New_York (Python apps run "
            "on Linux in Azure, where Windows names mean nothing). Timers follow this machine's time zone instead."
        )
    return _find(environ.get("TZ", "")) or MachineZone(), None


def _find(name: str) -> ZoneInfo | None:
    try:
        return ZoneInfo(name) if name else None
    except (KeyError, ValueError, OSError):  # not found; no relative path; a folder such as "America"
        return None
