"""Random orchestrations whose result is known beforehand: what property and crash tests run.

A program is a list of steps in JSON; the orchestrator ``interpret`` carries them out through the SDK, and
``expected`` says what must come of each. Neither knows in which order completions arrive, nor how often the
host dies in between.
"""

from __future__ import annotations

from collections import Counter
from datetime import timedelta
from typing import Any

import azure.durable_functions as df
from hypothesis import strategies as st

from .conftest import ScriptedApp

MINUTE = df.RetryOptions(first_retry_interval_in_milliseconds=60_000, max_number_of_attempts=3)
EVENTS = ("red", "Blue")

Step = list[Any]


def make_app() -> ScriptedApp:
    """An app that runs programs. Flaky activities count their failures per name and program."""
    app = ScriptedApp()
    failures: Counter[str] = Counter()

    @app.activity
    def echo(value: Any) -> Any:
        return value

    @app.activity
    def flaky(name: list[Any]) -> str:
        """Fails as often as its input says, then succeeds; a crash may make it fail once less."""
        key, fail_times = str(name[0]), name[1]
        if failures[key] < fail_times:
            failures[key] += 1
            raise ValueError(f"{key} is not ready")
        return f"{key} ok"

    @app.activity
    def fails(text: str) -> None:
        raise RuntimeError(text)

    @app.entity
    def total(context: df.DurableEntityContext) -> None:
        value = context.get_state(lambda: 0)
        if context.operation_name == "add":
            context.set_state(value + context.get_input())
        context.set_result(context.get_state(lambda: 0))

    app.orchestrator(interpret)
    app.orchestrator(child)
    return app


def interpret(context: df.DurableOrchestrationContext) -> Any:
    program = context.get_input()
    results = []
    for step in program:
        results.append((yield from carry_out(context, step)))
    return results


def child(context: df.DurableOrchestrationContext) -> Any:
    return (yield from interpret(context))


def carry_out(context: df.DurableOrchestrationContext, step: Step) -> Any:
    """One step; its result."""
    match step:
        case ["catch", text]:
            try:
                yield context.call_activity("fails", text)
            except Exception as error:
                return str(error).splitlines()[0].strip()
        case ["add", key, amount]:
            context.signal_entity(df.EntityId("total", f"{context.instance_id}-{key}"), "add", amount)
            return None
        case ["read", key]:
            return (yield context.call_entity(df.EntityId("total", f"{context.instance_id}-{key}"), "get"))
        case ["all", children]:
            return (yield context.task_all([task_for(context, c) for c in children]))
        case ["any", children]:
            tasks = [task_for(context, c) for c in children]
            winner = yield context.task_any(tasks)
            return [tasks.index(winner), winner.result]
        case ["race", hours]:
            timer = context.create_timer(context.current_utc_datetime + timedelta(hours=hours))
            work = context.call_activity("echo", "won")
            winner = yield context.task_any([work, timer])
            if winner == work:
                timer.cancel()
                return work.result
            yield work
            return work.result
        case ["uuid"]:
            return context.new_uuid()
        case _:
            return (yield task_for(context, step))


def task_for(context: df.DurableOrchestrationContext, step: Step) -> Any:
    """The task of a step that is a single task."""
    match step:
        case ["act", value]:
            return context.call_activity("echo", value)
        case ["retry", name, fail_times]:
            return context.call_activity_with_retry("flaky", MINUTE, [f"{context.instance_id}/{name}", fail_times])
        case ["timer", minutes]:
            return context.create_timer(context.current_utc_datetime + timedelta(minutes=minutes))
        case ["event", name]:
            return context.wait_for_external_event(name)
        case ["sub", program]:
            return context.call_sub_orchestrator("child", program)
    raise AssertionError(step)


def check(program: list[Step], results: list[Any], instance_id: str) -> None:
    """Assert that ``results`` is what the program must give."""
    totals: Counter[str] = Counter()
    raised: Counter[str] = Counter()
    assert len(results) == len(program)
    for step, result in zip(program, results, strict=True):
        check_step(step, result, instance_id, totals, raised)


def check_step(step: Step, result: Any, instance_id: str, totals: Counter[str], raised: Counter[str]) -> None:
    match step:
        case ["act", value]:
            assert result == value, step
        case ["retry", name, _]:
            assert result.endswith(f"/{name} ok"), step
        case ["catch", text]:
            assert result == f"Activity function 'fails' failed:  RuntimeError: {text}"
        case ["timer", _]:
            assert result is None
        case ["add", key, amount]:
            totals[key] += amount
        case ["read", key]:
            assert result == totals[key], "signals are handled in the order sent, before a later call"
        case ["event", name]:
            assert result == f"{name} {raised[name]}", "events of a name arrive in the order raised"
            raised[name] += 1
        case ["sub", program]:
            check(program, result, "")
        case ["all", children]:
            assert len(result) == len(children)
            for kid, value in zip(children, result, strict=True):
                check_step(kid, value, instance_id, totals, raised)
        case ["any", children]:
            winner, value = result
            check_step(children[winner], value, instance_id, totals, raised)
        case ["race", _]:
            assert result == "won"
        case ["uuid"]:
            assert isinstance(result, str)


values = st.one_of(st.integers(-5, 5), st.text(max_size=5), st.none(), st.lists(st.integers(0, 3), max_size=2))
names = st.integers(0, 10**9)
activities = st.one_of(
    st.tuples(st.just("act"), values).map(list),
    st.tuples(st.just("retry"), names, st.integers(0, 2)).map(list),
)
timers = st.tuples(st.just("timer"), st.integers(-1, 200)).map(list)
events = st.tuples(st.just("event"), st.sampled_from(EVENTS)).map(list)
entities = st.one_of(
    st.tuples(st.just("add"), st.sampled_from("ab"), st.integers(1, 9)).map(list),
    st.tuples(st.just("read"), st.sampled_from("ab")).map(list),
)
overtakings = st.tuples(
    st.just("any"), st.permutations([["act", 1], ["retry", 1, 2], ["retry", 2, 1]]).map(list)
).map(list)
"""A plain activity wins, and the orchestrator goes on while retries fail and start in the background."""
plain = st.one_of(
    overtakings,
    activities,
    timers,
    events,
    entities,
    st.tuples(st.just("catch"), st.text("xyz", min_size=1, max_size=3)).map(list),
    st.tuples(st.just("race"), st.integers(1, 3)).map(list),
    st.just(["uuid"]),
    st.tuples(st.just("all"), st.lists(st.one_of(activities, timers), min_size=1, max_size=4)).map(list),
    st.tuples(st.just("any"), st.lists(st.one_of(activities, timers), min_size=1, max_size=3)).map(list),
)
children = st.lists(st.one_of(activities, timers), max_size=3)
sub_orchestrations = st.one_of(
    st.tuples(st.just("sub"), children).map(list),
    st.tuples(st.just("all"), st.lists(st.tuples(st.just("sub"), children).map(list), min_size=1, max_size=3)).map(
        list
    ),
)
programs = st.lists(st.one_of(plain, sub_orchestrations), min_size=1, max_size=6)


def waits_of(program: list[Step]) -> Counter[str]:
    """How often each external event is waited for, whoever waits."""
    count: Counter[str] = Counter()
    for step in program:
        if step[0] == "event":
            count[step[1]] += 1
    return count
