import json

import azure.durable_functions as df
import azure.functions as func

from messages import entity_key


async def main(req: func.HttpRequest, starter: str) -> func.HttpResponse:
    """Read the state, as of the last operation that has run. A counter that nobody has used is at 0."""
    client = df.DurableOrchestrationClient(starter)
    try:
        key = entity_key(req.route_params["key"])
    except ValueError as error:
        return func.HttpResponse(str(error), status_code=400)
    read = await client.read_entity_state(df.EntityId("counter", key))
    answer = {"key": key, "value": read.entity_state if read.entity_exists else 0}
    return func.HttpResponse(json.dumps(answer), mimetype="application/json")
