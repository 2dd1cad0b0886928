"""The JSON that a timer function is handed, from which the SDK makes its ``TimerRequest``.

Source: the extension's ``TimerInfo`` as Newtonsoft writes it, and ``azure/functions/timer.py``, which reads
``IsPastDue``, ``ScheduleStatus`` and ``Schedule``.
"""

from __future__ import annotations

import json
from datetime import datetime, tzinfo

from funchost.model.records import ScheduleStatus

NEVER = "0001-01-01T00:00:00+00:00"


def encode_timer_info(
    *, adjusts_for_dst: bool, status: ScheduleStatus | None, is_past_due: bool, zone: tzinfo
) -> str:
    """The trigger's value. ``status`` None: the schedule is not monitored. Times are written in ``zone``."""
    shown = None
    if status is not None:
        shown = {
            "Last": NEVER if status.last is None else format_local(status.last, zone),
            "Next": NEVER if status.next is None else format_local(status.next, zone),
            "LastUpdated": format_local(status.last_updated, zone),
        }
    info = {"Schedule": {"AdjustForDST": adjusts_for_dst}, "ScheduleStatus": shown, "IsPastDue": is_past_due}
    return json.dumps(info, separators=(",", ":"))


def format_local(moment: datetime, zone: tzinfo) -> str:
    """``2026-09-24T13:08:00.0096+02:00``: the fraction without zeros at its end, nothing where it is zero."""
    text = moment.astimezone(zone).isoformat(timespec="microseconds")
    seconds, fraction, offset = text[:19], text[19:26], text[26:]
    return seconds + fraction.rstrip("0").rstrip(".") + offset


def format_round_trip(moment: datetime, zone: tzinfo) -> str:
    """.NET's format ``o``: ``2026-09-24T13:08:00.0096000+02:00``, always seven digits of fraction."""
    text = moment.astimezone(zone).isoformat(timespec="microseconds")
    return f"{text[:26]}0{text[26:]}"
