"""Function chaining: activities one after the other, in an order that survives crashes."""

import logging
from collections.abc import Generator
from typing import Any

import azure.durable_functions as df
import azure.functions as func
from azure.durable_functions.models.Task import TaskBase

from greetings import greet
from replay_safe import ReplaySafeLogger

app = df.DFApp(http_auth_level=func.AuthLevel.FUNCTION)


@app.route(route="orchestrators/{functionName}", methods=["POST"])
@app.durable_client_input(client_name="client")
async def http_start(req: func.HttpRequest, client: df.DurableOrchestrationClient) -> func.HttpResponse:
    """Start the orchestrator named in the URL; answer 202 with the URLs that watch and steer it."""
    name = req.route_params["functionName"]
    instance_id = await client.start_new(name)
    logging.info("Started %s with id %s.", name, instance_id)
    return client.create_check_status_response(req, instance_id)


@app.orchestration_trigger(context_name="context")
def hello_cities(context: df.DurableOrchestrationContext) -> Generator[TaskBase, Any, list[str]]:
    """Greet three cities in turn. Each yield is a checkpoint: a crash costs at most one greeting."""
    log = ReplaySafeLogger(context, __name__)
    # Wait a second after a failure, and give up after the third.
    three_attempts = df.RetryOptions(first_retry_interval_in_milliseconds=1000, max_number_of_attempts=3)

    context.set_custom_status("Greeting Tokyo")
    tokyo: str = yield context.call_activity("say_hello", "Tokyo")

    context.set_custom_status("Greeting Seattle")
    seattle: str = yield context.call_activity_with_retry("say_hello", three_attempts, "Seattle")

    context.set_custom_status("Greeting London")
    london: str = yield context.call_activity("say_hello", "London")

    context.set_custom_status("Greeted 3 cities")
    log.info("Greeted 3 cities.")
    return [tokyo, seattle, london]


@app.activity_trigger(input_name="name")
def say_hello(name: str) -> str:
    """Greet one city. An activity may do what an orchestrator must not: I/O, clocks, random numbers."""
    return greet(name)
