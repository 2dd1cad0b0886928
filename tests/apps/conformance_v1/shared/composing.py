"""Orchestrators that put activities, sub-orchestrations and HTTP calls together."""

from __future__ import annotations

from typing import Any

import azure.durable_functions as df

from shared import activities, marks
from shared.points import Point

VALUES: list[Any] = [
    "text",
    "",
    0,
    -1.5,
    True,
    False,
    None,
    [],
    {},
    "ümläut ✓",
    {"a": [1, {"b": None}]},
    "123",
    '"q"',
]


def sequential(context: df.DurableOrchestrationContext) -> Any:
    """One activity after another, each kind of JSON value there and back."""
    returned = []
    for value in VALUES:
        returned.append((yield context.call_activity("echo", value)))
    returned.append((yield context.call_activity("echo")))
    return [returned, context.get_input()]


def fan_out(context: df.DurableOrchestrationContext) -> Any:
    return (yield context.task_all([context.call_activity("square", n) for n in range(context.get_input())]))


def nested(context: df.DurableOrchestrationContext) -> Any:
    """All of (any, all of (all, one)); then any of alls."""
    three = context.task_all([context.call_activity("square", n) for n in (1, 2, 3)])
    either = context.task_any([context.call_activity("echo", "a"), context.wait_for_external_event("never")])
    both = context.task_all([three, context.call_activity("echo", "b")])
    first, second = yield context.task_all([either, both])
    winner = yield context.task_any(
        [
            context.task_all([context.call_activity("echo", "c"), context.wait_for_external_event("never")]),
            context.task_all([context.call_activity("echo", "d"), context.call_activity("echo", "e")]),
        ]
    )
    return [first.result, second, winner.result]


def shrinking(context: df.DurableOrchestrationContext) -> Any:
    """Whoever finishes first leaves the list, until nobody is left."""
    tasks = [context.call_activity("square", n) for n in range(context.get_input())]
    results = []
    while tasks:
        winner = yield context.task_any(tasks)
        tasks.remove(winner)
        results.append(winner.result)
    return results


def empty_composites(context: df.DurableOrchestrationContext) -> Any:
    return [(yield context.task_all([])), (yield context.task_any([])), (yield context.call_activity("echo", 1))]


def no_generator(context: df.DurableOrchestrationContext) -> Any:
    return {"input": context.get_input(), "id": context.instance_id}


def echoing(context: df.DurableOrchestrationContext) -> Any:
    return (yield context.call_activity("echo", context.get_input()))


def names(context: df.DurableOrchestrationContext) -> Any:
    """Names of activities are found whatever their case; the names of bindings work as those of functions do."""
    return [
        (yield context.call_activity("ECHO", 1)),
        (yield context.call_activity("OtherName", 2)),
        (yield context.call_sub_orchestrator("OtherOrchestrator", 3)),
    ]


def renamed_orchestrator(context: df.DurableOrchestrationContext) -> Any:
    """Registered under another name, ``OtherOrchestrator``."""
    return ["renamed", context.get_input()]


def second_thoughts(context: df.DurableOrchestrationContext) -> Any:
    """Make tasks in one order, wait for them in another, for one of them twice, and for one never."""
    first, second, never = (context.call_activity("echo", n) for n in ("first", "second", "never"))
    results = [(yield second), (yield first), (yield second)]
    both = context.task_all([first, context.call_activity("echo", "third")])
    return [*results, (yield both), never.is_completed]


def versions(context: df.DurableOrchestrationContext) -> Any:
    """The version it runs as, then those of a child with one of its own and of one without."""
    found = [context.version]
    if context.get_input() is None:
        found += yield context.call_sub_orchestrator("versions", "child", version="2.0")
        found += yield context.call_sub_orchestrator("versions", "child")
    return found


def waits_for_child(context: df.DurableOrchestrationContext) -> Any:
    """Wait for a child, whose id is the input, that waits for an event."""
    context.set_custom_status("waiting")
    try:
        return (yield context.call_sub_orchestrator("events", ["go"], instance_id=context.get_input()))
    except Exception as error:
        return str(error)


