"""A pool of daemon threads for synchronous functions. Imported by worker processes: standard library only.

Not ``concurrent.futures``: its threads are waited for when the interpreter ends, so one function that hangs
would keep the whole host from stopping.
"""

from __future__ import annotations

import os
import queue
import threading
from collections.abc import Callable, Mapping

COUNT_SETTING = "PYTHON_THREADPOOL_THREAD_COUNT"
DURABLE_THREADS = 8
"""Replays and entity batches are short, so few threads keep up, and activities can never occupy them."""


def thread_count(settings: Mapping[str, str]) -> int:
    """``PYTHON_THREADPOOL_THREAD_COUNT``, or Python's own default where that is no number from 1 up."""
    value = settings.get(COUNT_SETTING, "")
    if value.strip().isdecimal() and int(value) >= 1:
        return int(value)
    return min(32, (os.cpu_count() or 1) + 4)


class ThreadPool:
    """Runs pieces of work on at most ``size`` threads, which are started when first needed."""

    def __init__(self, size: int, name: str) -> None:
        self._size, self._name = size, name
        self._work: queue.SimpleQueue[Callable[[], None] | None] = queue.SimpleQueue()
        self._idle = threading.Semaphore(0)
        self._started = 0
        self._lock = threading.Lock()

    def submit(self, work: Callable[[], None]) -> None:
        """Hand over a piece of work; it must not raise."""
        self._work.put(work)
        if self._idle.acquire(blocking=False):
            return
        with self._lock:
            if self._started == self._size:
                return
            self._started += 1
            number = self._started
        threading.Thread(target=self._serve, name=f"{self._name}-{number}", daemon=True).start()

    def close(self) -> None:
        """Let every thread end after what it is doing."""
        for _ in range(self._started):
            self._work.put(None)

    def _serve(self) -> None:
        while True:
            try:
                work = self._work.get_nowait()
            except queue.Empty:
                self._idle.release()
                work = self._work.get()
            if work is None:
                return
            work()
            del work  # else a waiting thread keeps the last invocation's values alive
