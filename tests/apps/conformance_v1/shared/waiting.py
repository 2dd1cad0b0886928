"""Orchestrators that wait: for events, for timers, for the next generation of themselves."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import azure.durable_functions as df


def events(context: df.DurableOrchestrationContext) -> Any:
    """Wait for the events of the input, one after another, and say what came."""
    context.set_custom_status("waiting")
    came = []
    for name in context.get_input():
        came.append((yield context.wait_for_external_event(name)))
    return came


def events_at_once(context: df.DurableOrchestrationContext) -> Any:
    """Wait for the events of the input all at once."""
    context.set_custom_status("waiting")
    return (yield context.task_all([context.wait_for_external_event(name) for name in context.get_input()]))


def late_to_wait(context: df.DurableOrchestrationContext) -> Any:
    """Do something else first, so that events come before anybody waits for them."""
    yield context.call_activity("held", context.get_input())
    first = yield context.wait_for_external_event("Item")
    second = yield context.wait_for_external_event("Item")
    return [first, second]


def race(context: df.DurableOrchestrationContext) -> Any:
    """An event against a timer of so many seconds; the timer is cancelled where it loses."""
    context.set_custom_status("waiting")
    timer = context.create_timer(context.current_utc_datetime + timedelta(seconds=context.get_input()))
    event = context.wait_for_external_event("go")
    winner = yield context.task_any([timer, event])
    if winner is timer:
        return ["timer", timer.is_completed, (yield context.call_activity("echo", "after timer"))]
    timer.cancel()
    return ["event", timer.is_cancelled, (yield context.call_activity("echo", "after event"))]


def race_again(context: df.DurableOrchestrationContext) -> Any:
    """Lose an event to a timer, then wait for it again: the wait that was given up is still there."""
    timer = context.create_timer(context.current_utc_datetime + timedelta(milliseconds=20))
    given_up = context.wait_for_external_event("go")
    yield context.task_any([timer, given_up])
    context.set_custom_status("waiting")
    again = yield context.wait_for_external_event("go")
    return [again, given_up.is_completed]


def timers(context: df.DurableOrchestrationContext) -> Any:
    """Past, now, naive, and a moment ahead: when each fired, beside when it was due."""
    fired = []
    start = context.current_utc_datetime
    for due in (
        start - timedelta(hours=1),
        start,
        start.replace(tzinfo=None),
        context.current_utc_datetime + timedelta(milliseconds=100),
    ):
        value = yield context.create_timer(due)
        fired.append([due.isoformat(), context.current_utc_datetime.isoformat(), value])
    return fired


def left_open(context: df.DurableOrchestrationContext) -> Any:
    """Return while a timer of an hour is open."""
    timer = context.create_timer(context.current_utc_datetime + timedelta(hours=1))
    yield context.task_any([timer, context.call_activity("echo", 1)])
    context.set_custom_status("returned")
    return "over"


def countdown(context: df.DurableOrchestrationContext) -> Any:
    """A generation for each number, each signalling an entity before it goes on as the next."""
    state = context.get_input()
    entity = df.EntityId("counter", state["key"])
    if state["left"] == 0:
        return [state, (yield context.call_entity(entity, "get"))]
    context.signal_entity(entity, "add", state["left"])
    drawn = [*state.get("drawn", []), context.new_uuid()]
    if state["left"] % 2:
        yield context.call_activity("echo", "odd generations have a history")
    context.continue_as_new({"key": state["key"], "left": state["left"] - 1, "drawn": drawn})
    return "beside continue_as_new, an output counts for nothing"


def collecting(context: df.DurableOrchestrationContext) -> Any:
    """One event a generation, until it has the number that was asked for."""
    state = context.get_input()
    if len(state["got"]) == state["wanted"]:
        return state["got"]
    item = yield context.wait_for_external_event("Item")
    context.continue_as_new({**state, "got": [*state["got"], item]})


def fails_beside_continue_as_new(context: df.DurableOrchestrationContext) -> Any:
    yield context.call_activity("echo", 1)
    context.continue_as_new("next")
    raise ValueError("after continue_as_new")


def status_of_the_generation_before(context: df.DurableOrchestrationContext) -> Any:
    """The first generation sets a custom status, the second waits and sets none."""
    if context.get_input() != "second":
        context.set_custom_status("from the first generation")
        context.continue_as_new("second")
        return None
    return (yield context.wait_for_external_event("go"))


ORCHESTRATORS = [
    events,
    events_at_once,
    late_to_wait,
    race,
    race_again,
    timers,
    left_open,
    countdown,
    collecting,
    fails_beside_continue_as_new,
    status_of_the_generation_before,
]
