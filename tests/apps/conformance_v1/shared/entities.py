"""Entities, and orchestrators that use them."""

from __future__ import annotations

from typing import Any

import azure.durable_functions as df


def counter(context: df.DurableEntityContext) -> None:
    """A number. Each operation sets its result, but for those that are about not setting one."""
    value = context.get_state(lambda: 0)
    match context.operation_name:
        case "add":
            value += context.get_input()
            context.set_state(value)
            context.set_result(value)
        case "get":
            context.set_result(value)
        case "delete":
            context.destruct_on_exit()
        case "fail":
            context.set_state(value)
            raise ValueError(f"no {context.get_input()} today")
        case "who":
            context.set_state(value)
            context.set_result([context.entity_name, context.entity_key])
        case _:
            raise ValueError(f"unknown operation {context.operation_name}")


def recorder(context: df.DurableEntityContext) -> None:
    """A list of what came: operation and input."""
    if context.operation_name == "get":
        context.set_result(context.get_state(list))
    elif context.operation_name == "result only":
        context.set_result("exists now")
    else:
        came = [context.operation_name, context.get_input()]
        context.set_state([*context.get_state(list), came])
        context.set_result(came)


def contrary(context: df.DurableEntityContext) -> None:
    """Does what an entity had better not do."""
    match context.operation_name:
        case "set and raise":
            context.set_state(context.get_input())
            raise RuntimeError("set before it was raised")
        case "delete and set":
            context.destruct_on_exit()
            context.set_state("back again")
        case "set a set":
            context.set_state({1, 2})
        case "give a set":
            context.set_result({1, 2})
        case "get":
            context.set_result(context.get_state())


ENTITIES = [counter, recorder, contrary]

FALSY: list[Any] = [None, 0, "", False, [], {}]


def entity_calls(context: df.DurableOrchestrationContext) -> Any:
    """Calls one after another, then many at once to one entity and to several."""
    key = context.get_input()
    one = df.EntityId("Counter", key)
    results: list[Any] = [(yield context.call_entity(one, "add", 5)), (yield context.call_entity(one, "add", 0))]
    results.append((yield context.task_all([context.call_entity(one, "add", 1) for _ in range(10)])))
    several = [df.EntityId("counter", f"{key}-{n}") for n in range(3)]
    results.append((yield context.task_all([context.call_entity(each, "who") for each in several])))
    results.append((yield context.call_entity(one, "get")))
    return results


def entity_errors(context: df.DurableOrchestrationContext) -> Any:
    """What a failing operation raises, and that the entity goes on."""
    entity = df.EntityId("counter", context.get_input())
    texts = []
    for operation, value in (("fail", "ümläut"), ("no such operation", None), ("add", "text")):
        try:
            yield context.call_entity(entity, operation, value)
        except Exception as error:
            texts.append(str(error))
    return [texts, (yield context.call_entity(entity, "add", 2))]


def entity_inputs(context: df.DurableOrchestrationContext) -> Any:
    """Every input that is false in Python, called and signalled; and an operation without input."""
    entity = df.EntityId("recorder", context.get_input())
    called = []
    for value in FALSY:
        called.append((yield context.call_entity(entity, "call", value)))
    for value in FALSY:
        context.signal_entity(entity, "signal", value)
    context.signal_entity(entity, "without")
    return [called, (yield context.call_entity(entity, "get"))[len(FALSY) :]]


def entity_order(context: df.DurableOrchestrationContext) -> Any:
    """Signals of one sender, then a call: which sees them all, in order."""
    entity = df.EntityId("recorder", context.get_input())
    for number in range(50):
        context.signal_entity(entity, "n", number)
    return [number for _, number in (yield context.call_entity(entity, "get"))]


def entity_deleted(context: df.DurableOrchestrationContext) -> Any:
    entity = df.EntityId("counter", context.get_input())
    before = yield context.call_entity(entity, "add", 5)
    yield context.call_entity(entity, "delete")
    return [before, (yield context.call_entity(entity, "add", 1))]


def entity_contrary(context: df.DurableOrchestrationContext) -> Any:
    """After each operation that it had better not do, what the entity has become."""
    entity = df.EntityId("contrary", context.instance_id)
    found = []
    for operation, value in (
        ("set and raise", 5),
        ("delete and set", None),
        ("set a set", None),
        ("give a set", None),
    ):
        try:
            text = yield context.call_entity(entity, operation, value)
        except Exception as error:
            text = str(error)
        found.append([text, (yield context.call_entity(entity, "get"))])
    return found


ORCHESTRATORS = [entity_calls, entity_errors, entity_inputs, entity_order, entity_deleted, entity_contrary]
