"""Times as texts: ISO 8601 in UTC with a ``Z``, microseconds when written, up to seven digits when read.

Time spans are written as .NET writes them.
"""

from __future__ import annotations

import re
from datetime import datetime, timedelta, timezone

_ISO = re.compile(
    r"(?P<seconds>\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.(?P<fraction>\d+))?(?P<offset>Z|[+-]\d\d:\d\d)?"
)


def format_time(moment: datetime) -> str:
    """``2024-05-01T10:00:00.000000Z``; the moment must be aware."""
    if moment.tzinfo is not timezone.utc:
        moment = moment.astimezone(timezone.utc)
    return moment.isoformat(timespec="microseconds")[:-6] + "Z"


def parse_time(text: str) -> datetime:
    """Read ISO 8601, as UTC where it names no offset; digits beyond microseconds are dropped.

    Python 3.10's ``fromisoformat`` knows neither ``Z`` nor .NET's seven digits, hence the pattern.
    Raises ValueError on anything else.
    """
    if len(text) == 27 and text[10] == "T" and text[19] == "." and text[26] == "Z":  # as ``format_time`` writes it
        return datetime.fromisoformat(text[:26]).replace(tzinfo=timezone.utc)
    match = _ISO.fullmatch(text)
    if match is None:
        raise ValueError(f"not an ISO 8601 time: {text!r}")
    offset = match["offset"] or "Z"
    moment = datetime.fromisoformat(match["seconds"] + ("+00:00" if offset == "Z" else offset))
    fraction = (match["fraction"] or "")[:6].ljust(6, "0")
    return (moment + timedelta(microseconds=int(fraction))).astimezone(timezone.utc)


def format_time_span(span: timedelta) -> str:
    """``00:30:00``, as .NET writes a time span; days stand before a period, a fraction has seven digits."""
    seconds, fraction = span.seconds, span.microseconds
    days = f"{span.days}." if span.days else ""
    ticks = f".{fraction * 10:07d}" if fraction else ""
    return f"{days}{seconds // 3600:02d}:{seconds // 60 % 60:02d}:{seconds % 60:02d}{ticks}"
