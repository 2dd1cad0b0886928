"""Random orchestrations, completions in random order, crashes at random commits: the result is always the same."""

from __future__ import annotations

import asyncio
import json
import random
import tempfile
from collections import Counter, defaultdict
from pathlib import Path
from typing import Any

import azure.durable_functions as df
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from funchost.dispatch.settings import HubSettings
from funchost.errors import StoreError
from funchost.model.history import (
    SubOrchestrationInstanceCompleted,
    SubOrchestrationInstanceFailed,
    TaskCompleted,
    TaskFailed,
    TimerFired,
)
from funchost.store.base import Change
from funchost.wire.out_of_proc import decode_reply
from funchost.worker.contract import Invocation, InvocationResult, Succeeded
from funchost.worker.sessions import Sessions

from .conftest import ManualClock, RunningHub, ScriptedApp, running_hub
from .programs import Step, check, make_app, programs, waits_of

INSTANCE = "the-instance"
slowly = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])


class Crash(StoreError):
    """Stands for the death of the host at a commit."""


class CrashPlan:
    """Dies at the commit with the given number: before it is kept, or right after, before anyone hears of it."""

    def __init__(self, at: int | None, *, after: bool) -> None:
        self.left = at
        self.after = after
        self.is_dead = False

    def wrap(self, store: Any) -> None:
        commit = store.commit

        async def dying_commit(change: Change, *, urgent: bool = True) -> None:
            if self.is_dead:
                raise Crash("the host is dead")
            if self.left is not None:
                self.left -= 1
                if self.left < 0:
                    self.is_dead = True
                    if self.after:
                        await commit(change, urgent=urgent)
                    raise Crash("the host dies")
            await commit(change, urgent=urgent)

        store.commit = dying_commit


class Shuffled(ScriptedApp):
    """Answers take a random number of turns of the loop, so that completions arrive in random order.

    Orchestrators take longest, so that completions pile up and are taken together.
    """

    def __init__(self, app: ScriptedApp, seed: int) -> None:
        super().__init__(app.orchestrators, app.activities, app.entities)
        self.random = random.Random(seed)

    async def invoke(self, invocation: Any) -> Any:
        turns = 80 if invocation.function_name in self.orchestrators else 12
        for _ in range(self.random.randrange(turns)):
            await asyncio.sleep(0)
        return await super().invoke(invocation)

    async def hand_over(self, episode: Invocation, answer: Succeeded) -> InvocationResult:
        for _ in range(self.random.randrange(80)):
            await asyncio.sleep(0)
        return answer


async def run_to_the_end(program: list[Step], seed: int, crashes: list[tuple[int, bool]]) -> RunningHub:
    """Run a program to its end, dying at the given commits; then check what must hold of what is left."""
    app = Shuffled(make_app(), seed)
    clock = ManualClock()
    plans = [CrashPlan(at, after=after) for at, after in crashes] + [CrashPlan(None, after=False)]
    waits = waits_of(program)
    acknowledged: Counter[str] = Counter()
    is_started = False
    with tempfile.TemporaryDirectory() as folder:
        for plan in plans:
            async with running_hub(app, path=Path(folder) / "hub.db", clock=clock, on_store=plan.wrap) as hub:
                hub.expects_failures = True
                try:
                    if not is_started:
                        if await hub.hub.get_instance(INSTANCE) is None:
                            await hub.start("interpret", program, INSTANCE)
                        is_started = True
                    for name, count in waits.items():
                        while acknowledged[name] < count:
                            text = json.dumps(f"{name} {acknowledged[name]}")
                            await hub.hub.raise_event(INSTANCE, name, text)
                            acknowledged[name] += 1
                    await hub.advance(hours=24 * 30)
                except Crash:
                    pass
                if plan.is_dead:
                    continue
                check(program, await hub.output(INSTANCE), INSTANCE)
                await assert_history_is_sound(hub)
        assert_history_only_grows(app.contexts)
    return hub


async def assert_history_is_sound(hub: RunningHub) -> None:
    """Every scheduled task has at most one completion, and the hub holds nothing that still waits."""
    completions: Counter[int] = Counter()
    for event in await hub.hub.get_history(INSTANCE):
        match event:
            case (
                TaskCompleted()
                | TaskFailed()
                | SubOrchestrationInstanceCompleted()
                | SubOrchestrationInstanceFailed()
            ):
                completions[event.task_scheduled_id] += 1
            case TimerFired():
                completions[event.timer_id] += 1
    assert all(count == 1 for count in completions.values())


def assert_history_only_grows(contexts: list[dict[str, Any]]) -> None:
    """What an orchestrator was shown and has been committed is shown again, unchanged, in every later episode."""
    shown: dict[tuple[str, str], list[Any]] = defaultdict(list)
    for context in contexts:
        history = context["history"]
        started = next(e for e in history if e["EventType"] == 0)["OrchestrationInstance"]
        key = (started["InstanceId"], started["ExecutionId"])
        last_start = max(i for i, e in enumerate(history) if e["EventType"] == 12)
        committed = history[:last_start]
        common = min(len(committed), len(shown[key]))
        assert committed[:common] == shown[key][:common]
        shown[key] = max(committed, shown[key], key=len)


@slowly
@given(program=programs, seed=st.integers(0, 2**32))
def test_a_program_gives_its_result_in_whatever_order_completions_arrive(program: list[Step], seed: int) -> None:
    asyncio.run(run_to_the_end(program, seed, []))


