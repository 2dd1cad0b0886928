"""What an activity costs: counted in work, not in time, so that no busy machine can make these tests fail.

Work is the steps of SQLite's virtual machine (each row looked at costs some), the calls of functions, the whole
replays among them, and the bytes handed to workers.
"""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from unittest import mock

import azure.durable_functions as df
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from funchost.dispatch.settings import HubSettings
from funchost.model.status import RuntimeStatus
from funchost.store import sqlite
from funchost.store.base import Change, HistoryAppend
from funchost.worker.contract import Invocation, InvocationResult
from tests.funchost.store.builders import activity, completed, entity, instance, raised, scheduled

from .conftest import RunningHub, ScriptedApp, running_hub

A_TENTH = 1.1
SESSIONS = HubSettings(function_timeout=None, extended_sessions=True)
REPLAYS = HubSettings(function_timeout=None, extended_sessions=False)


@dataclass
class Work:
    """What was done. ``sqlite_steps`` in hundreds."""

    sqlite_steps: int = 0
    calls: int = 0
    replays: int = 0
    bytes_sent: int = 0

    def since(self, before: Work) -> Work:
        return Work(
            self.sqlite_steps - before.sqlite_steps,
            self.calls - before.calls,
            self.replays - before.replays,
            self.bytes_sent - before.bytes_sent,
        )

    def copy(self) -> Work:
        return self.since(Work())


class CountingApp(ScriptedApp):
    """An app that counts what its functions are handed."""

    def __init__(self, work: Work) -> None:
        super().__init__()
        self.work = work

        @self.orchestrator
        def chain(context: df.DurableOrchestrationContext) -> Any:
            for number in range(context.get_input()):
                yield context.call_activity("echo", number)

        @self.orchestrator
        def fan_out(context: df.DurableOrchestrationContext) -> Any:
            yield context.task_all([context.call_activity("echo", n) for n in range(context.get_input())])

        @self.activity
        def echo(value: Any) -> Any:
            return value

    async def invoke(self, invocation: Invocation) -> InvocationResult:
        self.work.calls += 1
        self.work.bytes_sent += len(str(invocation.trigger))
        is_orchestrator = invocation.function_name in self.orchestrators
        if is_orchestrator and (invocation.session is None or invocation.session.known_events == 0):
            self.work.replays += 1
        return await super().invoke(invocation)


@contextmanager
def counted_sqlite(work: Work) -> Iterator[None]:
    """Count the steps of every hub in memory that is opened meanwhile."""

    def count() -> int:
        work.sqlite_steps += 1
        return 0

    def open_counted() -> sqlite3.Connection:
        connection = open_memory()
        connection.set_progress_handler(count, 100)
        return connection

    open_memory = sqlite.open_memory
    with mock.patch.object(sqlite, "open_memory", open_counted):
        yield


def work_for(name: str, size: int, *, others: int = 0, settings: HubSettings = SESSIONS) -> Work:
    """What it takes to run an orchestrator to its end, in a hub with so many ``others`` of every kind."""

    async def scenario() -> Work:
        with counted_sqlite(work):
            async with running_hub(CountingApp(work), settings=settings) as hub:
                await populate(hub, others)
                before = work.copy()
                await hub.output(await hub.start(name, size))
                return work.since(before)

    work = Work()
    return asyncio.run(scenario())


async def populate(hub: RunningHub, count: int) -> None:
    """Give the hub finished and waiting instances with their histories, inboxes, late activities, and entities."""
    store = hub.hub._store
    message_id = task_id = 1_000_000  # the hub counts on from where it was, far below
    for number in range(count):
        done, waits = f"{number:05}-done", f"{number:05}-waits"
        await store.commit(
            Change(
                put_instances=(
                    instance(done, runtime_status=RuntimeStatus.COMPLETED),
                    instance(waits, runtime_status=RuntimeStatus.RUNNING),
                ),
                append_history=tuple(
                    HistoryAppend(
                        instance_id=i, execution_id="1", first_sequence=0, events=(scheduled(0), completed(0))
                    )
                    for i in (done, waits)
                ),
                add_messages=(raised(message_id + 2 * number, waits), raised(message_id + 2 * number + 1, waits)),
                add_tasks=(activity(task_id + number, waits),),
                put_entities=(entity("counter", str(number)),),
            ),
            urgent=False,
        )


@settings(max_examples=5, deadline=None, phases=[Phase.generate])  # a smaller example would say nothing more
@given(size=st.integers(1, 8), others=st.integers(50, 300))
def test_an_activity_costs_the_same_in_a_crowded_hub_as_in_an_empty_one(size: int, others: int) -> None:
    alone, crowded = work_for("chain", size), work_for("chain", size, others=others)

    assert (crowded.calls, crowded.replays, crowded.bytes_sent) == (alone.calls, alone.replays, alone.bytes_sent)
    assert crowded.sqlite_steps <= alone.sqlite_steps * A_TENTH + 5


def test_twice_the_activities_cost_twice_the_work_where_orchestrators_stay_alive() -> None:
    short, long = work_for("chain", 100), work_for("chain", 200)

    assert long.sqlite_steps <= 2 * short.sqlite_steps * A_TENTH
    assert long.calls <= 2 * short.calls
    assert long.replays <= short.replays + 1  # once more, as history has doubled
    assert long.bytes_sent <= 2 * short.bytes_sent * A_TENTH


def test_activities_side_by_side_cost_no_more_than_one_after_the_other() -> None:
    # How many completions an episode takes together depends on the threads; at worst it takes one.
    side_by_side, in_turn = work_for("fan_out", 200), work_for("chain", 200)

    assert side_by_side.sqlite_steps <= in_turn.sqlite_steps * A_TENTH
    assert side_by_side.calls <= in_turn.calls
    assert side_by_side.replays <= in_turn.replays
    assert side_by_side.bytes_sent <= in_turn.bytes_sent * A_TENTH


def test_replaying_every_time_sends_each_event_once_per_episode_and_the_store_is_not_asked_for_it() -> None:
    short, long = work_for("chain", 50, settings=REPLAYS), work_for("chain", 100, settings=REPLAYS)

    assert long.sqlite_steps <= 2 * short.sqlite_steps * A_TENTH
    assert long.calls <= 2 * short.calls
    assert long.bytes_sent <= 4 * short.bytes_sent * A_TENTH
