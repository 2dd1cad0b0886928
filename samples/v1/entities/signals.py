"""Signals that carry no input, from a request to the counter that it names."""

import azure.durable_functions as df
import azure.functions as func

from messages import entity_key


async def signal_counter(
    req: func.HttpRequest, client: df.DurableOrchestrationClient, operation: str
) -> func.HttpResponse:
    """Signal an operation to the counter whose key is in the URL; 202, or 400 for a key that is none."""
    try:
        entity = df.EntityId("counter", entity_key(req.route_params["key"]))
    except ValueError as error:
        return func.HttpResponse(str(error), status_code=400)
    await client.signal_entity(entity, operation)
    return func.HttpResponse(status_code=202)
