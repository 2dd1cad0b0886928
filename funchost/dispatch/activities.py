"""Runs activity tasks: at least once each, as many at a time as ``host.json`` allows."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import datetime

from funchost.clock import Clock
from funchost.dispatch.functions import FunctionTable
from funchost.dispatch.invoker import TIMEOUT_ERROR, Invoker, UnderWay, poison_text
from funchost.dispatch.outbox import Outbox
from funchost.dispatch.settings import HubSettings
from funchost.engine.outcome import HTTP_ACTIVITY
from funchost.errors import FunctionNotFound
from funchost.model.history import TaskCompleted, TaskFailed
from funchost.model.messages import ActivityTask
from funchost.prompt import PromptTasks
from funchost.store.base import Change
from funchost.wire.timestamps import parse_time
from funchost.worker.contract import Failed, Following, InvocationResult, Succeeded, WorkerLost

CallHttp = Callable[[str], Awaitable[str]]
"""Makes a durable HTTP call: JSON text of the request in, JSON text of the response out. Raises OSError."""


class Activities:
    """The queue of activity tasks and what runs them."""

    def __init__(
        self,
        *,
        outbox: Outbox,
        invoker: Invoker,
        functions: FunctionTable,
        clock: Clock,
        settings: HubSettings,
        call_http: CallHttp,
        following: Callable[[ActivityTask], Following | None],
        on_under_way: Callable[[str, UnderWay], None],
    ) -> None:
        """``following`` tells what a worker may go on with; ``on_under_way`` hears of an instance where one has."""
        self._outbox = outbox
        self._invoker = invoker
        self._functions = functions
        self._clock = clock
        self._settings = settings
        self._call_http = call_http
        self._following = following
        self._on_under_way = on_under_way
        self._queue: deque[ActivityTask] = deque()
        self._running = 0
        self._tasks = PromptTasks()
        self._is_open = True

    def put(self, task: ActivityTask) -> None:
        """Run a task that is kept in the store, now or when its turn comes."""
        self._queue.append(task)
        self._start_next()

    def next_end(self) -> tuple[asyncio.Future[None], ...]:
        """Done when one of those that run now has ended; nothing where none runs."""
        return self._tasks.next_end()

    @property
    def is_idle(self) -> bool:
        return not self._queue and not self._running

    async def stop(self) -> None:
        """Start nothing more and leave what runs; it stays in the store and runs again."""
        self._is_open = False
        await self._tasks.stop()

    def _start_next(self) -> None:
        while self._is_open and self._queue and self._running < self._settings.max_concurrent_activities:
            self._running += 1
            self._tasks.start(self._run(self._queue.popleft()))

    async def _run(self, task: ActivityTask) -> None:
        try:
            await self._run_function(task)
            await self._outbox.room()  # a slow disk slows down what is started
        except WorkerLost:
            if self._is_open:
                self._after_lost_worker(task)
        finally:
            self._running -= 1
            self._start_next()

    async def _run_function(self, task: ActivityTask) -> None:
        if task.name == HTTP_ACTIVITY:
            self._report(task, await self._answer_http(task))
            return
        try:
            function = self._functions.find("activity", task.name)
        except FunctionNotFound as error:
            self._report(task, _failed(task, str(error), "", self._clock.now()))
            return
        following = self._following(task) if task.deliveries == 0 else None
        result = await self._invoker.invoke(
            function.name,
            "null" if task.input is None else task.input,
            alone=task.deliveries > 0,
            following=following,
        )
        if following is None or not isinstance(result, Succeeded) or result.followed_at is None:
            self._report(task, _body(task, result, self._clock.now()))
            return
        body = _body(task, result, parse_time(result.followed_at))
        self._report(task, body, following=following, episode=result.episode)

    async def _answer_http(self, task: ActivityTask) -> TaskCompleted | TaskFailed:
        try:
            response = await self._call_http(task.input or "null")
        except (OSError, ValueError) as error:
            return _failed(task, f"{type(error).__name__}: {error}", "", self._clock.now())
        return TaskCompleted(timestamp=self._clock.now(), task_scheduled_id=task.event_id, result=response)

    def _report(
        self,
        task: ActivityTask,
        body: TaskCompleted | TaskFailed,
        *,
        following: Following | None = None,
        episode: Awaitable[InvocationResult] | None = None,
    ) -> None:
        message = self._outbox.message(task.instance_id, body, execution_id=task.execution_id)
        if following is not None and episode is not None:
            under_way = UnderWay(
                following=following, message_id=message.message_id, at=body.timestamp, answer=episode
            )
            self._on_under_way(task.instance_id, under_way)
        self._outbox.publish_soon(Change(remove_tasks=(task.task_id,), add_messages=(message,)))

    def _after_lost_worker(self, task: ActivityTask) -> None:
        again = replace(task, deliveries=task.deliveries + 1)
        if again.deliveries < self._settings.poison_limit:
            self._outbox.publish_soon(Change(remove_tasks=(task.task_id,), add_tasks=(again,)))
            return
        reason = f"Activity function '{task.name}' failed:  WorkerLost: {poison_text('activity', again.deliveries)}"
        self._report(task, _failed(task, reason, "", self._clock.now()))


def _body(task: ActivityTask, result: InvocationResult, now: datetime) -> TaskCompleted | TaskFailed:
    """The event that a function's result becomes."""
    if isinstance(result, Failed):
        # Two blanks: the extension puts its own sentence before the worker's text, which begins with one.
        # That a function ran out of time is not the worker's text but the host's.
        told = result.message if result.error_type == TIMEOUT_ERROR else f" {result.text}"
        return _failed(task, f"Activity function '{task.name}' failed: {told}", result.stack, now)
    value = result.value if isinstance(result.value, str) and result.value != "null" else None
    return TaskCompleted(timestamp=now, task_scheduled_id=task.event_id, result=value)


def _failed(task: ActivityTask, reason: str, details: str, now: datetime) -> TaskFailed:
    return TaskFailed(timestamp=now, task_scheduled_id=task.event_id, reason=reason, details=details)
