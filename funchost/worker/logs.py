"""What user code logs and prints becomes ``LogLine``, with the invocation it belongs to.

Imported by worker processes: standard library only.
"""

from __future__ import annotations

import contextvars
import io
import logging
import threading
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TextIO

from funchost.worker.categories import CONSOLE, category_of
from funchost.worker.contract import LogLine, OnLog


@dataclass(frozen=True, slots=True)
class Running:
    """The invocation that runs in the current context; both None while the app is loaded."""

    invocation_id: str | None
    function_name: str | None


current: contextvars.ContextVar[Running | None] = contextvars.ContextVar("invocation", default=None)

thread_local_storage = threading.local()
"""Handed to user code as ``context.thread_local_storage``: a thread that user code starts sets
``invocation_id`` on it, and its records belong to that invocation."""


class LogForwarder(logging.Handler):
    """Root handler: forwards each record.

    With ``only_invocations`` it leaves alone what is logged outside invocations and loading: in the host's own
    process those are the host's records.
    """

    def __init__(
        self,
        forward: OnLog,
        find_function: Callable[[str], str | None],
        *,
        only_invocations: bool = False,
    ) -> None:
        super().__init__()
        self._forward = forward
        self._find_function = find_function
        self._only_invocations = only_invocations

    def emit(self, record: logging.LogRecord) -> None:
        running = current.get() or self._of_user_thread()
        if running is None:
            if self._only_invocations:
                return
            running = Running(None, None)
        try:
            message = self.format(record)
        except Exception:  # a bad format string must not take the function down
            self.handleError(record)
            return
        self._forward(
            LogLine(
                invocation_id=running.invocation_id,
                function_name=running.function_name,
                level=record.levelno,
                category=category_of(record.name, running.function_name),
                message=message,
            )
        )

    def _of_user_thread(self) -> Running | None:
        invocation_id = getattr(thread_local_storage, "invocation_id", None)
        if invocation_id is None:
            return None
        function_name = self._find_function(invocation_id)
        return Running(invocation_id, function_name) if function_name is not None else None


class Console(io.TextIOBase):
    """Stands in for ``sys.stdout``: forwards whole lines; the rest of a line when its invocation ends."""

    def __init__(self, forward: OnLog, underneath: TextIO) -> None:
        self._forward = forward
        self._underneath = underneath
        self._lock = threading.Lock()
        self._unfinished: dict[Running | None, str] = {}

    @property
    def buffer(self) -> object:
        """For user code that writes bytes: the process's own stream, whose output is logged as it comes."""
        return self._underneath.buffer

    @property
    def encoding(self) -> str:  # type: ignore[override]
        return "utf-8"

    @property
    def errors(self) -> str:  # type: ignore[override]
        return "replace"

    def fileno(self) -> int:
        return self._underneath.fileno()

    def writable(self) -> bool:
        return True

    def write(self, text: str) -> int:
        running = current.get()
        with self._lock:
            *lines, rest = (self._unfinished.pop(running, "") + text).split("\n")
            if rest:
                self._unfinished[running] = rest
        self._send(lines, running)
        return len(text)

    def end_line(self) -> None:
        """Forward what the current invocation printed without an end of line."""
        running = current.get()
        if running not in self._unfinished:
            return
        with self._lock:
            rest = self._unfinished.pop(running, "")
        self._send([rest], running)

    def _send(self, lines: Iterable[str], running: Running | None) -> None:
        for line in lines:
            self._forward(
                LogLine(
                    invocation_id=running.invocation_id if running else None,
                    function_name=running.function_name if running else None,
                    level=logging.INFO,
                    category=CONSOLE,
                    message=line,
                )
            )
