"""An app that uses most of what a test wants to get hold of, for tests of the fixture ``durable``."""

from datetime import timedelta

import azure.durable_functions as df
import azure.functions as func
import mail

app = df.DFApp(http_auth_level=func.AuthLevel.ANONYMOUS)
TWICE = df.RetryOptions(first_retry_interval_in_milliseconds=5000, max_number_of_attempts=2)


@app.route(route="approvals", methods=["POST"])
@app.durable_client_input(client_name="client")
async def start(req: func.HttpRequest, client: df.DurableOrchestrationClient) -> func.HttpResponse:
    instance_id = await client.start_new("approval", client_input=req.get_json())
    return client.create_check_status_response(req, instance_id)


@app.orchestration_trigger(context_name="context")
def approval(context: df.DurableOrchestrationContext):
    hours = context.get_input()["hours"]
    sent = yield context.call_activity("notify", context.get_input()["to"])
    timeout = context.create_timer(context.current_utc_datetime + timedelta(hours=hours))
    answer = context.wait_for_external_event("Approval")
    winner = yield context.task_any([answer, timeout])
    if winner == answer:
        timeout.cancel()
        return [sent, answer.result]
    return [sent, "escalated"]


@app.orchestration_trigger(context_name="context")
def careless(context: df.DurableOrchestrationContext):
    timeout = context.create_timer(context.current_utc_datetime + timedelta(hours=1))
    work = context.call_activity("notify", "x")
    yield context.task_any([work, timeout])
    return "done"


@app.orchestration_trigger(context_name="context")
def waits_for_two(context: df.DurableOrchestrationContext):
    result = yield context.task_all(
        [context.wait_for_external_event("left"), context.wait_for_external_event("right")]
    )
    return result


@app.orchestration_trigger(context_name="context")
def fetches(context: df.DurableOrchestrationContext):
    response = yield context.call_http("GET", "https://example.test/rate")
    return response["content"]


@app.orchestration_trigger(context_name="context")
def parent(context: df.DurableOrchestrationContext):
    result = yield context.call_sub_orchestrator_with_retry("fragile", TWICE, 7)
    return result


@app.orchestration_trigger(context_name="context")
def fragile(context: df.DurableOrchestrationContext):
    raise ValueError("never works for real")


@app.activity_trigger(input_name="address")
def notify(address: str) -> str:
    return mail.send(address)


@app.entity_trigger(context_name="context")
def counter(context: df.DurableEntityContext):
    if context.operation_name == "add":
        context.set_state(context.get_state(lambda: 0) + context.get_input())