@slowly
@given(
    program=programs,
    seed=st.integers(0, 2**32),
    crashes=st.lists(st.tuples(st.integers(0, 12), st.booleans()), min_size=1, max_size=3),
)
def test_a_program_gives_its_result_however_often_the_host_dies(
    program: list[Step], seed: int, crashes: list[tuple[int, bool]]
) -> None:
    # An event whose acknowledgement was lost in a crash may be raised twice by its sender; programs that wait for
    # events say which value came first, so they run without crashes.
    program = [step for step in program if step[0] != "event"] or [["act", 1]]
    asyncio.run(run_to_the_end(program, seed, crashes))


@slowly
@given(program=programs, seed=st.integers(0, 2**32), capacity=st.integers(1, 4), follows=st.booleans())
def test_an_extended_session_answers_in_every_episode_what_a_replay_would(
    program: list[Step], seed: int, capacity: int, follows: bool
) -> None:
    asyncio.run(run_both_ways(program, seed, capacity, follows=follows))


@pytest.mark.parametrize(("follows", "followed"), [(False, 0), (True, 3)])
def test_programs_do_run_in_extended_sessions(follows: bool, followed: int) -> None:
    program: list[Step] = [["act", 1], ["race", 1], ["act", 2], ["sub", [["act", 3]]]]
    app = asyncio.run(run_both_ways(program, 0, 10, follows=follows))
    assert app.session_episodes >= 4
    assert app.followed == followed


@slowly
@given(program=programs, seed=st.integers(0, 2**32), most_events=st.integers(0, 40))
def test_a_replay_of_parsed_events_answers_what_one_of_the_whole_text_would(
    program: list[Step], seed: int, most_events: int
) -> None:
    asyncio.run(run_with_parsed_histories(program, seed, most_events))


def test_programs_do_run_over_parsed_events() -> None:
    app = asyncio.run(run_with_parsed_histories([["act", 1], ["race", 1], ["act", 2]], 0, 1000))
    assert app.session_episodes >= 3


async def run_with_parsed_histories(program: list[Step], seed: int, most_events: int) -> ReplayedTwice:
    app = ReplayedTwice(make_app(), seed, Sessions(most_events=most_events))
    async with running_hub(app, settings=HubSettings(function_timeout=None, parsed_histories=True)) as hub:
        await hub.start("interpret", program, INSTANCE)
        for name, count in waits_of(program).items():
            for number in range(count):
                await hub.hub.raise_event(INSTANCE, name, json.dumps(f"{name} {number}"))
        await hub.advance(hours=24 * 30)
        check(program, await hub.output(INSTANCE), INSTANCE)
    return app


class ReplayedTwice(Shuffled):
    """Replays every episode with the events that were parsed before and, beside it, out of the whole text."""

    def __init__(self, app: ScriptedApp, seed: int, sessions: Sessions) -> None:
        super().__init__(app, seed)
        self.sessions = sessions
        self.shown: dict[str, dict[str, Any]] = {}

    def run_in_session(self, name: str, invocation: Invocation) -> Succeeded:
        session, context = invocation.session, json.loads(str(invocation.trigger))
        assert session is not None
        assert session.replays
        if session.known_events:
            known = self.shown[session.key]["history"][: session.known_events]
            assert len(known) == session.known_events
            context["history"] = [*known, *context["history"]]
        answer = super().run_in_session(name, invocation)
        if answer.value is not None:
            self.shown[session.key] = context
            assert answer.value == df.Orchestrator.create(self.orchestrators[name])(json.dumps(context))
        return answer


async def run_both_ways(program: list[Step], seed: int, capacity: int, *, follows: bool) -> BothWays:
    app = BothWays(make_app(), seed, Sessions(limit=capacity))
    app.follows = follows
    async with running_hub(app, settings=HubSettings(function_timeout=None, extended_sessions=True)) as hub:
        await hub.start("interpret", program, INSTANCE)
        for name, count in waits_of(program).items():
            for number in range(count):
                await hub.hub.raise_event(INSTANCE, name, json.dumps(f"{name} {number}"))
        await hub.advance(hours=24 * 30)
        check(program, await hub.output(INSTANCE), INSTANCE)
    return app


class BothWays(Shuffled):
    """Runs every episode in an extended session and, beside it, as a replay; the answers must be the same."""

    def __init__(self, app: ScriptedApp, seed: int, sessions: Sessions) -> None:
        super().__init__(app, seed)
        self.sessions = sessions
        self.shown: dict[str, dict[str, Any]] = {}
        self.known: dict[str, int] = {}

    def run_in_session(self, name: str, invocation: Invocation) -> Succeeded:
        session, trigger = invocation.session, json.loads(str(invocation.trigger))
        assert session is not None
        if session.known_events == 0:
            self.shown[session.key] = trigger
            self.known[session.key] = len(trigger["history"])
            return super().run_in_session(name, invocation)
        context = self.shown[session.key]
        assert self.known[session.key] == session.known_events
        self.known[session.key] = session.events
        answer = super().run_in_session(name, invocation)
        if answer.value is None:
            return answer  # evicted; the whole history follows
        context["history"].extend(trigger)
        replayed = decode_reply(df.Orchestrator.create(self.orchestrators[name])(json.dumps(context)))
        reply = decode_reply(str(answer.value), first_action=session.known_actions)
        assert replayed.actions is not None
        assert reply.actions == replayed.actions[session.known_actions :]
        assert (reply.is_done, reply.output, reply.custom_status) == (
            replayed.is_done,
            replayed.output,
            replayed.custom_status,
        )
        assert set(answer.canceled_timers) <= set(replayed.canceled_timers)
        return answer
