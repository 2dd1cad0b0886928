"""Counters: an entity whose state is one number, and the routes that use it."""

import json

import azure.durable_functions as df
import azure.functions as func

from messages import Amount, amount, entity_key
from signals import signal_counter

counters = df.Blueprint()


@counters.entity_trigger(context_name="context")
def counter(context: df.DurableEntityContext) -> None:
    """The operations of a counter. However many are sent at once, they run one after another.

    Each ends by setting the state and a result of its own. Operations that wait together are run as a
    batch, in which one that sets no result would hand its caller the result of the one before.
    """
    value: int = context.get_state(lambda: 0)
    match context.operation_name:
        case "add":
            value += amount(context.get_input())["amount"]
        case "reset":
            value = 0
        case "get":
            pass
        case "delete":
            context.destruct_on_exit()
            return  # a state or a result set now would bring it back
        case other:
            raise ValueError(f"A counter can add, reset, get and delete, but not {other!r}.")
    context.set_state(value)
    context.set_result(value)


@counters.route(route="counters/{key}/add", methods=["POST"])
@counters.durable_client_input(client_name="client")
async def add(req: func.HttpRequest, client: df.DurableOrchestrationClient) -> func.HttpResponse:
    """Signal `add`. The answer is 202: it will be added, and what comes of it is not known yet.

    A signal that fails tells nobody, so its input is checked here. And the input is an object, because the
    SDK leaves out an input that is false in Python: a plain 0 would not arrive.
    """
    try:
        key = entity_key(req.route_params["key"])
        by: Amount = amount(req.get_json()) if req.get_body() else Amount(amount=1)
    except ValueError as error:
        return func.HttpResponse(str(error), status_code=400)
    await client.signal_entity(df.EntityId("counter", key), "add", by)
    return func.HttpResponse(status_code=202)


@counters.route(route="counters/{key}/reset", methods=["POST"])
@counters.durable_client_input(client_name="client")
async def reset(req: func.HttpRequest, client: df.DurableOrchestrationClient) -> func.HttpResponse:
    """Signal `reset`, an operation without input."""
    return await signal_counter(req, client, "reset")


@counters.route(route="counters/{key}", methods=["DELETE"])
@counters.durable_client_input(client_name="client")
async def delete(req: func.HttpRequest, client: df.DurableOrchestrationClient) -> func.HttpResponse:
    """Signal `delete`."""
    return await signal_counter(req, client, "delete")


@counters.route(route="counters/{key}", methods=["GET"])
@counters.durable_client_input(client_name="client")
async def look(req: func.HttpRequest, client: df.DurableOrchestrationClient) -> func.HttpResponse:
    """Read the state, as of the last operation that has run. A counter that nobody has used is at 0."""
    try:
        key = entity_key(req.route_params["key"])
    except ValueError as error:
        return func.HttpResponse(str(error), status_code=400)
    read = await client.read_entity_state(df.EntityId("counter", key))
    answer = {"key": key, "value": read.entity_state if read.entity_exists else 0}
    return func.HttpResponse(json.dumps(answer), mimetype="application/json")
