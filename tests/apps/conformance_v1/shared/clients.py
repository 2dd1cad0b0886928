"""HTTP functions: starting orchestrations, and every method of the SDK's client."""

from __future__ import annotations

import inspect
import json
from datetime import datetime
from typing import Any

import azure.durable_functions as df
import azure.functions as func
from azure.durable_functions.models.DurableOrchestrationStatus import DurableOrchestrationStatus
from azure.durable_functions.models.EntityStateResponse import EntityStateResponse
from azure.durable_functions.models.PurgeHistoryResult import PurgeHistoryResult


async def start(req: func.HttpRequest, client: df.DurableOrchestrationClient) -> func.HttpResponse:
    """Start the orchestrator of the route; query ``id`` and ``wait`` (milliseconds) are optional.

    No body is no input; a body is the input's JSON.
    """
    value = req.get_json() if req.get_body() else None
    instance_id = await client.start_new(req.route_params["name"], req.params.get("id"), value)
    if "wait" in req.params:
        return await client.wait_for_completion_or_create_check_status_response(
            req, instance_id, int(req.params["wait"]), 20
        )
    return client.create_check_status_response(req, instance_id)


async def call(req: func.HttpRequest, client: df.DurableOrchestrationClient) -> func.HttpResponse:
    """Call the client's method of the route with the body's arguments; the answer is its result, or its error."""
    arguments = {name: _argument(name, value) for name, value in req.get_json().items()}
    try:
        result = getattr(client, req.route_params["method"])(**arguments)
        answer = {"result": _plain(await result if inspect.isawaitable(result) else result)}
    except Exception as error:
        answer = {"raised": f"{type(error).__name__}: {error}"}
    return func.HttpResponse(json.dumps(answer), mimetype="application/json")


def _argument(name: str, value: Any) -> Any:
    match name:
        case "entityId":
            return df.EntityId(*value)
        case "created_time_from" | "created_time_to":
            return datetime.fromisoformat(value)
        case "runtime_status":
            return [df.OrchestrationRuntimeStatus[status] for status in value]
        case _:
            return value


def _plain(result: Any) -> Any:
    match result:
        case list():
            return [_plain(each) for each in result]
        case DurableOrchestrationStatus():
            return result.to_json() if result else None
        case EntityStateResponse():
            return {"exists": result.entity_exists, "state": result.entity_state}
        case PurgeHistoryResult():
            return result.instances_deleted
        case _:
            return result


def about(req: func.HttpRequest, context: func.Context) -> func.HttpResponse:
    """What a function is told of itself and of the request."""
    answer = {
        "function": context.function_name,
        "invocation": context.invocation_id,
        "directory": str(context.function_directory),
        "method": req.method,
        "query": dict(req.params),
        "route": dict(req.route_params),
        "body": req.get_body().decode(),
    }
    return func.HttpResponse(json.dumps(answer), status_code=201, mimetype="application/json")
