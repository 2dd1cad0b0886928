"""Waiting for several events: until all of them have come, or any of them."""

from collections.abc import Generator
from typing import Any

import azure.durable_functions as df
import azure.functions as func
from azure.durable_functions.models.Task import TaskBase

from messages import event_value, gathering_request
from replay_safe import ReplaySafeLogger

gatherings = df.Blueprint()


@gatherings.route(route="gatherings", methods=["POST"])
@gatherings.durable_client_input(client_name="client")
async def gather(req: func.HttpRequest, client: df.DurableOrchestrationClient) -> func.HttpResponse:
    """Start waiting; events are then posted to the answer's `sendEventPostUri`."""
    try:
        request = gathering_request(req.get_json())
    except ValueError as error:
        return func.HttpResponse(str(error), status_code=400)
    instance_id = await client.start_new("gathering", client_input=request)
    return client.create_check_status_response(req, instance_id)


@gatherings.orchestration_trigger(context_name="context")
def gathering(context: df.DurableOrchestrationContext) -> Generator[TaskBase, Any, dict[str, object]]:
    """Return what came, by event name: every event's value, or only that of the first."""
    log = ReplaySafeLogger(context, __name__)
    request = gathering_request(context.get_input())
    names = request["events"]
    context.set_custom_status(f"Waiting for {request['mode']} of {', '.join(names)}")

    waits = [context.wait_for_external_event(name) for name in names]
    if request["mode"] == "all":
        payloads: list[object] = yield context.task_all(waits)
        came = dict(zip(names, payloads, strict=True))
    else:
        first: TaskBase = yield context.task_any(waits)
        came = {names[waits.index(first)]: first.result}

    context.set_custom_status(None)
    log.info("Got %s.", ", ".join(came))
    return {name: event_value(payload) for name, payload in came.items()}
