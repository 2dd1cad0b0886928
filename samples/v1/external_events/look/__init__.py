import json

import azure.durable_functions as df
import azure.functions as func


async def main(req: func.HttpRequest, starter: str) -> func.HttpResponse:
    """How an approval stands."""
    client = df.DurableOrchestrationClient(starter)
    status = await client.get_status(req.route_params["instanceId"])
    if not status or status.name != "approval" or status.runtime_status is None:
        return func.HttpResponse("There is no such approval.", status_code=404)
    answer = {
        "id": status.instance_id,
        "status": status.runtime_status.name,
        "waiting": status.custom_status,
        "outcome": status.output,
    }
    return func.HttpResponse(json.dumps(answer), mimetype="application/json")
