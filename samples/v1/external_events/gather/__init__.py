import azure.durable_functions as df
import azure.functions as func

from messages import gathering_request


async def main(req: func.HttpRequest, starter: str) -> func.HttpResponse:
    """Start waiting; events are then posted to the answer's `sendEventPostUri`."""
    client = df.DurableOrchestrationClient(starter)
    try:
        request = gathering_request(req.get_json())
    except ValueError as error:
        return func.HttpResponse(str(error), status_code=400)
    instance_id = await client.start_new("gathering", client_input=request)
    return client.create_check_status_response(req, instance_id)
