import azure.durable_functions as df
import azure.functions as func

from messages import approval_request


async def main(req: func.HttpRequest, starter: str) -> func.HttpResponse:
    """Ask for an approval; 400 when the request is not one."""
    client = df.DurableOrchestrationClient(starter)
    try:
        request = approval_request(req.get_json())
    except ValueError as error:
        return func.HttpResponse(str(error), status_code=400)
    instance_id = await client.start_new("approval", client_input=request)
    return client.create_check_status_response(req, instance_id)
