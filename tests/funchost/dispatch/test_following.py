"""An episode that a worker goes on with after an activity is the one the host would ask for, or it is given up."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from itertools import pairwise
from typing import Any

import azure.durable_functions as df

from funchost.dispatch.settings import HubSettings
from funchost.engine.intake import TICK
from funchost.model.history import OrchestratorStarted, TaskCompleted
from funchost.worker.contract import Invocation, InvocationResult, Succeeded, WorkerLost
from tests.funchost.dispatch.conftest import RunningHub, ScriptedApp, running_hub

SETTINGS = HubSettings(function_timeout=None, extended_sessions=True)


class App(ScriptedApp):
    """Follows activities; lists what the host asks for, and calls ``meanwhile`` before it tells of an episode."""

    def __init__(self) -> None:
        super().__init__(follows=True)
        self.asked_for: list[str] = []
        self.meanwhile: Callable[[], Awaitable[Any]] | None = None
        self.dies_in_episode = False

    async def invoke(self, invocation: Invocation) -> InvocationResult:
        self.asked_for.append(invocation.function_name)
        meanwhile = self.meanwhile
        if meanwhile is not None and invocation.function_name in self.activities:
            self.meanwhile = None
            await meanwhile()
        return await super().invoke(invocation)

    async def hand_over(self, episode: Invocation, answer: Succeeded) -> InvocationResult:
        if self.dies_in_episode:
            self.dies_in_episode = False
            raise WorkerLost("died")
        return answer


def make_app() -> App:
    app = App()

    @app.activity
    def plus_one(number: int) -> int:
        return number + 1

    @app.activity
    def fails(number: int) -> int:
        raise ValueError(str(number))

    @app.orchestrator
    def chain(context: df.DurableOrchestrationContext) -> Any:
        value = 0
        for _ in range(context.get_input()):
            value = yield context.call_activity("plus_one", value)
        return value

    @app.orchestrator
    def tells_times(context: df.DurableOrchestrationContext) -> Any:
        times = []
        for number in range(3):
            yield context.call_activity("plus_one", number)
            times.append(context.current_utc_datetime.isoformat())
        return times

    @app.orchestrator
    def survives(context: df.DurableOrchestrationContext) -> Any:
        yield context.call_activity("plus_one", 1)
        try:
            yield context.call_activity("fails", 2)
        except Exception:
            return (yield context.call_activity("plus_one", 3))

    @app.orchestrator
    def races(context: df.DurableOrchestrationContext) -> Any:
        event = context.wait_for_external_event("go")
        yield context.task_any([event, context.call_activity("plus_one", 1)])
        return (yield context.call_activity("plus_one", 2))

    return app


def in_hub(scenario: Callable[[RunningHub, App], Awaitable[None]], settings: HubSettings = SETTINGS) -> None:
    async def run() -> None:
        app = make_app()
        async with running_hub(app, settings=settings) as hub:
            await scenario(hub, app)

    asyncio.run(run())


def test_a_chain_asks_for_its_orchestrator_once() -> None:
    async def scenario(hub: RunningHub, app: App) -> None:
        assert await hub.run("chain", 5) == 5
        assert app.asked_for == ["chain", *["plus_one"] * 5]
        assert app.followed == 5

    in_hub(scenario)


def test_the_history_is_the_one_without() -> None:
    async def scenario(hub: RunningHub, app: App) -> None:
        await hub.start("chain", 3, "followed")
        await hub.settle()
        app.follows = False
        await hub.start("chain", 3, "asked")
        await hub.settle()
        assert app.followed == 3
        assert await hub.event_names("followed") == await hub.event_names("asked")

    in_hub(scenario)


def test_the_episode_has_the_time_that_the_worker_gave_it() -> None:
    async def scenario(hub: RunningHub, app: App) -> None:
        await hub.start("tells_times", None, "i")
        times = await hub.output("i")
        history = await hub.hub.get_history("i")
        started = [event.timestamp for event in history if isinstance(event, OrchestratorStarted)][1:]
        completed = [event.timestamp for event in history if isinstance(event, TaskCompleted)]
        assert started == completed  # the worker has given both the same time
        assert [time.isoformat() for time in started] == times
        assert all(later - earlier == TICK for earlier, later in pairwise(started))
        assert app.followed == 3

    in_hub(scenario)


def test_after_a_failure_the_host_asks() -> None:
    async def scenario(hub: RunningHub, app: App) -> None:
        assert await hub.run("survives") == 4
        assert app.asked_for.count("survives") == 2  # at its start and after the failure
        assert app.followed == 2

    in_hub(scenario)


def test_where_something_else_may_come_first_nothing_follows() -> None:
    async def scenario(hub: RunningHub, app: App) -> None:
        await hub.start("races", None, "i")
        assert await hub.output("i") == 3
        assert app.followed == 0  # the event is still waited for while the second activity runs

    in_hub(scenario)


def test_an_instance_suspended_meanwhile_goes_on_by_replay_once_it_is_resumed() -> None:
    async def scenario(hub: RunningHub, app: App) -> None:
        app.meanwhile = lambda: hub.hub.suspend("i", "wait")
        await hub.start("chain", 3, "i")
        await hub.settle()
        assert (await hub.record("i")).runtime_status.value == "Suspended"
        await hub.hub.resume("i", "go on")
        assert await hub.output("i") == 3
        assert app.asked_for.count("plus_one") == 3
        assert app.asked_for.count("chain") > 1

    in_hub(scenario)


def test_an_instance_terminated_meanwhile_stays_terminated() -> None:
    async def scenario(hub: RunningHub, app: App) -> None:
        app.meanwhile = lambda: hub.hub.terminate("i", "enough")
        await hub.start("chain", 3, "i")
        await hub.settle()
        assert (await hub.record("i")).runtime_status.value == "Terminated"
        assert app.asked_for == ["chain", "plus_one"]

    in_hub(scenario)


def test_a_worker_that_dies_in_the_episode_costs_a_replay_and_no_activity() -> None:
    async def scenario(hub: RunningHub, app: App) -> None:
        app.dies_in_episode = True
        assert await hub.run("chain", 3) == 3
        # The replay after a death runs in a process of its own, which keeps nothing alive, so one more follows.
        assert app.asked_for == ["chain", "plus_one", "chain", "plus_one", "chain", "plus_one"]

    in_hub(scenario)


def test_a_limit_on_orchestrators_is_kept_by_the_host_alone() -> None:
    async def scenario(hub: RunningHub, app: App) -> None:
        assert await hub.run("chain", 3) == 3
        assert app.followed == 0

    in_hub(scenario, replace(SETTINGS, max_concurrent_orchestrators=1))


def test_without_extended_sessions_nothing_follows() -> None:
    async def scenario(hub: RunningHub, app: App) -> None:
        assert await hub.run("chain", 3) == 3
        assert app.followed == 0

    in_hub(scenario, replace(SETTINGS, extended_sessions=False))
