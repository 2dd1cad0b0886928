"""Fan-out/fan-in with TensorFlow: images shared out among activities, and their labels counted."""

import logging
from collections.abc import Generator
from typing import Any

import azure.durable_functions as df
import azure.functions as func
from azure.durable_functions.models.Task import TaskBase

from image_classifier.fan_out import Batch, BatchResult, Summary, split_evenly, summarise
from image_classifier.request import request_from
from replay_safe import ReplaySafeLogger

app = df.DFApp(http_auth_level=func.AuthLevel.FUNCTION)


@app.route(route="classifications", methods=["POST"])
@app.durable_client_input(client_name="client")
async def start_classification(
    req: func.HttpRequest, client: df.DurableOrchestrationClient
) -> func.HttpResponse:
    """Start a classification of `{"images": [...]}`; 400 for a request that cannot be carried out."""
    try:
        request = request_from(req.get_json() if req.get_body() else {})
    except ValueError as error:
        return func.HttpResponse(str(error), status_code=400)
    instance_id = await client.start_new("classify_images", client_input=request)
    logging.info("Started the classification of %d images with id %s.", len(request["images"]), instance_id)
    return client.create_check_status_response(req, instance_id)


@app.orchestration_trigger(context_name="context")
def classify_images(context: df.DurableOrchestrationContext) -> Generator[TaskBase, Any, Summary]:
    """Share the images out evenly, classify every share at the same time, add up what was found."""
    log = ReplaySafeLogger(context, __name__)
    request = request_from(context.get_input())
    shares = split_evenly(request["images"], request["activities"])
    context.set_custom_status(f"Classifying {len(request['images'])} images in {len(shares)} activities")

    # Fan out: every call is scheduled before the first result is awaited. Results come back in the order
    # of the calls, whichever activity was the quickest.
    calls = [
        context.call_activity("classify_batch", Batch(images=share, batch_size=request["batch_size"]))
        for share in shares
    ]
    results: list[BatchResult] = yield context.task_all(calls)

    # Fan in.
    summary = summarise(results)
    context.set_custom_status(f"Classified {len(summary['results'])} of {summary['images']} images")
    log.info("Classified %d of %d images.", len(summary["results"]), summary["images"])
    return summary


@app.activity_trigger(input_name="batch")
def classify_batch(batch: Batch) -> BatchResult:
    """Classify one share of the images. A broken image is a result too, and stops no other."""
    # Imported here and not above: only activities wait for TensorFlow, not the start of the app.
    from image_classifier import model

    images = list(model.classifier().classify(batch["images"], batch["batch_size"]))
    return BatchResult(worker=model.worker_name(), images=images)
