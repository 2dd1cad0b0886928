"""The way from a worker process to its host: frames, and log lines in batches.

Log lines wait a moment for company, but never longer than the next frame: the lines of an invocation always
arrive before its result. Imported by worker processes: standard library only.
"""

from __future__ import annotations

import logging
import os
import sys
import threading
import time
from collections import deque

from funchost.worker import frames
from funchost.worker.contract import LogLine

HOST_IS_GONE = 3
"""Exit code of a worker process that outlived its host."""

_LINGER = 0.01
"""Seconds a log line may wait for more of its kind before a thread writes them out."""


MOST_LINES = 1000
"""Log lines that wait; whoever logs more writes them out, and waits while the host takes no more."""


class Channel:
    """Writes to the host's pipe, from any thread."""

    def __init__(self, send: int) -> None:
        self._send = send
        self._lock = threading.Lock()
        self._lines: deque[LogLine] = deque()
        self._has_lines = threading.Event()
        threading.Thread(target=self._write_lines, name="host-logs", daemon=True).start()
        if hasattr(os, "register_at_fork"):
            os.register_at_fork(after_in_child=self._forget)

    def send(self, data: bytes) -> None:
        """Write a frame, after the log lines that came before it. Blocks while the pipe is full."""
        with self._lock:
            self._write(self._taken_lines() + data)

    def log(self, line: LogLine) -> None:
        self._lines.append(line)
        if len(self._lines) >= MOST_LINES:
            self.flush()
        elif not self._has_lines.is_set():
            self._has_lines.set()

    def flush(self) -> None:
        with self._lock:
            self._write(self._taken_lines())

    def _taken_lines(self) -> bytes:
        lines = [self._lines.popleft() for _ in range(len(self._lines))]
        return frames.encode_logs(lines) if lines else b""

    def _write_lines(self) -> None:
        while True:
            self._has_lines.wait()
            time.sleep(_LINGER)
            self._has_lines.clear()
            self.flush()

    def _write(self, data: bytes) -> None:
        left = memoryview(data)
        try:
            while left:
                left = left[os.write(self._send, left) :]
        except OSError:  # nobody reads any more
            os._exit(HOST_IS_GONE)

    def _forget(self) -> None:
        """In a process that user code forked off: the pipe is not its to write to, nor to keep open."""
        os.close(self._send)
        self._send = os.open(os.devnull, os.O_WRONLY)
        self._lock = threading.Lock()
        root = logging.getLogger()
        for handler in [h for h in root.handlers if type(h).__module__.startswith("funchost.")]:
            root.removeHandler(handler)
        if sys.__stdout__ is not None:
            sys.stdout = sys.__stdout__
