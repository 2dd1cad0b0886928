"""An app with secrets in its settings, of which it says nothing itself, and every way to fail."""

import logging
import os

import azure.durable_functions as df
import azure.functions as func

app = df.DFApp(http_auth_level=func.AuthLevel.FUNCTION)


@app.route(route="works")
def works(req: func.HttpRequest) -> func.HttpResponse:
    logging.info("has a password: %s", bool(os.environ["DATABASE_PASSWORD"]))
    return func.HttpResponse("fine")


@app.route(route="raises")
def raises(req: func.HttpRequest) -> func.HttpResponse:
    raise RuntimeError("nothing to see")


@app.route(route="wrong")
def wrong(req: func.HttpRequest) -> func.HttpResponse:
    return object()


@app.route(route="dies")
def dies(req: func.HttpRequest) -> func.HttpResponse:
    os._exit(1)


@app.route(route="client")
@app.durable_client_input(client_name="client")
async def client(req: func.HttpRequest, client: df.DurableOrchestrationClient) -> func.HttpResponse:
    return client.create_check_status_response(req, await client.start_new("fails"))


@app.timer_trigger(arg_name="timer", schedule="%SCHEDULE%")
def on_time(timer: func.TimerRequest) -> None:
    """Runs only when called by hand."""


@app.queue_trigger(arg_name="message", queue_name="q", connection="STORE")
def on_message(message: func.QueueMessage) -> None:
    """Not run by funchost."""


@app.orchestration_trigger(context_name="context")
def fails(context: df.DurableOrchestrationContext):
    yield context.call_activity("also_fails", "x")


@app.orchestration_trigger(context_name="context")
def fetches(context: df.DurableOrchestrationContext):
    return (yield context.call_http("GET", "http://127.0.0.1:9/nobody"))["content"]


@app.activity_trigger(input_name="value")
def also_fails(value: str) -> str:
    raise KeyError(value)


@app.entity_trigger(context_name="context")
def box(context: df.DurableEntityContext):
    raise ValueError(context.operation_name)
