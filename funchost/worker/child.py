"""A worker process from the inside: takes frames from the host, runs functions, sends results and log lines.

The process belongs to its host: when the pipe from the host ends, however the host ended, the process is gone
at once. Imported by worker processes: standard library only.
"""

from __future__ import annotations

import asyncio
import atexit
import importlib
import logging
import os
import signal
import sys
import threading
from pathlib import Path

from funchost.app import index as app_index
from funchost.app.loader import LoadedApp, load_app
from funchost.worker import frames, logs
from funchost.worker.channel import HOST_IS_GONE, Channel
from funchost.worker.contract import InvocationResult
from funchost.worker.functions import FunctionRunner

_READ_SIZE = 1 << 16  # what a pipe holds; a larger buffer is mapped and unmapped for every read


def main() -> None:
    """Serve the host until it says stop or is gone. Never returns."""
    receive, send = _take_over_pipes()
    signal.signal(signal.SIGINT, lambda *_: None)  # Ctrl-C reaches the whole group: the host decides, not we
    reader = frames.FrameReader()
    backlog = _read(receive, reader)
    request = frames.decode_start(backlog.pop(0))
    channel = Channel(send)
    _set_path(request)
    sys.stdout = console = logs.Console(channel.log, sys.stdout)
    worker = _Worker(request, channel, console)
    threading.Thread(target=worker.receive, args=(receive, reader, backlog), name="host-pipe", daemon=True).start()
    asyncio.run(worker.serve())
    # What the app registered to run at exit; the interpreter's own end would wait for threads of user code.
    atexit._run_exitfuncs()
    if sys.__stderr__ is not None:
        sys.__stderr__.flush()
    os._exit(0)


def _take_over_pipes() -> tuple[int, int]:
    """Keep the host's pipes to ourselves: user code reads nothing, and what it writes becomes log text."""
    receive, send = os.dup(0), os.dup(1)  # duplicates are not inherited by programs that user code starts
    if sys.platform == "win32":
        import msvcrt

        msvcrt.setmode(receive, os.O_BINARY)
        msvcrt.setmode(send, os.O_BINARY)
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.close(nothing)
    os.dup2(2, 1)
    return receive, send


def _read(receive: int, reader: frames.FrameReader) -> list[frames.Frame]:
    """Wait for at least one whole frame. The process ends where the host's pipe does."""
    while True:
        try:
            data = os.read(receive, _READ_SIZE)
        except OSError:
            data = b""
        if not data:
            os._exit(HOST_IS_GONE)
        if received := list(reader.feed(data)):
            return received


def _set_path(request: frames.StartRequest) -> None:
    """The app's packages first, its root last: a file of the app never hides a module of the standard library."""
    sys.path[:0] = request.packages
    sys.path[:] = [entry for entry in sys.path if entry != request.app_root]
    sys.path.append(request.app_root)
    importlib.invalidate_caches()


class _Worker:
    def __init__(self, request: frames.StartRequest, channel: Channel, console: logs.Console) -> None:
        self._request = request
        self._channel = channel
        self._console = console
        self._runner: FunctionRunner | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._quit: asyncio.Event | None = None

    async def serve(self) -> None:
        """Load the app on the main thread with the loop running, as the Python worker does, then wait."""
        self._loop, self._quit = asyncio.get_running_loop(), asyncio.Event()
        root = logging.getLogger()
        root.addHandler(logs.LogForwarder(self._channel.log, self._find_function))
        root.setLevel(self._request.log_level)
        app = load_app(Path(self._request.app_root))
        self._runner = self._make_runner(app, self._loop)
        self._console.end_line()
        self._channel.send(frames.frame({"k": frames.INDEXED}, app_index.encode(app.index).encode()))
        await self._quit.wait()
        self._channel.flush()

    def receive(self, receive: int, reader: frames.FrameReader, backlog: list[frames.Frame]) -> None:
        """Take frames for ever. In a thread of its own, so that a blocked event loop blocks nothing else."""
        while True:
            for received in backlog:
                if received.kind == frames.INVOKE:
                    self._invoke(received)
                elif received.kind == frames.QUIT:
                    self._stop()
            backlog = _read(receive, reader)

    def _stop(self) -> None:
        if self._runner is None or self._loop is None or self._quit is None:
            os._exit(0)  # still loading the app, which may take for ever
        self._loop.call_soon_threadsafe(self._quit.set)

    def _invoke(self, received: frames.Frame) -> None:
        assert self._runner is not None, "the host sends invocations only after it has the index"
        self._runner.start(frames.decode_invocation(received), self._done)

    def _done(self, invocation_id: str, result: InvocationResult) -> None:
        self._channel.send(frames.encode_result(invocation_id, result))

    def _make_runner(self, app: LoadedApp, loop: asyncio.AbstractEventLoop) -> FunctionRunner:
        return FunctionRunner(app, loop, threads=self._request.threads, end_of_invocation=self._console.end_line)

    def _find_function(self, invocation_id: str) -> str | None:
        return self._runner.find_function(invocation_id) if self._runner is not None else None
