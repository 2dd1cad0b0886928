"""A web framework's app at the root, and durable functions beside it in a blueprint."""

import json

import azure.durable_functions as df
import azure.functions as func


async def site(scope, receive, send) -> None:
    """A bare ASGI application, with the start and the end that servers announce."""
    if scope["type"] == "lifespan":
        for answer in ("startup", "shutdown"):
            await receive()
            await send({"type": f"lifespan.{answer}.complete"})
        return
    message = await receive()
    told = {
        "path": scope["path"],
        "query": scope["query_string"].decode(),
        "method": scope["method"],
        "body": message["body"].decode(),
        "function": scope["azure_functions.function_name"],
    }
    headers = [(b"content-type", b"application/json"), (b"x-framework", b"bare")]
    await send({"type": "http.response.start", "status": 203, "headers": headers})
    await send({"type": "http.response.body", "body": json.dumps(told).encode()})


app = func.AsgiFunctionApp(app=site, http_auth_level=func.AuthLevel.ANONYMOUS)
durable = df.Blueprint()


@durable.route(route="begin/{name}")
@durable.durable_client_input(client_name="client")
async def begin(req: func.HttpRequest, client: df.DurableOrchestrationClient) -> func.HttpResponse:
    instance_id = await client.start_new(req.route_params["name"], version=req.params.get("version"))
    return client.create_check_status_response(req, instance_id)


@durable.orchestration_trigger(context_name="context")
def versions(context: df.DurableOrchestrationContext):
    return [context.version, (yield context.call_sub_orchestrator("version"))]


@durable.orchestration_trigger(context_name="context")
def version(context: df.DurableOrchestrationContext):
    return context.version


app.register_functions(durable)
