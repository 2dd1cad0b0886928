"""What is to happen later: durable timers and delayed messages, in a heap, with nothing polled."""

from __future__ import annotations

import asyncio
import heapq
from collections.abc import Callable
from datetime import datetime
from typing import Generic, TypeVar

from funchost.clock import Clock

KeyT = TypeVar("KeyT")

LONGEST_SLEEP_SECONDS = 60.0
"""A wall clock that was set forward is noticed within this time."""


FEWEST_TO_CLEAR = 64
"""Forgotten entries that are left in the heap until they are due, whatever their share."""


class Timers(Generic[KeyT]):
    """Calls ``on_due(key)`` once the clock has reached a key's time; a key has one time at most."""

    def __init__(self, clock: Clock, on_due: Callable[[KeyT], None]) -> None:
        self._clock = clock
        self._on_due = on_due
        self._heap: list[tuple[datetime, int, KeyT]] = []
        self._due: dict[KeyT, datetime] = {}
        self._pushed = 0
        self._changed = asyncio.Event()

    def set(self, key: KeyT, due: datetime) -> None:
        """Fire ``key`` at ``due`` (UTC); of two times for one key the earlier stands."""
        before = self._due.get(key)
        if before is not None and before <= due:
            return
        self._due[key] = due
        self._pushed += 1
        heapq.heappush(self._heap, (due, self._pushed, key))
        if self._heap[0][2] == key:
            self._changed.set()

    def cancel(self, key: KeyT) -> None:
        """Forget ``key``; nothing happens where it is not set."""
        self._due.pop(key, None)
        if len(self._heap) > 2 * len(self._due) + FEWEST_TO_CLEAR:
            self._heap = [entry for entry in self._heap if self._due.get(entry[2]) == entry[0]]
            heapq.heapify(self._heap)

    @property
    def next_due(self) -> datetime | None:
        """The earliest time at which something is to happen."""
        while self._heap and self._due.get(self._heap[0][2]) != self._heap[0][0]:
            heapq.heappop(self._heap)  # cancelled, or moved forward
        return self._heap[0][0] if self._heap else None

    def fire_due(self) -> int:
        """Fire everything that is due by now, earliest first; returns how many fired."""
        fired, now = 0, self._clock.now()
        while (due := self.next_due) is not None and due <= now:
            _, _, key = heapq.heappop(self._heap)
            del self._due[key]
            self._on_due(key)
            fired += 1
        return fired

    async def run(self) -> None:
        """Fire what is due as the system clock goes; ends when cancelled."""
        while True:
            self._changed.clear()
            due = self.next_due
            timeout = None
            if due is not None:
                timeout = min(max((due - self._clock.now()).total_seconds(), 0.0), LONGEST_SLEEP_SECONDS)
            try:
                await asyncio.wait_for(self._changed.wait(), timeout)
            except asyncio.TimeoutError:
                self.fire_due()
