import logging

import azure.durable_functions as df
import azure.functions as func

from inventory import check_directory, directory_of


async def main(req: func.HttpRequest, starter: str) -> func.HttpResponse:
    """Start an inventory of `{"directory": "..."}`; 400 for a folder that cannot be read."""
    client = df.DurableOrchestrationClient(starter)
    try:
        directory = directory_of(req.get_json())
        check_directory(directory)
    except (ValueError, OSError) as error:
        return func.HttpResponse(str(error), status_code=400)
    instance_id = await client.start_new("take_inventory", client_input={"directory": directory})
    logging.info("Started the inventory of %s with id %s.", directory, instance_id)
    return client.create_check_status_response(req, instance_id)
