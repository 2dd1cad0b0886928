"""Times in URLs, read as leniently as .NET's ``DateTime.TryParse`` reads what people and programs write.

Understood: ISO 8601 in whole or in part (a date alone, ``T`` or a blank between, minutes or seconds, any number
of digits of fraction, ``Z`` or an offset with or without colon), RFC 1123 dates as in HTTP headers, and
``month/day/year``. A time without an offset is UTC: the SDK sends its naive datetimes that way.
"""

from __future__ import annotations

import re
from datetime import datetime, timedelta, timezone
from email.utils import parsedate_to_datetime

_CLOCK = (
    r"(?:[T ]\s*(?P<hour>\d{1,2}):(?P<minute>\d{2})(?::(?P<second>\d{2})(?:[.,](?P<fraction>\d+))?)?"
    r"\s*(?P<half>[AaPp][Mm])?\s*(?P<offset>[Zz]|[+\- ]\d{2}:?\d{2})?)?"
)
_PATTERNS = (
    re.compile(r"(?P<year>\d{1,4})-(?P<month>\d{1,2})-(?P<day>\d{1,2})" + _CLOCK, re.ASCII),
    re.compile(r"(?P<month>\d{1,2})/(?P<day>\d{1,2})/(?P<year>\d{4})" + _CLOCK, re.ASCII),
)


def parse_lenient_time(text: str) -> datetime | None:
    """The moment in UTC, or None where the text is no time. Digits beyond microseconds are dropped."""
    text = text.strip()
    for pattern in _PATTERNS:
        if match := pattern.fullmatch(text):
            try:
                return _moment(match)
            except (ValueError, OverflowError):
                return None
    try:
        moment = parsedate_to_datetime(text)
        return moment.replace(tzinfo=moment.tzinfo or timezone.utc).astimezone(timezone.utc)
    except (ValueError, TypeError, IndexError, OverflowError):
        return None


def _moment(match: re.Match[str]) -> datetime:
    """Build the moment from a match; raises ValueError or OverflowError for a date that does not exist."""
    part = match.groupdict()
    hour = int(part["hour"] or 0)
    if part["half"]:
        if not 1 <= hour <= 12:
            raise ValueError("hour of a twelve-hour clock")
        hour = hour % 12 + (12 if part["half"].lower() == "pm" else 0)
    fraction = (part["fraction"] or "")[:6].ljust(6, "0")
    moment = datetime(
        int(part["year"]),
        int(part["month"]),
        int(part["day"]),
        hour,
        int(part["minute"] or 0),
        int(part["second"] or 0),
        int(fraction),
        tzinfo=timezone.utc,
    )
    return moment - _offset(part["offset"])


def _offset(text: str | None) -> timedelta:
    """``+02:00`` as a time span. In a query a bare ``+`` arrives as a blank, so a blank counts as plus."""
    if text is None or text in "Zz":
        return timedelta(0)
    hours, minutes = int(text[1:3]), int(text[-2:])
    if hours > 14 or minutes > 59:
        raise ValueError(f"offset {text!r}")
    span = timedelta(hours=hours, minutes=minutes)
    return -span if text[0] == "-" else span
