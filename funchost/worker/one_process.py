"""One worker process as the host holds it: the invocations in it, its pipes, its end."""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from funchost.app import index as app_index
from funchost.app.index import AppIndex
from funchost.prompt import Ending, PromptFuture, Turn, at_end_of_turn
from funchost.worker import frames
from funchost.worker.categories import CONSOLE
from funchost.worker.contract import (
    Following,
    Invocation,
    InvocationResult,
    LogLine,
    OnLog,
    WorkerLost,
)

BOOTSTRAP = Path(__file__).with_name("bootstrap.py")
_LAST_WORDS = 40  # lines of standard error kept for the message about a process that died
_READ_SIZE = 1 << 16  # what a pipe holds; asyncio maps and unmaps a buffer four times as large for every read
_EOF_GRACE = 0.5  # seconds between the process's end and giving up on the rest of what it wrote


class _Straight(asyncio.Protocol):
    """Hands on what a pipe brings as it comes; asyncio's own protocol of a process's pipe does so a turn later."""

    def __init__(self, receive: Callable[[bytes], None], own: asyncio.Protocol) -> None:
        self._receive, self._own = receive, own

    @classmethod
    def put_into(cls, transport: asyncio.ReadTransport, receive: Callable[[bytes], None]) -> None:
        own = transport.get_protocol()
        if isinstance(own, asyncio.Protocol):
            transport.set_protocol(cls(receive, own))

    def data_received(self, data: bytes) -> None:
        self._receive(data)

    def eof_received(self) -> bool | None:
        return self._own.eof_received()

    def connection_lost(self, exc: Exception | None) -> None:
        self._own.connection_lost(exc)


@dataclass(slots=True)
class _Pending:
    """An invocation that the process runs."""

    function_name: str
    answer: PromptFuture[InvocationResult]
    following: Following | None


