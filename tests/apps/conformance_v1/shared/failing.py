"""Orchestrators that fail, that retry, and that handle failures."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import azure.durable_functions as df

SOON = 20
"""Milliseconds between attempts."""


def retried(context: df.DurableOrchestrationContext) -> Any:
    """An activity with retries, then a plain one: which gets its own result only if attempts are counted right."""
    options = df.RetryOptions(SOON, context.get_input()["attempts"])
    try:
        first = yield context.call_activity_with_retry("fails_at_first", options, context.get_input())
    except Exception as error:
        first = str(error)
    return [first, (yield context.call_activity("echo", "compensated")), (yield context.call_activity("square", 3))]


def retried_side_by_side(context: df.DurableOrchestrationContext) -> Any:
    """Two that retry at different paces beside one that does not, then one more of each."""
    key = context.instance_id
    calls = [
        context.call_activity_with_retry(
            "fails_at_first", df.RetryOptions(pace, 4), {"key": f"{key}-{pace}", "times": times}
        )
        for pace, times in ((SOON, 3), (SOON + 7, 2))
    ]
    together = yield context.task_all([*calls, context.call_activity("echo", "plain")])
    options = df.RetryOptions(SOON, 2)
    again = yield context.call_activity_with_retry("fails_at_first", options, {"key": f"{key}-again", "times": 1})
    return [*together, again, (yield context.call_activity("echo", "last"))]


def retried_in_vain(context: df.DurableOrchestrationContext) -> Any:
    """Give up an activity that is still being retried: its attempts go on beside what follows."""
    attempts = context.call_activity_with_retry("fail", df.RetryOptions(SOON, 4), "again")
    timer = context.create_timer(context.current_utc_datetime + timedelta(milliseconds=SOON * 2))
    winner = yield context.task_any([attempts, timer])
    results = [winner is timer]
    for number in range(5):
        results.append((yield context.call_activity("echo", number)))
    return results


def retried_child(context: df.DurableOrchestrationContext) -> Any:
    options, request = df.RetryOptions(SOON, 3), context.get_input()
    result = yield context.call_sub_orchestrator_with_retry("failing_child", options, request, request.get("id"))
    return [result, (yield context.call_activity("echo", "after"))]


def failing_child(context: df.DurableOrchestrationContext) -> Any:
    return (yield context.call_activity("fails_at_first", context.get_input()))


def first_failure_of_all(context: df.DurableOrchestrationContext) -> Any:
    """One of several fails; the others go on, and so may the orchestrator."""
    calls = [
        context.call_activity("echo", 1),
        context.call_activity("fail", "one of three"),
    ]
    calls.append(context.call_activity("echo", 3))
    try:
        yield context.task_all(calls)
    except Exception as error:
        return [str(error), (yield context.call_activity("echo", "handled"))]
    return "no failure"


def failed_winner(context: df.DurableOrchestrationContext) -> Any:
    """A failure wins a race as well as a result does: task_any does not raise it."""
    race = [context.call_activity("fail", "first"), context.wait_for_external_event("never")]
    winner = yield context.task_any(race)
    return [winner is race[0], str(winner.result), (yield context.call_activity("echo", "on"))]


def activity_fails(context: df.DurableOrchestrationContext) -> Any:
    yield context.call_activity("fail", context.get_input())


def child_fails(context: df.DurableOrchestrationContext) -> Any:
    yield context.call_sub_orchestrator("activity_fails", context.get_input())


def raises(context: df.DurableOrchestrationContext) -> Any:
    context.set_custom_status("about to fail")
    yield context.call_activity("echo", 1)
    raise KeyError(context.get_input()) if context.get_input() else ValueError


def raises_at_once(context: df.DurableOrchestrationContext) -> Any:
    raise RuntimeError("not even started")


def returns_a_set(context: df.DurableOrchestrationContext) -> Any:
    yield context.call_activity("echo", 1)
    return {1, 2}


def activity_returns_a_set(context: df.DurableOrchestrationContext) -> Any:
    return (yield context.call_activity("unserialisable", 1))


def yields_a_number(context: df.DurableOrchestrationContext) -> Any:
    yield 7


def unknown_names(context: df.DurableOrchestrationContext) -> Any:
    """What each call of something that is not there raises."""
    texts = []
    for task in (
        lambda: context.call_activity("no_such_activity"),
        lambda: context.call_sub_orchestrator("no_such_orchestrator"),
        lambda: context.call_entity(df.EntityId("no_such_entity", "k"), "get"),
        lambda: context.call_sub_orchestrator("child", 1, instance_id=context.instance_id),
    ):
        try:
            texts.append([(yield task())])
        except Exception as error:
            texts.append(str(error))
    return texts


def signals_then_fails(context: df.DurableOrchestrationContext) -> Any:
    yield context.call_activity("echo", 1)
    context.signal_entity(df.EntityId("counter", context.get_input()), "add", 1)
    raise ValueError("after a signal")


ORCHESTRATORS = [
    retried,
    retried_side_by_side,
    retried_in_vain,
    retried_child,
    failing_child,
    first_failure_of_all,
    failed_winner,
    activity_fails,
    child_fails,
    raises,
    raises_at_once,
    returns_a_set,
    activity_returns_a_set,
    yields_a_number,
    unknown_names,
    signals_then_fails,
]
