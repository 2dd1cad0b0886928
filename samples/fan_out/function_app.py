"""Fan-out/fan-in: one activity per file, all at once, and a total when the last one is done."""

import logging
from collections.abc import Generator
from typing import Any

import azure.durable_functions as df
import azure.functions as func
from azure.durable_functions.models.Task import TaskBase

from inventory import (
    FileToMeasure,
    Inventory,
    Measure,
    Unreadable,
    check_directory,
    directory_of,
    list_paths,
    measure,
    total,
)
from replay_safe import ReplaySafeLogger

app = df.DFApp(http_auth_level=func.AuthLevel.FUNCTION)


@app.route(route="inventories", methods=["POST"])
@app.durable_client_input(client_name="client")
async def start_inventory(req: func.HttpRequest, client: df.DurableOrchestrationClient) -> func.HttpResponse:
    """Start an inventory of `{"directory": "..."}`; 400 for a folder that cannot be read."""
    try:
        directory = directory_of(req.get_json())
        check_directory(directory)
    except (ValueError, OSError) as error:
        return func.HttpResponse(str(error), status_code=400)
    instance_id = await client.start_new("take_inventory", client_input={"directory": directory})
    logging.info("Started the inventory of %s with id %s.", directory, instance_id)
    return client.create_check_status_response(req, instance_id)


@app.orchestration_trigger(context_name="context")
def take_inventory(context: df.DurableOrchestrationContext) -> Generator[TaskBase, Any, Inventory]:
    """List the files, measure them all at once, put the results together."""
    log = ReplaySafeLogger(context, __name__)
    directory = directory_of(context.get_input())

    paths: list[str] = yield context.call_activity("list_files", directory)
    context.set_custom_status(f"Measuring {len(paths)} files")
    log.info("Measuring %d files in %s.", len(paths), directory)

    # Fan out: every call is scheduled before the first result is awaited. Results come back in the order
    # of the calls, whichever activity was the quickest.
    files = [FileToMeasure(directory=directory, path=path) for path in paths]
    calls = [context.call_activity("measure_file", file) for file in files]
    results: list[Measure | Unreadable] = []
    if calls:  # task_all of nothing gives None, not an empty list
        results = yield context.task_all(calls)

    # Fan in. Pure arithmetic is fine here; a long computation would belong into an activity.
    inventory = total(directory, results)
    context.set_custom_status(f"Measured {inventory['files']} files")
    return inventory


@app.activity_trigger(input_name="directory")
def list_files(directory: str) -> list[str]:
    """The files below a folder."""
    return list_paths(directory)


@app.activity_trigger(input_name="file")
def measure_file(file: FileToMeasure) -> Measure | Unreadable:
    """Bytes, lines and SHA-256 of one file. An activity takes one argument, so two travel as a dict."""
    return measure(file)
