"""Orchestrators with a bit of everything, for tests of saved histories."""

from datetime import timedelta

import azure.durable_functions as df
import azure.functions as func

app = df.DFApp(http_auth_level=func.AuthLevel.ANONYMOUS)
THRICE = df.RetryOptions(first_retry_interval_in_milliseconds=5000, max_number_of_attempts=3)
COUNTER = df.EntityId("counter", "all")


@app.orchestration_trigger(context_name="context")
def order(context: df.DurableOrchestrationContext):
    items = context.get_input()
    prices = yield context.task_all([context.call_activity("price", item) for item in items])
    context.signal_entity(COUNTER, "add", len(items))
    paid = yield from pay(context, sum(prices))
    shipped = yield context.call_activity("ship", {"items": items, "paid": paid})
    return shipped


def pay(context: df.DurableOrchestrationContext, amount: int):
    timeout = context.create_timer(context.current_utc_datetime + timedelta(hours=24))
    payment = context.wait_for_external_event("Paid")
    winner = yield context.task_any([payment, timeout])
    if winner == payment:
        timeout.cancel()
        return payment.result
    reminded = yield context.call_activity_with_retry("remind", THRICE, amount)
    return reminded


@app.orchestration_trigger(context_name="context")
def family(context: df.DurableOrchestrationContext):
    child = yield context.call_sub_orchestrator("order", ["pen"])
    count = yield context.call_entity(COUNTER, "get")
    rate = yield context.call_http("GET", "https://example.test/rate")
    return [child, count, rate["content"]]


@app.orchestration_trigger(context_name="context")
def refuses(context: df.DurableOrchestrationContext):
    yield context.call_activity("price", "pen")
    raise ValueError("not for sale")


@app.orchestration_trigger(context_name="context")
def rounds(context: df.DurableOrchestrationContext):
    left = context.get_input()
    yield context.create_timer(context.current_utc_datetime + timedelta(minutes=1))
    if left == 0:
        return "done"
    context.continue_as_new(left - 1)


@app.activity_trigger(input_name="item")
def price(item: str) -> int:
    return len(item)


@app.activity_trigger(input_name="amount")
def remind(amount: int) -> str:
    return f"reminded of {amount}"


@app.activity_trigger(input_name="parcel")
def ship(parcel: dict) -> str:
    return f"shipped {', '.join(parcel['items'])}: {parcel['paid']}"


@app.entity_trigger(context_name="context")
def counter(context: df.DurableEntityContext):
    if context.operation_name == "add":
        context.set_state(context.get_state(lambda: 0) + context.get_input())
    context.set_result(context.get_state(lambda: 0))
