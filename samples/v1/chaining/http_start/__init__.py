import logging

import azure.durable_functions as df
import azure.functions as func


async def main(req: func.HttpRequest, starter: str) -> func.HttpResponse:
    """Start the orchestrator named in the URL; answer 202 with the URLs that watch and steer it."""
    client = df.DurableOrchestrationClient(starter)
    name = req.route_params["functionName"]
    instance_id = await client.start_new(name)
    logging.info("Started %s with id %s.", name, instance_id)
    return client.create_check_status_response(req, instance_id)
