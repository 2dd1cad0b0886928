"""A chain of slowed activities that each leave a mark when they run, for tests that kill the host."""

import os
import time
from pathlib import Path

import azure.durable_functions as df
import azure.functions as func

app = df.DFApp(http_auth_level=func.AuthLevel.ANONYMOUS)


@app.route(route="start/{count:int}", methods=["POST"])
@app.durable_client_input(client_name="client")
async def start(req: func.HttpRequest, client: df.DurableOrchestrationClient) -> func.HttpResponse:
    instance_id = await client.start_new("slow_chain", client_input=int(req.route_params["count"]))
    return client.create_check_status_response(req, instance_id)


@app.orchestration_trigger(context_name="context")
def slow_chain(context: df.DurableOrchestrationContext):
    done = []
    for number in range(context.get_input()):
        done.append((yield context.call_activity("slowly", number)))
    return done


@app.activity_trigger(input_name="number")
def slowly(number: int) -> int:
    with Path(os.environ["MARKS"]).open("a", encoding="utf-8") as marks:
        marks.write(f"{number}\n")
    time.sleep(0.03)
    return number
