"""Time that a test owns: it stands still until it is moved."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone


class VirtualClock:
    """A ``Clock`` that moves when told. Starts at the present, to the second, unless told otherwise."""

    def __init__(self, start: datetime | None = None) -> None:
        self._now = (start or datetime.now(timezone.utc).replace(microsecond=0)).astimezone(timezone.utc)

    def now(self) -> datetime:
        return self._now

    def move_to(self, moment: datetime) -> None:
        """Go to ``moment``; time never goes back."""
        self._now = max(self._now, moment)

    def move_by(self, delta: timedelta) -> None:
        """Go ``delta`` further."""
        self.move_to(self._now + delta)
