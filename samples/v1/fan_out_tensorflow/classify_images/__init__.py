from collections.abc import Generator
from typing import Any

import azure.durable_functions as df
from azure.durable_functions.models.Task import TaskBase

from image_classifier.fan_out import Batch, BatchResult, Summary, split_evenly, summarise
from image_classifier.request import request_from
from replay_safe import ReplaySafeLogger


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


main = df.Orchestrator.create(classify_images)
