"""The app that funchost runs in the benchmarks; the SDK floor runs its orchestrators without a host."""

import asyncio
import time
from collections.abc import Generator
from typing import Any

import azure.durable_functions as df
import azure.functions as func

app = df.DFApp(http_auth_level=func.AuthLevel.ANONYMOUS)

Orchestrator = Generator[df.models.Task.TaskBase, Any, Any]


@app.route(route="start/{name}/{number:int}")
@app.durable_client_input(client_name="client")
async def start(req: func.HttpRequest, client: df.DurableOrchestrationClient) -> func.HttpResponse:
    instance_id = await client.start_new(req.route_params["name"], client_input=int(req.route_params["number"]))
    return client.create_check_status_response(req, instance_id)


@app.orchestration_trigger(context_name="context")
def chain(context: df.DurableOrchestrationContext) -> Orchestrator:
    value = 0
    for _ in range(context.get_input()):
        value = yield context.call_activity("plus_one", value)
    return value


@app.orchestration_trigger(context_name="context")
def fan_out(context: df.DurableOrchestrationContext) -> Orchestrator:
    values = yield context.task_all(
        [context.call_activity("plus_one", number) for number in range(context.get_input())]
    )
    return sum(values)


@app.orchestration_trigger(context_name="context")
def fan_out_to(context: df.DurableOrchestrationContext) -> Orchestrator:
    """As many activities of a name as asked for, each with the same input."""
    asked = context.get_input()
    results = yield context.task_all(
        [context.call_activity(asked["activity"], asked["input"]) for _ in range(asked["count"])]
    )
    return len(results)


@app.orchestration_trigger(context_name="context")
def wait_for_go(context: df.DurableOrchestrationContext) -> Orchestrator:
    value = yield context.wait_for_external_event("Go")
    return value


@app.orchestration_trigger(context_name="context")
def carry(context: df.DurableOrchestrationContext) -> Orchestrator:
    text = yield context.call_activity("echo", context.get_input())
    return text


@app.activity_trigger(input_name="number")
def plus_one(number: int) -> int:
    return number + 1


@app.activity_trigger(input_name="text")
def echo(text: str) -> str:
    return text


@app.activity_trigger(input_name="loops")
def compute(loops: int) -> int:
    """Pure Python, so that it holds the interpreter's lock for as long as it takes."""
    total = 0
    for number in range(loops):
        total = (total * 31 + number) % 1_000_003
    return total


@app.activity_trigger(input_name="seconds")
def block(seconds: float) -> float:
    """A blocking call, as of a database driver."""
    time.sleep(seconds)
    return seconds


@app.activity_trigger(input_name="seconds")
async def wait(seconds: float) -> float:
    """The same wait without a thread."""
    await asyncio.sleep(seconds)
    return seconds


@app.entity_trigger(context_name="context")
def counter(context: df.DurableEntityContext) -> None:
    total = context.get_state(lambda: 0)
    if context.operation_name == "add":
        total += context.get_input()
        context.set_state(total)
    context.set_result(total)
