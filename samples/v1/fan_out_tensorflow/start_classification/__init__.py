import logging

import azure.durable_functions as df
import azure.functions as func

from image_classifier.request import request_from


async def main(req: func.HttpRequest, starter: str) -> func.HttpResponse:
    """Start a classification of `{"images": [...]}`; 400 for a request that cannot be carried out."""
    client = df.DurableOrchestrationClient(starter)
    try:
        request = request_from(req.get_json() if req.get_body() else {})
    except ValueError as error:
        return func.HttpResponse(str(error), status_code=400)
    instance_id = await client.start_new("classify_images", client_input=request)
    logging.info("Started the classification of %d images with id %s.", len(request["images"]), instance_id)
    return client.create_check_status_response(req, instance_id)
