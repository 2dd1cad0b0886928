"""Stations: an entity that sums up what sensors say, the routes that use it, and an orchestration."""

import json
from collections.abc import Generator
from typing import Any

import azure.durable_functions as df
import azure.functions as func
from azure.durable_functions.models.Task import TaskBase

from messages import Amount, batch, entity_key, reading
from replay_safe import ReplaySafeLogger
from summaries import Receipt, Sensors, with_reading

stations = df.Blueprint()


@stations.entity_trigger(context_name="context")
def aggregator(context: df.DurableEntityContext) -> None:
    """The operations of a station. Nothing is stored before all checks have passed: there is no rollback."""
    sensors: Sensors = context.get_state(dict)
    match context.operation_name:
        case "record":
            said = reading(context.get_input())
            sensors = with_reading(sensors, said)
            context.set_state(sensors)
            context.set_result(sensors[said["sensor"]])
        case "summary":
            context.set_state(sensors)
            context.set_result(sensors)
        case "delete":
            context.destruct_on_exit()
        case other:
            raise ValueError(f"An aggregator can record, summary and delete, but not {other!r}.")


@stations.route(route="stations/{station}/readings", methods=["POST"])
@stations.durable_client_input(client_name="client")
async def record(req: func.HttpRequest, client: df.DurableOrchestrationClient) -> func.HttpResponse:
    """Signal one reading; 400 when it is not one."""
    try:
        station, said = entity_key(req.route_params["station"]), reading(req.get_json())
    except ValueError as error:
        return func.HttpResponse(str(error), status_code=400)
    await client.signal_entity(df.EntityId("aggregator", station), "record", said)
    return func.HttpResponse(status_code=202)


@stations.route(route="stations/{station}", methods=["GET"])
@stations.durable_client_input(client_name="client")
async def summary(req: func.HttpRequest, client: df.DurableOrchestrationClient) -> func.HttpResponse:
    """Every sensor of a station, without waking the entity: its state is read from storage."""
    try:
        station = entity_key(req.route_params["station"])
    except ValueError as error:
        return func.HttpResponse(str(error), status_code=400)
    read = await client.read_entity_state(df.EntityId("aggregator", station))
    if not read.entity_exists:
        problem = {"problem": f"No sensor of {station} has said anything yet."}
        return func.HttpResponse(json.dumps(problem), status_code=404, mimetype="application/json")
    answer = {"station": station, "sensors": read.entity_state}
    return func.HttpResponse(json.dumps(answer), mimetype="application/json")


@stations.route(route="stations/{station}/batches", methods=["POST"])
@stations.durable_client_input(client_name="client")
async def upload(req: func.HttpRequest, client: df.DurableOrchestrationClient) -> func.HttpResponse:
    """Start recording a batch; the output of the orchestration is the receipt."""
    try:
        request = batch(req.get_json(), req.route_params["station"])
    except ValueError as error:
        return func.HttpResponse(str(error), status_code=400)
    instance_id = await client.start_new("record_batch", client_input=request)
    return client.create_check_status_response(req, instance_id)


@stations.orchestration_trigger(context_name="context")
def record_batch(context: df.DurableOrchestrationContext) -> Generator[TaskBase, Any, Receipt]:
    """Signal every reading, then call for the summary: it has them all in it.

    A signal is sent and forgotten. A call is waited for, and gives the operation's result or raises its
    error. What one sender sends to one entity arrives in the order in which it was sent, and each once.
    """
    log = ReplaySafeLogger(context, __name__)
    request = batch(context.get_input())
    station = df.EntityId("aggregator", request["station"])
    counter = df.EntityId("counter", f"readings-of-{request['station']}")

    for said in request["readings"]:
        context.signal_entity(station, "record", said)
    context.signal_entity(counter, "add", Amount(amount=len(request["readings"])))

    # Two entities: the calls run side by side.
    sensors, total = yield context.task_all(
        [context.call_entity(station, "summary"), context.call_entity(counter, "get")]
    )
    log.info("Recorded %s readings of %s.", len(request["readings"]), request["station"])
    return Receipt(
        station=request["station"], recorded=len(request["readings"]), total=total, sensors=sensors
    )
