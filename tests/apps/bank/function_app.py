"""An app as people write them: a starter for everything, a singleton, a saga, and a bank in a blueprint."""

import json
import logging

import azure.durable_functions as df
import azure.functions as func
from ledger import accounts
from ledger.orders import Trip

app = df.DFApp(http_auth_level=func.AuthLevel.FUNCTION)
app.register_functions(accounts.blueprint)


@app.route(route="orchestrators/{functionName}")
@app.durable_client_input(client_name="client")
async def http_start(req: func.HttpRequest, client):
    try:
        payload = req.get_json()
    except ValueError:
        payload = None
    instance_id = await client.start_new(req.route_params["functionName"], client_input=payload)
    logging.info(f"Started orchestration with ID = '{instance_id}'.")
    return client.create_check_status_response(req, instance_id)


@app.durable_client_input(client_name="client")
@app.route(route="singleton/{functionName}/{instanceId}", methods=["POST"])
async def singleton(req: func.HttpRequest, client: df.DurableOrchestrationClient) -> func.HttpResponse:
    """The decorators in the other order."""
    instance_id = req.route_params["instanceId"]
    existing = await client.get_status(instance_id)
    if existing.runtime_status in (None, df.OrchestrationRuntimeStatus.Completed):
        await client.start_new(req.route_params["functionName"], instance_id)
        return client.create_check_status_response(req, instance_id)
    return func.HttpResponse(f"An instance with ID '{instance_id}' already exists", status_code=409)


@app.route(route="balance/{name}", methods=["GET", "POST"])
@app.durable_client_input(client_name="client")
async def balance(req: func.HttpRequest, client: df.DurableOrchestrationClient) -> func.HttpResponse:
    entity = df.EntityId("Account", req.route_params["name"])
    if req.method == "POST":
        await client.signal_entity(entity, "deposit", int(req.params["amount"]))
        return func.HttpResponse(status_code=202)
    state = await client.read_entity_state(entity)
    return func.HttpResponse(json.dumps([state.entity_exists, state.entity_state]), mimetype="application/json")


@app.route(route="wait/{functionName}")
@app.durable_client_input(client_name="client")
async def wait_for(req: func.HttpRequest, client: df.DurableOrchestrationClient) -> func.HttpResponse:
    instance_id = await client.start_new(req.route_params["functionName"], client_input=req.params.get("input"))
    return await client.wait_for_completion_or_create_check_status_response(req, instance_id, 20_000, 20)


@app.orchestration_trigger(context_name="context")
def book_trip(context: df.DurableOrchestrationContext):
    """A saga: what was booked is cancelled, last first, when something cannot be had."""
    trip, booked = Trip(context.get_input(), []), []
    try:
        for part in ("hotel", "flight", "car"):
            trip = yield context.call_activity("book", Trip(trip.city, [*trip.parts, part]))
            booked.append(part)
    except Exception as refused:
        yield context.task_all([context.call_activity("cancel", part) for part in reversed(booked)])
        return {"cancelled": booked, "why": str(refused).splitlines()[0].strip()}
    return {"booked": trip.parts}


@app.activity_trigger(input_name="trip")
def book(trip: Trip) -> Trip:
    if (trip.city, trip.parts[-1]) == ("Venice", "car"):
        raise ValueError("no cars in Venice")
    return trip


@app.activity_trigger(input_name="part")
async def cancel(part: str) -> str:
    return f"{part} cancelled"


@app.orchestration_trigger(context_name="context")
def waits(context: df.DurableOrchestrationContext):
    return (yield context.wait_for_external_event("go"))
