"""Query parameters of the management API, read as the extension reads them.

Names ignore case. A value that cannot be read counts as absent, it is never an error.
Source: ``HttpApiHandler.cs``, ``TryGet…QueryParameterValue``.
"""

from __future__ import annotations

import math
from datetime import datetime
from urllib.parse import parse_qsl

from funchost.http.datetimes import parse_lenient_time
from funchost.model.status import RuntimeStatus

_INT32_MAX = 2**31 - 1


class Query:
    """The parameters of one request; repeated ones keep their order."""

    def __init__(self, query_string: bytes) -> None:
        text = query_string.decode("latin-1")
        try:
            pairs = parse_qsl(text, keep_blank_values=True)
        except ValueError:  # more fields than any client means to send
            pairs = []
        self._values: dict[str, list[str]] = {}
        for name, value in pairs:
            self._values.setdefault(name.lower(), []).append(value)

    def text(self, name: str) -> str | None:
        """The value, or None where the parameter is absent; repeated values are joined with commas."""
        values = self._values.get(name.lower())
        return None if values is None else ",".join(values)

    def boolean(self, name: str, default: bool) -> bool:
        """``true`` or ``false`` in any case with blanks around; ``1`` and ``yes`` are no booleans in .NET."""
        value = (self.text(name) or "").strip().lower()
        return default if value not in ("true", "false") else value == "true"

    def page_size(self, default: int) -> int:
        """``top``: a positive 32-bit number."""
        value = (self.text("top") or "").strip()
        if not (value.isascii() and value.isdigit()) or len(value) > 10:
            return default
        return int(value) if 1 <= int(value) <= _INT32_MAX else default

    def time(self, name: str) -> datetime | None:
        value = self.text(name)
        return None if value is None else parse_lenient_time(value)

    def seconds(self, name: str) -> float | None:
        """A time span in seconds, fractions allowed. Not a number at all: absent; infinite or negative: 0."""
        try:
            value = float(self.text(name) or "")
        except ValueError:
            return None
        return value if math.isfinite(value) and value >= 0 else 0.0

    def statuses(self) -> frozenset[RuntimeStatus]:
        """``runtimeStatus``, repeatable and separated by commas; unknown names are dropped, case matters."""
        known = {status.value: status for status in RuntimeStatus}
        listed = (self.text("runtimeStatus") or "").split(",")
        return frozenset(known[name.strip()] for name in listed if name.strip() in known)
