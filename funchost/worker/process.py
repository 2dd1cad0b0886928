"""Worker processes from the host's side: spreads invocations over them and replaces those that die."""

from __future__ import annotations

import asyncio
import logging
from collections import OrderedDict
from collections.abc import Awaitable, Mapping
from dataclasses import replace
from pathlib import Path

from funchost.app.environment import WorkerEnvironment
from funchost.app.index import AppIndex
from funchost.errors import WorkerStartFailed
from funchost.worker.categories import SYSTEM_PREFIX
from funchost.worker.contract import Invocation, InvocationResult, LogLine, OnLog, WorkerLost
from funchost.worker.frames import StartRequest
from funchost.worker.one_process import OneProcess
from funchost.worker.threads import thread_count

RETRIES_EXCEEDED = (
    "Exceeded language worker restart retry count for runtime:python. Shutting down and proactively recycling "
    "the Functions Host to recover"
)
_STARTS_PER_PROCESS = 3
_MOST_SESSIONS_KNOWN = 20_000  # a session whose holder is forgotten is only replayed
_LONGEST_PAUSE = 5.0  # seconds
_MOST_APART = 3  # processes at a time for invocations that are not to share one
_CATEGORY = f"{SYSTEM_PREFIX}Process"


class ProcessWorkers:
    """``processes`` worker processes that run one app (``contract.Workers``).

    Args:
        app_root: The app's folder; the processes' working folder too.
        environment: Interpreter and packages, from ``app.environment.choose_environment``.
        settings: The whole environment of the processes: the host's own with the app's settings in it.
        processes: How many; ``FUNCTIONS_WORKER_PROCESS_COUNT`` for ``funchost start``.
        on_log: Called on the host's loop with each line; lines of an invocation come before its result.
        log_level: Records below this ``logging`` level are not even sent.
        start_timeout: Seconds a process may take to load the app.
    """

    def __init__(
        self,
        app_root: Path,
        environment: WorkerEnvironment,
        *,
        settings: Mapping[str, str],
        on_log: OnLog,
        processes: int = 1,
        log_level: int = logging.INFO,
        start_timeout: float = 60.0,
    ) -> None:
        self._app_root, self._environment = app_root, environment
        self._settings, self._on_log = dict(settings), on_log
        self._count, self._start_timeout = processes, start_timeout
        debug = settings.get("PYTHON_ENABLE_DEBUG_LOGGING") == "1"
        self._request = StartRequest(
            app_root=str(app_root),
            packages=environment.packages,
            threads=thread_count(settings),
            log_level=min(log_level, logging.DEBUG) if debug else log_level,
        )
        self._processes: list[OneProcess] = []
        self._holders: OrderedDict[str, OneProcess] = OrderedDict()
        self._apart: set[OneProcess] = set()
        self._idle_apart: list[OneProcess] = []
        self._apart_slots = asyncio.Semaphore(_MOST_APART)
        self._wanting_apart = 0
        self._keepers: set[asyncio.Task[None]] = set()
        self._failed_starts = 0
        self._stopping = False
        self._changed = asyncio.Event()
        self._failure: asyncio.Future[WorkerStartFailed] | None = None

    async def start(self) -> AppIndex:
        """Start the processes; the first that has loaded the app gives the index, the rest follow by themselves."""
        self._failure = asyncio.get_running_loop().create_future()
        first = await self._spawn()
        index = first.index.result()
        for number in range(self._count):
            keeper = asyncio.create_task(self._keep_one(first if number == 0 else None))
            self._keepers.add(keeper)
        return index

    def invoke(self, invocation: Invocation) -> Awaitable[InvocationResult]:
        """Run one function in the process with the fewest invocations, or in one apart.

        Waits for a process where none is up. Raises ``WorkerLost`` where the process died under the invocation,
        and ``WorkerStartFailed`` once no process can be started any more.
        """
        process = None if invocation.alone else self._choose(invocation)
        return self._invoke_later(invocation) if process is None else self._invoke_in(process, invocation)

    def _invoke_in(self, process: OneProcess, invocation: Invocation) -> Awaitable[InvocationResult]:
        session, following = invocation.session, invocation.following
        if following is not None and process is not self._holders.get(following.session.key):
            invocation = replace(invocation, following=None)
        if session is not None:
            self._holders[session.key] = process
            self._holders.move_to_end(session.key)
            if len(self._holders) > _MOST_SESSIONS_KNOWN:
                self._holders.popitem(last=False)
        return process.invoke(invocation)

    async def _invoke_later(self, invocation: Invocation) -> InvocationResult:
        if invocation.alone:
            try:
                return await self._invoke_alone(invocation)
            except WorkerStartFailed as error:
                self._say(logging.ERROR, f"{error} What needed a process of its own runs with others instead.")
        while (process := self._choose(invocation)) is None:
            await self._wait_for_one()
        return await self._invoke_in(process, invocation)

    async def _invoke_alone(self, invocation: Invocation) -> InvocationResult:
        """Run one function in a process that no other invocation shares, so that its death is its own doing.

        The process goes from one that wants it to the next, and ends with the last.
        """
        self._wanting_apart += 1
        try:
            await self._apart_slots.acquire()
        finally:
            self._wanting_apart -= 1
        process: OneProcess | None = None
        is_done = False
        try:
            if self._stopping:
                raise WorkerLost("The workers have been stopped.")
            while process is None or not process.ready:  # one that is idle may have ended meanwhile
                process = self._idle_apart.pop() if self._idle_apart else await self._spawn(apart=True)
            result = await process.invoke(invocation)
            is_done = True
            return result
        finally:
            if process is not None and is_done and self._wanting_apart:
                self._idle_apart.append(process)
            elif process is not None and is_done:
                process.quit()
            elif process is not None:
                process.kill()  # it may still run what nobody waits for
            self._apart_slots.release()

    def _choose(self, invocation: Invocation) -> OneProcess | None:
        """The process that keeps the invocation's session, else the least busy one.

        Among equally busy ones, the one that keeps the session of what is to follow.
        """
        if invocation.session is not None:
            process = self._holders.get(invocation.session.key)
            if process is not None and process.ready:
                return process
        least_busy = self._least_busy()
        if invocation.following is not None and least_busy is not None:
            process = self._holders.get(invocation.following.session.key)
            if process is not None and process.ready and len(process.pending) <= len(least_busy.pending):
                return process
        return least_busy

    async def abandon(self, invocation_id: str) -> None:
        """End the process that runs an invocation that took too long; it and its neighbours raise ``WorkerLost``.

        Nothing happens where no process runs it (any more).
        """
        for process in self._processes:
            if invocation_id in process.pending:
                self._say(
                    logging.ERROR,
                    "A function timeout has occurred. Restarting worker process executing invocationId "
                    f"'{invocation_id}'.",
                )
                process.kill()
                await asyncio.shield(process.ended)
                return

    async def failed(self) -> WorkerStartFailed:
        """Wait until processes die faster than they can be started, and give the error to stop the host with."""
        assert self._failure is not None, "start() comes first"
        return await asyncio.shield(self._failure)

    async def all_started(self) -> None:
        """Wait until every process has loaded the app."""
        while sum(p.ready for p in self._shared) < self._count:
            await self._wait_for_one()

    @property
    def process_ids(self) -> tuple[int, ...]:
        """The ids of the processes that are ready, but for those that run one invocation apart."""
        return tuple(p.pid for p in self._shared if p.ready and p.pid is not None)

    async def stop(self, *, grace: float = 1.5) -> None:
        """End every process: politely for ``grace`` seconds, then by force. Idempotent."""
        self._stopping = True
        self._change()
        for keeper in self._keepers:
            keeper.cancel()
        await asyncio.gather(*self._keepers, return_exceptions=True)
        processes = list(self._processes)
        for process in processes:
            process.quit()
        ended = [process.ended for process in processes]
        if ended:
            await asyncio.wait(ended, timeout=grace)
        for process in processes:
            process.kill()
        if ended:
            await asyncio.wait(ended)
        self._processes.clear()

    # -- keeping the processes up -----------------------------------------------------------------------------

    async def _keep_one(self, process: OneProcess | None) -> None:
        pause = 0.0
        while not self._stopping and not self._given_up:
            if process is not None:
                await asyncio.shield(process.ended)
                pause = min(_LONGEST_PAUSE, max(0.1, pause * 2))
                self._say(logging.ERROR, f"The worker process {process.pid} {process.how_it_ended()}.")
            try:
                process = await self._spawn()
                pause = pause / 2
            except WorkerStartFailed as error:
                process = None
                self._failed_starts += 1
                self._say(logging.ERROR, str(error))
                if self._failed_starts > _STARTS_PER_PROCESS * self._count:
                    self._give_up(error)
                    return
                pause = min(_LONGEST_PAUSE, max(0.1, pause * 2))
                await asyncio.sleep(pause)

    async def _spawn(self, *, apart: bool = False) -> OneProcess:
        """Start one process and wait until it has loaded the app. One ``apart`` is not for everybody."""
        command = [self._environment.interpreter, *self._environment.arguments]
        try:
            process = await OneProcess.spawn(
                command,
                folder=self._app_root,
                environ=self._settings,
                request=self._request,
                on_log=self._on_log,
                on_end=self._forget,
            )
        except OSError as error:
            raise WorkerStartFailed(
                f"The Python interpreter {command[0]} cannot be run: {error.strerror or error}. Name another one: "
                "funchost start --python PATH"
            ) from error
        self._processes.append(process)
        if apart:
            self._apart.add(process)
        done, _ = await self._wait_for_index(process)
        if not done:
            process.kill()
            raise WorkerStartFailed(
                f"The worker process {process.pid} has not loaded the app within {self._start_timeout:g} seconds. "
                "Look for slow work at the top level of the app's modules (network calls, large models)."
            )
        if not process.ready:
            words = "\n".join(process.last_words)
            raise WorkerStartFailed(
                f"The worker process {process.pid} {process.how_it_ended()} before it had loaded the app in "
                f"{self._app_root}." + (f" Its last words:\n{words}" if words else "")
            )
        self._failed_starts = 0
        self._say(logging.INFO, "Worker process started and initialized.")
        self._change()
        return process

    async def _wait_for_index(self, process: OneProcess) -> tuple[set[object], set[object]]:
        try:
            done, pending = await asyncio.wait({process.index}, timeout=self._start_timeout)
        except asyncio.CancelledError:
            process.kill()
            raise
        return set(done), set(pending)

    def _forget(self, process: OneProcess) -> None:
        if process in self._processes and not self._stopping:
            self._processes.remove(process)
            self._apart.discard(process)

    def _give_up(self, last: WorkerStartFailed) -> None:
        self._say(logging.CRITICAL, RETRIES_EXCEEDED)
        if self._failure is not None and not self._failure.done():
            self._failure.set_result(WorkerStartFailed(f"{RETRIES_EXCEEDED}. The last failure: {last}"))
        self._change()

    @property
    def _given_up(self) -> bool:
        return self._failure is not None and self._failure.done()

    # -- choosing ----------------------------------------------------------------------------------------------

    @property
    def _shared(self) -> list[OneProcess]:
        """The processes that are for everybody."""
        return [process for process in self._processes if process not in self._apart]

    def _least_busy(self) -> OneProcess | None:
        if len(self._processes) == 1 and not self._apart:
            return self._processes[0] if self._processes[0].ready else None
        ready = [process for process in self._shared if process.ready]
        return min(ready, key=lambda process: len(process.pending)) if ready else None

    async def _wait_for_one(self) -> None:
        if self._stopping:
            raise WorkerLost("The workers have been stopped.")
        if self._failure is not None and self._failure.done():
            raise self._failure.result()
        await self._changed.wait()

    def _change(self) -> None:
        """Wake whoever waits for a process."""
        self._changed.set()
        self._changed = asyncio.Event()

    def _say(self, level: int, message: str) -> None:
        self._on_log(
            LogLine(invocation_id=None, function_name=None, level=level, category=_CATEGORY, message=message)
        )
