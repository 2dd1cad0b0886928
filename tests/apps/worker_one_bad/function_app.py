"""One function that works, and one of each kind that does not."""

import typing

import azure.durable_functions as df
import azure.functions as func

app = df.DFApp()


@app.activity_trigger(input_name="value")
def works(value: str) -> str:
    return value


@app.activity_trigger(input_name="value")
def other_parameter(val: str) -> str:
    return val


@app.activity_trigger(input_name="value")
def union_annotation(value: typing.Optional[str]) -> str:  # noqa: UP045
    return value or ""


@app.orchestration_trigger(context_name="context")
async def async_orchestrator(context):
    return await context.call_activity("works", "x")


@app.orchestration_trigger(context_name="context")
async def async_generator(context):
    yield context.call_activity("works", "x")


@app.entity_trigger(context_name="context")
async def async_entity(context):
    context.set_state(1)


@app.route(route="start")
@app.durable_client_input(client_name="client")
def sync_client(req: func.HttpRequest, client) -> func.HttpResponse:
    return func.HttpResponse("")


@app.queue_trigger(arg_name="message", queue_name="q", connection="c")
def queue_worker(message: func.QueueMessage) -> None:
    pass


@app.route(route="out")
@app.queue_output(arg_name="queue", queue_name="q", connection="c")
def queue_writer(req: func.HttpRequest, queue: func.Out[str]) -> str:
    return ""


@app.route(route="a__b")
def wrong_context(req: func.HttpRequest, context: str) -> str:
    return context


@app.activity_trigger(input_name="a__b")
def binding_name(a__b: str) -> str:
    return a__b


@app.function_name("9lives")
@app.activity_trigger(input_name="value")
def nine_lives(value: str) -> str:
    return value