class OneProcess(asyncio.SubprocessProtocol):
    """A worker process. ``index`` is done when the app is loaded; ``ended`` when the process is gone."""

    def __init__(self, on_log: OnLog, on_end: Callable[[OneProcess], None]) -> None:
        loop = asyncio.get_running_loop()
        self.index: asyncio.Future[AppIndex] = loop.create_future()
        self.ended: asyncio.Future[None] = loop.create_future()
        self.pending: dict[str, _Pending] = {}
        self.last_words: deque[str] = deque(maxlen=_LAST_WORDS)
        self._loop = loop
        self._on_log, self._on_end = on_log, on_end
        self._reader = frames.FrameReader()
        self._error_text = b""
        self._unwritten: list[bytes] = []
        self._answers = True
        self._transport: asyncio.SubprocessTransport | None = None
        self._stdin: asyncio.WriteTransport | None = None

    @classmethod
    async def spawn(
        cls,
        command: Sequence[str],
        *,
        folder: Path,
        environ: Mapping[str, str],
        request: frames.StartRequest,
        on_log: OnLog,
        on_end: Callable[[OneProcess], None],
    ) -> OneProcess:
        """Start the process and tell it what to load. Raises ``OSError`` where the program cannot be run."""
        loop = asyncio.get_running_loop()
        _, process = await loop.subprocess_exec(
            lambda: cls(on_log, on_end), *command, str(BOOTSTRAP), cwd=folder, env=dict(environ)
        )
        process._write(frames.encode_start(request))
        return process

    @property
    def pid(self) -> int | None:
        return self._transport.get_pid() if self._transport else None

    @property
    def ready(self) -> bool:
        return self.index.done() and not self.index.cancelled() and not self.ended.done() and self._answers

    def invoke(self, invocation: Invocation) -> PromptFuture[InvocationResult]:
        """Have the process run a function. It stays ``pending`` until the process answers, even if nobody waits."""
        self._write(frames.encode_invocation(invocation))
        return self._expect(invocation.invocation_id, invocation.function_name, invocation.following)

    def quit(self) -> None:
        """Ask the process to end in good order."""
        self._write(frames.frame({"k": frames.QUIT}))

    def kill(self) -> None:
        if self._transport is not None and self._transport.get_returncode() is None:
            self._transport.kill()

    def how_it_ended(self) -> str:
        code = self._transport.get_returncode() if self._transport else None
        if code is None:
            return "closed its pipe"
        return f"was killed by signal {-code}" if code < 0 else f"ended with exit code {code}"

    # -- asyncio.SubprocessProtocol -------------------------------------------------------------------------

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.SubprocessTransport)
        self._transport = transport
        stdin = transport.get_pipe_transport(0)
        assert isinstance(stdin, asyncio.WriteTransport)
        self._stdin = stdin
        stdout = transport.get_pipe_transport(1)
        if stdout is not None and hasattr(stdout, "max_size"):
            stdout.max_size = _READ_SIZE
        if isinstance(stdout, asyncio.ReadTransport):
            _Straight.put_into(stdout, self._receive)

    def pipe_data_received(self, fd: int, data: bytes) -> None:
        if fd == 2:
            self._hear(data)
        else:
            self._receive(data)

    def _receive(self, data: bytes) -> None:
        with Turn(self._loop) as turn:
            for received in self._reader.feed(data):
                self._take(received)
                turn.run()  # frame by frame: lines of a log come after those about what ended before them

    def _take(self, received: frames.Frame) -> None:
        if received.kind == frames.RESULT:
            pending = self.pending.pop(received.header["id"], None)
            if pending is not None and not pending.answer.done():
                episode = self._episode(pending, received)
                pending.answer.set_result(frames.decode_result(received, episode))
        elif received.kind == frames.LOGS:
            for line in frames.decode_logs(received):
                self._on_log(line)
        elif received.kind == frames.INDEXED:
            self.index.set_result(app_index.decode(received.body.decode()))

    def pipe_connection_lost(self, fd: int, exc: Exception | None) -> None:
        # The process ended, or closed the pipe: either way it is of no more use. But not at once: signalling a
        # process that has just ended takes its exit code away from asyncio's own watcher.
        if fd == 1:
            self._answers = False
            self._loop.call_later(_EOF_GRACE, self.kill)

    def process_exited(self) -> None:
        # A program that user code started may hold the error pipe open for long, so do not wait for its end.
        self._loop.call_later(_EOF_GRACE, self._end)

    def connection_lost(self, exc: Exception | None) -> None:
        self._end()

    # -- inside ---------------------------------------------------------------------------------------------

    def _expect(
        self, invocation_id: str, function_name: str, following: Following | None
    ) -> PromptFuture[InvocationResult]:
        answer: PromptFuture[InvocationResult] = PromptFuture(self._loop)
        self.pending[invocation_id] = _Pending(function_name, answer, following)
        return answer

    def _episode(self, pending: _Pending, received: frames.Frame) -> PromptFuture[InvocationResult] | None:
        """What to wait for where the process has gone on with what was to follow."""
        following = pending.following
        if following is None or not frames.is_followed(received):
            return None
        return self._expect(following.invocation_id, following.function_name, None)

    def _write(self, data: bytes) -> None:
        """Write all of a turn's frames at once."""
        self._unwritten.append(data)
        if len(self._unwritten) == 1:
            at_end_of_turn(self._loop, Ending.SEND, self._write_out)

    def _write_out(self) -> None:
        data = b"".join(self._unwritten)
        self._unwritten.clear()
        if self._stdin is not None and not self._stdin.is_closing():
            self._stdin.write(data)

    def _hear(self, data: bytes) -> None:
        *lines, self._error_text = (self._error_text + data).split(b"\n")
        for raw in lines:
            self._say(raw)

    def _say(self, raw: bytes) -> None:
        text = raw.decode("utf-8", "replace").rstrip("\r")
        self.last_words.append(text)
        self._on_log(
            LogLine(invocation_id=None, function_name=None, level=logging.INFO, category=CONSOLE, message=text)
        )

    def _end(self) -> None:
        if self.ended.done():
            return
        self.ended.set_result(None)
        if self._error_text:
            self._say(self._error_text)
        how = f"The worker process {self.pid} {self.how_it_ended()} while it ran"
        for pending in list(self.pending.values()):
            if not pending.answer.done():
                pending.answer.set_exception(WorkerLost(f"{how} '{pending.function_name}'."))
        if not self.index.done():
            self.index.cancel()
        if self._transport is not None:
            self._transport.close()
        self._on_end(self)
