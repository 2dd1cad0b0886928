"""Every feature of the SDK, in the second programming model. What it does is in ``conformance_v1/shared``."""

import sys
from pathlib import Path

sys.path.append(str(Path(__file__).resolve().parents[1] / "conformance_v1"))

import azure.durable_functions as df
import azure.functions as func
from shared import activities, clients, composing, entities, failing, waiting

app = df.DFApp(http_auth_level=func.AuthLevel.ANONYMOUS)

orchestrators = {}
for body in (
    *composing.ORCHESTRATORS,
    *failing.ORCHESTRATORS,
    *waiting.ORCHESTRATORS,
    *entities.ORCHESTRATORS,
):
    orchestrators[body.__name__] = app.orchestration_trigger(context_name="context")(body)
app.orchestration_trigger(context_name="context", orchestration="OtherOrchestrator")(composing.renamed_orchestrator)
for entity in entities.ENTITIES:
    app.entity_trigger(context_name="context")(entity)

work = df.Blueprint()
echo, *_ = [work.activity_trigger(input_name="value")(body) for body in activities.ACTIVITIES]
renamed = work.activity_trigger(input_name="value", activity="OtherName")(activities.renamed_activity)
app.register_functions(work)
composing.targets[:] = [echo, renamed, orchestrators["child"]]


@app.function_name("start")
@app.route(route="start/{name}", methods=["POST"])
@app.durable_client_input(client_name="starter")
async def start_function(req: func.HttpRequest, starter: df.DurableOrchestrationClient) -> func.HttpResponse:
    return await clients.start(req, starter)


@app.route(route="client/{method}", methods=["POST"])
@app.durable_client_input(client_name="starter")
async def client(req: func.HttpRequest, starter: df.DurableOrchestrationClient) -> func.HttpResponse:
    return await clients.call(req, starter)


@app.route(route="about/{what:int?}", methods=["GET", "POST"])
def about(req: func.HttpRequest, context: func.Context) -> func.HttpResponse:
    return clients.about(req, context)
