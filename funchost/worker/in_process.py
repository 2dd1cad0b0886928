"""Runs user code in the host's own process: for tests and the debugger, where breakpoints must hit.

The app is loaded on a thread of its own with its own event loop. On ``stop`` the app's modules are forgotten and
``sys.path`` is as it was, so the next app in this process starts clean. Packages an app brings along stay loaded
if they were imported before (the SDK): the first app's copy serves all.
"""

from __future__ import annotations

import asyncio
import logging
import sys
import threading
from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path

from funchost.app.environment import VENDORED
from funchost.app.index import AppIndex
from funchost.app.loader import LoadedApp, load_app
from funchost.errors import WorkerStartFailed
from funchost.worker import logs
from funchost.worker.contract import Invocation, InvocationResult, LogLine, OnLog, WorkerLost
from funchost.worker.functions import FunctionRunner
from funchost.worker.surroundings import Surroundings
from funchost.worker.threads import thread_count


class InProcessWorkers:
    """Runs one app in this process (``contract.Workers``).

    Args:
        app_root: The app's folder.
        settings: The app's settings; those that differ from the process environment are set in it until ``stop``.
        on_log: Called on the host's loop. What user code prints goes where this process prints.
        packages: Folders put first on ``sys.path``; the app's vendored ones where not given.
        log_level: The level of the root logger while the app is loaded.
    """

    def __init__(
        self,
        app_root: Path,
        *,
        settings: Mapping[str, str],
        on_log: OnLog,
        packages: Iterable[str] | None = None,
        log_level: int = logging.INFO,
    ) -> None:
        self._app_root = app_root.resolve()
        self._settings, self._on_log = dict(settings), on_log
        vendored = self._app_root / VENDORED
        self._packages = list(packages) if packages is not None else [str(vendored)] if vendored.is_dir() else []
        self._log_level = log_level
        self._host_loop: asyncio.AbstractEventLoop | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread: threading.Thread | None = None
        self._runner: FunctionRunner | None = None
        self._handler: logs.LogForwarder | None = None
        self._pending: dict[str, tuple[str, asyncio.Future[InvocationResult]]] = {}
        self._surroundings: Surroundings | None = None

    async def start(self) -> AppIndex:
        """Load the app. Raises ``WorkerStartFailed`` where its packages are not those already loaded."""
        self._host_loop = asyncio.get_running_loop()
        self._loop = asyncio.new_event_loop()
        self._surroundings = Surroundings(self._app_root)
        self._handler = logs.LogForwarder(self._log, self._find_function, only_invocations=True)
        logging.getLogger().addHandler(self._handler)
        self._surroundings.enter(self._settings, self._packages, self._log_level)
        self._thread = threading.Thread(target=self._serve, name="function-app", daemon=True)
        self._thread.start()
        try:
            loading = asyncio.run_coroutine_threadsafe(self._load(), self._loop)
            app = await asyncio.wrap_future(loading)
        except BaseException:
            await self.stop()
            raise
        self._runner = FunctionRunner(app, self._loop, threads=thread_count(self._settings))
        return app.index

    async def invoke(self, invocation: Invocation) -> InvocationResult:
        """Run one function. Raises ``WorkerLost`` where it was abandoned, or the app stopped under it."""
        if self._runner is None or self._host_loop is None:
            raise WorkerLost("The app has been stopped.")
        loop = self._host_loop
        answer: asyncio.Future[InvocationResult] = loop.create_future()
        self._pending[invocation.invocation_id] = (invocation.function_name, answer)

        def done(_: str, result: InvocationResult) -> None:
            if not loop.is_closed():
                loop.call_soon_threadsafe(_answer, answer, result)

        try:
            # Nothing follows by itself: an episode has the time of the host's clock, which may be a virtual one.
            self._runner.start(replace(invocation, following=None), done)
            return await answer
        finally:
            self._pending.pop(invocation.invocation_id, None)

    async def abandon(self, invocation_id: str) -> None:
        """Stop waiting for an invocation: it raises ``WorkerLost``. Its thread cannot be ended and goes on."""
        name, answer = self._pending.get(invocation_id, ("", None))
        if answer is not None and not answer.done():
            answer.set_exception(WorkerLost(f"'{name}' was abandoned; it still runs in this process."))

    async def stop(self) -> None:
        """Forget the app. Running invocations raise ``WorkerLost``; their threads are daemons. Idempotent."""
        runner, self._runner = self._runner, None
        loop, self._loop = self._loop, None
        for name, answer in self._pending.values():
            if not answer.done():
                answer.set_exception(WorkerLost(f"The app was stopped while '{name}' ran."))
        if loop is not None and self._thread is not None:
            if runner is not None:
                loop.call_soon_threadsafe(runner.close)
            loop.call_soon_threadsafe(loop.stop)
            await asyncio.to_thread(self._thread.join, 2.0)
        if self._handler is not None:
            logging.getLogger().removeHandler(self._handler)
            self._handler = None
        if self._surroundings is not None:
            self._surroundings.leave()
            self._surroundings = None

    async def _load(self) -> LoadedApp:
        logs.current.set(logs.Running(None, None))  # what is logged while the app is imported is the app's
        _refuse_other_packages(self._packages)
        return load_app(self._app_root, self._settings)

    def _serve(self) -> None:
        loop = self._loop
        assert loop is not None
        asyncio.set_event_loop(loop)
        loop.run_forever()
        for task in asyncio.all_tasks(loop):
            task.cancel()
        loop.run_until_complete(_close_sdk_session())
        loop.run_until_complete(loop.shutdown_asyncgens())
        loop.close()

    def _log(self, line: LogLine) -> None:
        if self._host_loop is not None and not self._host_loop.is_closed():
            self._host_loop.call_soon_threadsafe(self._on_log, line)

    def _find_function(self, invocation_id: str) -> str | None:
        return self._runner.find_function(invocation_id) if self._runner is not None else None


def _answer(answer: asyncio.Future[InvocationResult], result: InvocationResult) -> None:
    if not answer.done():
        answer.set_result(result)


def _refuse_other_packages(packages: list[str]) -> None:
    """Two copies of the SDK cannot live in one process: say so rather than run an app on another's copy."""
    loaded = sys.modules.get("azure.functions")
    if loaded is None or loaded.__file__ is None or not packages:
        return
    wanted = [Path(entry, "azure", "functions", "__init__.py") for entry in packages]
    own = next((path for path in wanted if path.is_file()), None)
    if own is None or _version(own) == _version(loaded.__file__):
        return
    raise WorkerStartFailed(
        f"This process has already loaded azure-functions from {Path(loaded.__file__).parent}, but the app brings "
        f"another version in {own.parent}. Run the app in worker processes: leave out --in-process."
    )


def _version(sdk_file: str | Path) -> str | None:
    folder = Path(sdk_file).resolve().parents[2]
    return next((found.name for found in folder.glob("azure_functions-*.dist-info")), None)


async def _close_sdk_session() -> None:
    """SDK 1.x keeps one HTTP session for the process, bound to the loop that is about to close."""
    http_utils = sys.modules.get("azure.durable_functions.models.utils.http_utils")
    close = getattr(http_utils, "_close_session", None)
    if http_utils is not None and close is not None:
        await close()
        vars(http_utils)["_session_lock"] = asyncio.Lock()  # a lock belongs to the loop that first waited for it
