import azure.durable_functions as df
import azure.functions as func

from messages import batch


async def main(req: func.HttpRequest, starter: str) -> func.HttpResponse:
    """Start recording a batch; the output of the orchestration is the receipt."""
    client = df.DurableOrchestrationClient(starter)
    try:
        request = batch(req.get_json(), req.route_params["station"])
    except ValueError as error:
        return func.HttpResponse(str(error), status_code=400)
    instance_id = await client.start_new("record_batch", client_input=request)
    return client.create_check_status_response(req, instance_id)