def child(context: df.DurableOrchestrationContext) -> Any:
    yield context.call_activity("echo", 0)
    return [context.instance_id, context.parent_instance_id, context.get_input()]


def parent(context: df.DurableOrchestrationContext) -> Any:
    named = yield context.call_sub_orchestrator("child", {"n": 1}, instance_id=context.get_input())
    unnamed = yield context.task_all([context.call_sub_orchestrator("child", n) for n in (0, "")])
    return [context.parent_instance_id, named, *unnamed]


targets: list[Any] = [activities.echo, activities.renamed_activity, child]
"""What ``by_object`` calls. The app of the second programming model puts its decorated functions here."""


def by_object(context: df.DurableOrchestrationContext) -> Any:
    """Name functions by the objects that the decorators made of them; plain functions are refused by the SDK."""
    echo, renamed, sub = targets
    try:
        results = [(yield context.call_activity(echo, 1)), (yield context.call_activity(renamed, 2))]
        results.append((yield context.call_activity_with_retry(echo, df.RetryOptions(1, 2), 3)))
        return [*results, (yield context.call_sub_orchestrator(sub, 4))[2]]
    except ValueError as error:
        return str(error)


def own_classes(context: df.DurableOrchestrationContext) -> Any:
    """Send an object of a class of the app to an activity, a child, and an entity."""
    mirrored = yield context.call_activity("mirrored", Point(1, 2))
    child_saw = yield context.call_sub_orchestrator("sees_a_point", mirrored)
    entity = df.EntityId("recorder", context.instance_id)
    yield context.call_entity(entity, "keep", mirrored)
    [[_, kept]] = yield context.call_entity(entity, "get")
    return [[mirrored.x, mirrored.y], child_saw, [kept.x, kept.y]]


def sees_a_point(context: df.DurableOrchestrationContext) -> Any:
    point = context.get_input()
    return [type(point).__name__, point.x, point.y]


def replaying(context: df.DurableOrchestrationContext) -> Any:
    """Mark each point with whether it is replayed, the time, and the ids that are drawn there."""
    path = context.get_input()
    yield from _marked(context, path, "start", context.call_activity("echo", 1))
    yield from _marked(context, path, "after activity", context.create_timer(context.current_utc_datetime))
    both = context.task_all([context.call_activity("echo", n) for n in (2, 3)])
    yield from _marked(context, path, "after timer", both)
    try:
        yield from _marked(context, path, "after all", context.call_activity("fail", "expected"))
    except Exception:
        yield from _marked(context, path, "in handler", context.call_sub_orchestrator("child"))
    yield from _marked(
        context, path, "after child", context.call_entity(df.EntityId("counter", context.instance_id), "get")
    )
    yield from _marked(context, path, "after call", context.wait_for_external_event("go"))
    marks.leave(path, _seen(context, "end"))
    return None


def _marked(context: df.DurableOrchestrationContext, path: str, point: str, task: Any) -> Any:
    marks.leave(path, _seen(context, point))
    yield task


def _seen(context: df.DurableOrchestrationContext, point: str) -> Any:
    now = context.current_utc_datetime.isoformat()
    return [point, context.is_replaying, [now, context.new_uuid(), context.new_uuid(), str(context.new_guid())]]


def custom_status(context: df.DurableOrchestrationContext) -> Any:
    """Set what an event brings, event after event; "end" ends it."""
    context.set_custom_status("started")
    while (status := (yield context.wait_for_external_event("status"))) != "end":
        context.set_custom_status(status)
    return context.custom_status


def http_calls(context: df.DurableOrchestrationContext) -> Any:
    """Make the calls of the input, one after another; a call that fails is a text."""
    answers: list[Any] = []
    for call in context.get_input():
        try:
            answers.append((yield context.call_http(**call)))
        except Exception as error:
            answers.append(str(error))
    answers.append((yield context.call_activity("echo", "and on it goes")))
    return answers


ORCHESTRATORS = [
    sequential,
    fan_out,
    nested,
    shrinking,
    empty_composites,
    no_generator,
    echoing,
    names,
    second_thoughts,
    versions,
    waits_for_child,
    child,
    parent,
    by_object,
    own_classes,
    sees_a_point,
    replaying,
    custom_status,
    http_calls,
]
