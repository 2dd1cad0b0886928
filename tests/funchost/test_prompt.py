"""Futures and tasks that go on at once where asyncio's wait for the event loop's next turn."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from funchost.prompt import Ending, PromptFuture, PromptTasks, Turn, at_end_of_turn


def in_a_loop(scenario: Callable[[], Awaitable[None]]) -> None:
    asyncio.run(asyncio.wait_for(scenario(), 10))  # type: ignore[arg-type]


async def outside_any_task(call: Callable[[], Any]) -> None:
    """Call as the loop calls what has arrived on a pipe."""
    loop, called = asyncio.get_running_loop(), asyncio.Event()

    def now() -> None:
        call()
        called.set()

    loop.call_soon(now)
    await called.wait()


def test_a_task_goes_on_inside_set_result() -> None:
    async def scenario() -> None:
        future: PromptFuture[int] = PromptFuture(asyncio.get_running_loop())
        seen: list[int] = []

        async def waiter() -> None:
            seen.append(await future)

        waiting = asyncio.ensure_future(waiter())
        await asyncio.sleep(0)

        def arrives() -> None:
            future.set_result(7)
            seen.append(8)

        await outside_any_task(arrives)
        assert seen == [7, 8]
        await waiting

    in_a_loop(scenario)


def test_out_of_another_task_it_goes_on_in_the_next_turn() -> None:
    async def scenario() -> None:
        future: PromptFuture[int] = PromptFuture(asyncio.get_running_loop())
        seen: list[int] = []

        async def waiter() -> None:
            seen.append(await future)

        waiting = asyncio.ensure_future(waiter())
        await asyncio.sleep(0)
        future.set_result(7)
        seen.append(8)
        await waiting
        assert seen == [8, 7]

    in_a_loop(scenario)


def test_what_comes_of_an_answer_runs_in_the_same_turn_though_out_of_another_task() -> None:
    async def scenario() -> None:
        loop = asyncio.get_running_loop()
        first: PromptFuture[int] = PromptFuture(loop)
        second: PromptFuture[int] = PromptFuture(loop)
        seen: list[int] = []

        async def passes_on() -> None:
            second.set_result(await first + 1)
            seen.append(1)

        async def waiter() -> None:
            seen.append(await second)

        waiting = [asyncio.ensure_future(passes_on()), asyncio.ensure_future(waiter())]
        await asyncio.sleep(0)

        def arrives() -> None:
            first.set_result(1)
            seen.append(3)

        await outside_any_task(arrives)
        assert seen == [1, 2, 3]
        await asyncio.wait(waiting)

    in_a_loop(scenario)


def test_an_exception_is_raised_where_it_is_awaited() -> None:
    async def scenario() -> None:
        future: PromptFuture[int] = PromptFuture(asyncio.get_running_loop())
        asyncio.get_running_loop().call_soon(future.set_exception, KeyError("gone"))
        with pytest.raises(KeyError, match="gone"):
            await future

    in_a_loop(scenario)


def test_cancelling_the_task_that_awaits_it_cancels_it() -> None:
    async def scenario() -> None:
        future: PromptFuture[int] = PromptFuture(asyncio.get_running_loop())

        async def waiter() -> None:
            await future

        waiting = asyncio.ensure_future(waiter())
        await asyncio.sleep(0)
        waiting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await waiting
        assert future.cancelled()

    in_a_loop(scenario)


def test_asyncio_takes_it_for_a_future() -> None:
    async def scenario() -> None:
        loop = asyncio.get_running_loop()
        first: PromptFuture[int] = PromptFuture(loop)
        second: PromptFuture[int] = PromptFuture(loop)
        third: PromptFuture[int] = PromptFuture(loop)
        assert asyncio.isfuture(first)
        loop.call_soon(first.set_result, 1)
        loop.call_soon(second.set_result, 2)
        assert await asyncio.gather(first, second) == [1, 2]  # type: ignore[comparison-overlap]
        done, waiting = await asyncio.wait([first, third], return_when=asyncio.FIRST_COMPLETED)  # type: ignore[type-var]
        assert (done, waiting) == ({first}, {third})
        with pytest.raises(asyncio.TimeoutError):
            await asyncio.wait_for(asyncio.shield(third), 0.01)
        assert not third.done()
        third.cancel("enough")
        (gathered,) = await asyncio.gather(third, return_exceptions=True)
        assert isinstance(gathered, asyncio.CancelledError)
        assert gathered.args == ("enough",)

    in_a_loop(scenario)


def test_a_result_is_set_once() -> None:
    async def scenario() -> None:
        future: PromptFuture[int] = PromptFuture(asyncio.get_running_loop())
        with pytest.raises(asyncio.InvalidStateError):
            future.result()
        future.set_result(1)
        with pytest.raises(asyncio.InvalidStateError):
            future.set_result(2)

    in_a_loop(scenario)


def test_a_callback_that_fails_does_not_keep_the_others_from_running() -> None:
    async def scenario() -> None:
        loop = asyncio.get_running_loop()
        reported: list[dict[str, Any]] = []
        loop.set_exception_handler(lambda _, context: reported.append(context))
        future: PromptFuture[int] = PromptFuture(loop)
        seen: list[int] = []
        future.add_done_callback(lambda _: 1 / 0)
        future.add_done_callback(lambda done: seen.append(done.result()))
        await outside_any_task(lambda: future.set_result(3))
        assert seen == [3]
        assert [type(context["exception"]) for context in reported] == [ZeroDivisionError]

    in_a_loop(scenario)


def test_what_is_started_outside_a_task_runs_up_to_its_first_wait() -> None:
    async def scenario() -> None:
        tasks, seen = PromptTasks(), []
        release = asyncio.Event()

        async def work(number: int) -> None:
            seen.append(number)
            await release.wait()
            seen.append(-number)

        tasks.start(work(1))
        release.set()
        await outside_any_task(lambda: None)
        await outside_any_task(lambda: None)  # the first has ended by now, and its task waits for more
        release.clear()
        started: list[list[int]] = []
        await outside_any_task(lambda: (tasks.start(work(2)), started.append(list(seen))))
        assert started == [[1, -1, 2]]
        await tasks.stop()
        assert seen == [1, -1, 2]

    in_a_loop(scenario)


def test_work_that_fails_is_reported_and_its_task_used_again() -> None:
    async def scenario() -> None:
        reported: list[dict[str, Any]] = []
        asyncio.get_running_loop().set_exception_handler(lambda _, context: reported.append(context))
        tasks, done = PromptTasks(), asyncio.Event()

        async def fails() -> None:
            raise ValueError("no")

        async def succeeds() -> None:
            done.set()

        tasks.start(fails())
        await asyncio.sleep(0)
        tasks.start(succeeds())
        await done.wait()
        assert [str(context["exception"]) for context in reported] == ["no"]
        await tasks.stop()

    in_a_loop(scenario)


@pytest.mark.filterwarnings("error")
def test_what_had_not_begun_when_all_was_stopped_never_begins() -> None:
    async def scenario() -> None:
        tasks, seen = PromptTasks(), []

        async def work() -> None:
            seen.append(1)

        tasks.start(work())
        await tasks.stop()
        assert seen == []

    in_a_loop(scenario)


def test_what_ends_a_turn_comes_after_all_that_the_turn_sets_going() -> None:
    async def scenario() -> None:
        loop = asyncio.get_running_loop()
        first: PromptFuture[int] = PromptFuture(loop)
        second: PromptFuture[int] = PromptFuture(loop)
        seen: list[str] = []

        async def waiter() -> None:
            at_end_of_turn(loop, Ending.SHOW, lambda: seen.append("end"))
            await first
            at_end_of_turn(loop, Ending.SHOW, ends_and_answers)
            seen.append("first")
            await second
            seen.append("second")
            at_end_of_turn(loop, Ending.SHOW, lambda: seen.append("end of what the end led to"))

        def ends_and_answers() -> None:
            seen.append("end")
            second.set_result(2)

        waiting = asyncio.ensure_future(waiter())
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        assert seen == ["end"]  # out of a task it is soon

        def arrives() -> None:
            with Turn(loop):
                first.set_result(1)
                seen.append("arrived")
            seen.append("over")

        await outside_any_task(arrives)
        assert seen[1:] == ["arrived", "first", "end", "second", "end of what the end led to", "over"]
        await waiting

    in_a_loop(scenario)


def test_a_turn_in_a_turn_is_part_of_it() -> None:
    async def scenario() -> None:
        loop = asyncio.get_running_loop()
        future: PromptFuture[int] = PromptFuture(loop)
        seen: list[int] = []
        future.add_done_callback(lambda done: seen.append(done.result()))

        def arrives() -> None:
            with Turn(loop) as outer:
                with Turn(loop) as inner:
                    future.set_result(1)
                    inner.run()
                assert seen == []
                outer.run()
                assert seen == [1]

        await outside_any_task(arrives)

    in_a_loop(scenario)


def test_an_ending_that_fails_does_not_keep_the_others_from_running() -> None:
    async def scenario() -> None:
        loop = asyncio.get_running_loop()
        reported: list[dict[str, Any]] = []
        loop.set_exception_handler(lambda _, context: reported.append(context))
        seen: list[int] = []

        def arrives() -> None:
            with Turn(loop):
                at_end_of_turn(loop, Ending.SHOW, lambda: 1 / 0)
                at_end_of_turn(loop, Ending.SHOW, lambda: seen.append(1))

        await outside_any_task(arrives)
        assert seen == [1]
        assert [type(context["exception"]) for context in reported] == [ZeroDivisionError]

    in_a_loop(scenario)


def test_the_next_end_of_work_is_told() -> None:
    async def scenario() -> None:
        tasks, release = PromptTasks(), asyncio.Event()

        async def work() -> None:
            await release.wait()

        assert tasks.next_end() == ()
        tasks.start(work())
        (end,) = tasks.next_end()
        await asyncio.sleep(0)
        assert not end.done()
        release.set()
        await end
        assert tasks.next_end() == ()
        await tasks.stop()

    in_a_loop(scenario)


def test_at_the_end_it_is_sent_then_kept_then_shown() -> None:
    async def scenario() -> None:
        loop = asyncio.get_running_loop()
        seen: list[str] = []

        def ends(kind: Ending) -> None:
            at_end_of_turn(loop, kind, lambda: seen.append(kind.name))

        def arrives() -> None:
            with Turn(loop):
                for kind in (Ending.SHOW, Ending.KEEP, Ending.SEND):
                    ends(kind)

        await outside_any_task(arrives)
        assert seen == ["SEND", "KEEP", "SHOW"]

    in_a_loop(scenario)


def test_out_of_a_turn_it_is_kept_after_what_is_ready_has_sent() -> None:
    async def scenario() -> None:
        loop = asyncio.get_running_loop()
        seen: list[str] = []

        async def ready() -> None:
            at_end_of_turn(loop, Ending.SEND, lambda: seen.append("sent"))

        at_end_of_turn(loop, Ending.KEEP, lambda: seen.append("kept"))
        running = asyncio.ensure_future(ready())
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        assert seen == ["sent", "kept"]
        await running

    in_a_loop(scenario)
