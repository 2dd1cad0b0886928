"""Futures and tasks that go on at once instead of in the event loop's next turn.

A step of an orchestration is three answers from outside: an activity's result, an orchestrator's reply, a commit.
With asyncio's own futures and tasks each of them costs several turns of the loop, which is more than the work in
between. Here an answer that arrives outside any task runs what waits for it then and there, in one ``Turn``. What
it has led to is kept, sent on and shown all at once, at the end of the turn.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Coroutine, Generator
from contextvars import Context, copy_context
from enum import IntEnum
from typing import Any, Generic, TypeAlias, TypeVar

ResultT = TypeVar("ResultT")

MOST_IDLE = 64
"""Tasks kept for what is started next."""


class PromptFuture(Generic[ResultT]):
    """A future whose callbacks, and so the task that awaits it, run inside ``set_result`` and ``set_exception``.

    No task can be entered out of another. Where one is running they run as soon as it waits if it was itself run in
    this way, else in the loop's next turn, as those of asyncio's futures do. asyncio takes any object with these
    members for a future (``asyncio.isfuture``).
    """

    __slots__ = (
        "_asyncio_future_blocking",
        "_callbacks",
        "_cancel_message",
        "_exception",
        "_is_cancelled",
        "_is_done",
        "_loop",
        "_result",
    )

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._asyncio_future_blocking = self._is_done = self._is_cancelled = False
        self._cancel_message: object = None
        self._result: ResultT | None = None
        self._exception: BaseException | None = None
        self._callbacks: list[tuple[Callable[[Any], object], Context]] = []

    def get_loop(self) -> asyncio.AbstractEventLoop:
        return self._loop

    def done(self) -> bool:
        return self._is_done

    def cancelled(self) -> bool:
        return self._is_cancelled

    def result(self) -> ResultT:
        """Raises what was set, CancelledError, or InvalidStateError while there is nothing."""
        if self._is_done and self._exception is None and not self._is_cancelled:
            return self._result  # type: ignore[return-value]
        error = self.exception()
        assert error is not None
        raise error

    def exception(self) -> BaseException | None:
        if self._is_cancelled:
            raise self._make_cancelled_error()
        if not self._is_done:
            raise asyncio.InvalidStateError("The result is not there yet.")
        return self._exception

    def set_result(self, result: ResultT) -> None:
        self._result = result
        self._end()

    def set_exception(self, exception: BaseException) -> None:
        self._exception = exception
        self._end()

    def cancel(self, msg: object = None) -> bool:
        """False where it is done already."""
        if self._is_done:
            return False
        self._is_cancelled = True
        self._cancel_message = msg
        self._end(at_once=False)
        return True

    def add_done_callback(self, callback: Callable[[Any], object], *, context: Context | None = None) -> None:
        entry = (callback, context or copy_context())
        if self._is_done:
            self._loop.call_soon(callback, self, context=entry[1])
        else:
            self._callbacks.append(entry)

    def remove_done_callback(self, callback: Callable[[Any], object]) -> int:
        """How many there were."""
        kept = [entry for entry in self._callbacks if entry[0] != callback]
        removed = len(self._callbacks) - len(kept)
        self._callbacks[:] = kept
        return removed

    def __await__(self) -> Generator[Any, None, ResultT]:
        if not self._is_done:
            self._asyncio_future_blocking = True
            yield self
        return self.result()

    __iter__ = __await__

    def _make_cancelled_error(self) -> asyncio.CancelledError:  # ``asyncio.gather`` calls it
        return (
            asyncio.CancelledError()
            if self._cancel_message is None
            else asyncio.CancelledError(self._cancel_message)
        )

    def _end(self, *, at_once: bool = True) -> None:
        if self._is_done:
            raise asyncio.InvalidStateError("There is a result already.")
        self._is_done = True
        if not self._callbacks:
            return
        calls = [(callback, self, context) for callback, context in self._callbacks]
        self._callbacks.clear()
        if at_once and (turn := _turns.get(self._loop)) is not None:
            turn.calls.extend(calls)  # run once the task that is running has come to its next wait
        elif at_once and asyncio.current_task(self._loop) is None:
            with Turn(self._loop) as turn:
                turn.calls.extend(calls)
        else:
            for callback, future, context in calls:
                self._loop.call_soon(callback, future, context=context)


_Call: TypeAlias = tuple[Callable[[Any], object], PromptFuture[Any], Context]


class Ending(IntEnum):
    """What is done at the end of a turn, in this order: others are at work while it is kept, and nobody reads."""

    SEND = 0
    KEEP = 1
    SHOW = 2


def _kind(entry: tuple[Ending, Callable[[], object]]) -> Ending:
    return entry[0]


class Turn:
    """What comes of something that has arrived from outside: callbacks one after the other, then endings.

    To be opened outside any task, as the loop calls what has arrived on a pipe; inside another turn it is part of
    that one. Endings (see ``at_end_of_turn``) do once what many callbacks ask for.
    """

    __slots__ = ("_is_outermost", "_loop", "calls", "endings")

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self.calls: deque[_Call] = deque()
        self.endings: list[tuple[Ending, Callable[[], object]]] = []

    def __enter__(self) -> Turn:
        outer = _turns.setdefault(self._loop, self)
        self._is_outermost = outer is self
        if not self._is_outermost:
            self.calls, self.endings = outer.calls, outer.endings
        return self

    def run(self) -> None:
        """Make the calls that wait, and those that come of them; inside another turn they wait on."""
        if not self._is_outermost:
            return
        calls = self.calls
        while calls:
            callback, future, context = calls.popleft()
            try:
                context.run(callback, future)
            except Exception as error:
                self._loop.call_exception_handler({"message": f"{callback!r} failed", "exception": error})

    def __exit__(self, *_: object) -> None:
        if not self._is_outermost:
            return
        try:
            self.run()
            while self.endings:
                first = min(self.endings, key=_kind)
                self.endings.remove(first)
                ending = first[1]
                try:
                    ending()
                except Exception as error:
                    self._loop.call_exception_handler({"message": f"{ending!r} failed", "exception": error})
                self.run()
        finally:
            del _turns[self._loop]
            for callback, future, context in self.calls:  # after a KeyboardInterrupt, say
                self._loop.call_soon(callback, future, context=context)
            for left in self.endings:
                self._loop.call_soon(left[1])


_turns: dict[asyncio.AbstractEventLoop, Turn] = {}
"""The turn of each loop that is in one."""


def at_end_of_turn(loop: asyncio.AbstractEventLoop, kind: Ending, ending: Callable[[], object]) -> None:
    """Call ``ending`` when everything that this turn sets going has come to its next wait.

    What ``ending`` adds to the turn is part of it, so an ending may ask for another. Out of a turn, what is to be
    sent is sent at once, what is to be shown is shown soon, and what is to be kept is kept a little later: when
    what is ready to run has run, and has sent what it has to send.
    """
    turn = _turns.get(loop)
    if turn is not None:
        turn.endings.append((kind, ending))
    elif kind is Ending.SEND:
        ending()
    elif kind is Ending.KEEP:
        loop.call_soon(loop.call_soon, ending)
    else:
        loop.call_soon(ending)


class PromptTasks:
    """Runs coroutines, each in a task that another one has left where there is such a task.

    What is started outside any task has mostly run up to its first wait when ``start`` returns.
    """

    def __init__(self) -> None:
        self._idle: list[PromptFuture[Coroutine[Any, Any, None]]] = []
        self._working = 0
        self._waiting: list[asyncio.Future[None]] = []
        self._tasks: set[asyncio.Task[None]] = set()
        self._not_begun: set[Coroutine[Any, Any, None]] = set()

    def start(self, work: Coroutine[Any, Any, None]) -> None:
        """Run ``work``. What it raises goes to the loop's exception handler."""
        self._working += 1
        self._not_begun.add(work)
        if self._idle:
            self._idle.pop().set_result(work)
        else:
            task = asyncio.ensure_future(self._serve(work))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    def next_end(self) -> tuple[asyncio.Future[None], ...]:
        """Done when a piece of work has ended; nothing where none runs."""
        if not self._working:
            return ()
        self._waiting.append(asyncio.get_running_loop().create_future())
        return (self._waiting[-1],)

    def _one_ended(self) -> None:
        self._working -= 1
        for waiting in self._waiting:
            if not waiting.done():
                waiting.set_result(None)
        self._waiting.clear()

    async def stop(self) -> None:
        """Cancel everything that runs, and wait for its end."""
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        self._idle.clear()
        await asyncio.gather(*tasks, return_exceptions=True)
        for work in self._not_begun:
            work.close()
            self._one_ended()
        self._not_begun.clear()

    async def _serve(self, work: Coroutine[Any, Any, None]) -> None:
        loop = asyncio.get_running_loop()
        while True:
            self._not_begun.discard(work)
            try:
                await work
            except Exception as error:
                loop.call_exception_handler({"message": f"{work!r} failed", "exception": error})
            finally:
                self._one_ended()
            del work  # else a task that waits keeps the last one's values alive
            if len(self._idle) >= MOST_IDLE:
                return
            following: PromptFuture[Coroutine[Any, Any, None]] = PromptFuture(loop)
            self._idle.append(following)
            work = await following
