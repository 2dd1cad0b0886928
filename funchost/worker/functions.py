"""Runs invocations in this process: each on the threads, or the event loop, that suit it.

Synchronous functions run on a pool of threads; orchestrators and entities on a pool of their own, so that busy
activities never keep an orchestration waiting; coroutines on the one event loop that lives as long as the
process, because the SDK keeps one HTTP session for all of them.
Imported by worker processes: standard library only.
"""

from __future__ import annotations

import asyncio
import contextvars
import inspect
from collections.abc import Callable
from dataclasses import replace
from functools import partial

from funchost.app.loader import LoadedApp, LoadedFunction
from funchost.clock import Clock, SystemClock
from funchost.worker import conversion, logs
from funchost.worker.contract import Failed, Following, Invocation, InvocationResult, Succeeded
from funchost.worker.following import events_of, time_of
from funchost.worker.sessions import Kept, Sessions
from funchost.worker.threads import DURABLE_THREADS, ThreadPool

Done = Callable[[str, InvocationResult], None]
"""Hears an invocation's id and what came of it; also of the episode that follows an activity, if one does."""

_REPLAYED = ("orchestrationTrigger", "entityTrigger")


class FunctionRunner:
    """Runs the functions of one loaded app. ``loop`` must run in a thread of its own or be the main one's."""

    def __init__(
        self,
        app: LoadedApp,
        loop: asyncio.AbstractEventLoop,
        *,
        threads: int,
        end_of_invocation: Callable[[], None] = lambda: None,
        clock: Clock | None = None,
    ) -> None:
        self._app = app
        self._loop = loop
        self._end_of_invocation = end_of_invocation
        self._clock = clock or SystemClock()
        self._pool = ThreadPool(threads, "function")
        self._durable_pool = ThreadPool(DURABLE_THREADS, "durable")
        self._sessions = Sessions()
        self._tasks: set[asyncio.Task[None]] = set()
        self._running: dict[str, str] = {}

    def start(self, invocation: Invocation, done: Done) -> None:
        """Begin an invocation. ``done`` is called in whatever thread it ended. From any thread."""
        loaded = self._app.functions.get(invocation.function_name)
        if loaded is None:
            name = invocation.function_name
            missing = Failed(error_type="LookupError", message=f"The app has no function '{name}'.", stack="")
            done(invocation.invocation_id, missing)
            return
        self._running[invocation.invocation_id] = invocation.function_name
        # An empty context for each: what one invocation sets, no other sees.
        context = contextvars.Context()
        if inspect.iscoroutinefunction(loaded.function):
            self._loop.call_soon_threadsafe(partial(self._start_task, loaded, invocation, done), context=context)
            return
        pool = self._durable_pool if loaded.info.trigger.type in _REPLAYED else self._pool
        pool.submit(partial(context.run, self._run, loaded, invocation, done))

    def find_function(self, invocation_id: str) -> str | None:
        """The name of the function that runs under this id."""
        return self._running.get(invocation_id)

    def close(self) -> None:
        """End the threads after what they are doing; coroutines are cancelled. From the loop's thread."""
        self._pool.close()
        self._durable_pool.close()
        for task in self._tasks:
            task.cancel()

    def _run(self, loaded: LoadedFunction, invocation: Invocation, done: Done) -> None:
        logs.current.set(logs.Running(invocation.invocation_id, invocation.function_name))
        logs.thread_local_storage.invocation_id = invocation.invocation_id
        try:
            result: InvocationResult
            if invocation.session is not None:
                result = self._sessions.run(loaded.function, invocation)
            else:
                arguments, outputs = conversion.arguments_for(loaded, invocation)
                value = loaded.function(**arguments)
                result = conversion.result_of(loaded, value, outputs)
        except BaseException as error:  # sys.exit() in a function ends that function only
            result = conversion.failure_of(error)
        logs.thread_local_storage.invocation_id = None
        follow = self._end(invocation, result, done)
        if follow is not None:
            contextvars.Context().run(follow)

    def _start_task(self, loaded: LoadedFunction, invocation: Invocation, done: Done) -> None:
        task = self._loop.create_task(self._run_async(loaded, invocation, done))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _run_async(self, loaded: LoadedFunction, invocation: Invocation, done: Done) -> None:
        logs.current.set(logs.Running(invocation.invocation_id, invocation.function_name))
        try:
            arguments, outputs = conversion.arguments_for(loaded, invocation)
            value = await loaded.function(**arguments)
            result = conversion.result_of(loaded, value, outputs)
        except BaseException as error:
            result = conversion.failure_of(error)
        follow = self._end(invocation, result, done)
        if follow is not None:
            self._durable_pool.submit(partial(contextvars.Context().run, follow))

    def _end(self, invocation: Invocation, result: InvocationResult, done: Done) -> Callable[[], None] | None:
        """Say that an invocation has ended, and return what is to follow it at once."""
        following, kept = invocation.following, None
        if following is not None and isinstance(result, Succeeded) and isinstance(result.value, str):
            kept = self._sessions.take(following.session)
        if following is None or kept is None:
            self._tell(invocation.invocation_id, result, done)
            return None
        assert isinstance(result, Succeeded)
        at = time_of(following, self._clock.now())
        self._tell(invocation.invocation_id, replace(result, followed_at=at), done)
        return partial(self._follow, following, kept, str(result.value), at, done)

    def _follow(self, following: Following, kept: Kept, value: str, at: str, done: Done) -> None:
        """Run the episode of an orchestrator that an activity's success leads to."""
        invocation_id, name = following.invocation_id, following.function_name
        self._running[invocation_id] = name
        logs.current.set(logs.Running(invocation_id, name))
        logs.thread_local_storage.invocation_id = invocation_id
        result = self._sessions.feed(following.session, kept, partial(events_of, following, value, at))
        logs.thread_local_storage.invocation_id = None
        self._tell(invocation_id, result, done)

    def _tell(self, invocation_id: str, result: InvocationResult, done: Done) -> None:
        self._end_of_invocation()
        self._running.pop(invocation_id, None)
        done(invocation_id, result)
