"""Every pattern once, each with an output that does not depend on how often its host was killed on the way."""

from datetime import timedelta
from pathlib import Path

import azure.durable_functions as df
import azure.functions as func

app = df.DFApp(http_auth_level=func.AuthLevel.ANONYMOUS)
THREE_TIMES = df.RetryOptions(first_retry_interval_in_milliseconds=50, max_number_of_attempts=3)


@app.route(route="start/{name}/{id}", methods=["POST"])
@app.durable_client_input(client_name="client")
async def start(req: func.HttpRequest, client: df.DurableOrchestrationClient) -> func.HttpResponse:
    try:
        instance_id = await client.start_new(
            req.route_params["name"], req.route_params["id"], client_input=req.get_json()
        )
    except Exception as error:  # the SDK raises nothing narrower for an id that is taken
        return func.HttpResponse(str(error), status_code=409)
    return client.create_check_status_response(req, instance_id)


# -- Orchestrators ------------------------------------------------------------------------------------------


@app.orchestration_trigger(context_name="context")
def chain(context: df.DurableOrchestrationContext):
    done = []
    for number in range(context.get_input()):
        done.append((yield context.call_activity("double", number)))
        context.set_custom_status({"done": len(done)})
    return done


@app.orchestration_trigger(context_name="context")
def fan_out(context: df.DurableOrchestrationContext):
    tasks = [context.call_activity("double", number) for number in range(context.get_input())]
    results = yield context.task_all(tasks)
    return sum(results)


@app.orchestration_trigger(context_name="context")
def retries(context: df.DurableOrchestrationContext):
    recovered = yield context.call_activity_with_retry("fails_once", THREE_TIMES, context.get_input())
    try:
        yield context.call_activity_with_retry("fails_always", THREE_TIMES, "r")
    except Exception as error:
        return [recovered, "no such luck" in str(error)]


@app.orchestration_trigger(context_name="context")
def parent(context: df.DurableOrchestrationContext):
    named = context.call_sub_orchestrator("chain", 3, instance_id=f"{context.instance_id}-named")
    results = yield context.task_all([named, *(context.call_sub_orchestrator("fan_out", n) for n in (3, 5))])
    try:
        yield context.call_sub_orchestrator_with_retry("broken_child", THREE_TIMES, 1)
    except Exception as error:
        results.append("child is broken" in str(error))
    return results


@app.orchestration_trigger(context_name="context")
def broken_child(context: df.DurableOrchestrationContext):
    yield context.call_activity("double", 1)
    raise ValueError("child is broken")


@app.orchestration_trigger(context_name="context")
def timers(context: df.DurableOrchestrationContext):
    times = [context.current_utc_datetime]
    for _ in range(3):
        due = times[-1] + timedelta(milliseconds=150)
        yield context.create_timer(due)
        times.append(context.current_utc_datetime)
        assert times[-1] >= due, "woken before its time"
    return len(times)


@app.orchestration_trigger(context_name="context")
def race(context: df.DurableOrchestrationContext):
    timeout = context.create_timer(context.current_utc_datetime + timedelta(hours=1))
    go = context.wait_for_external_event("go")
    winner = yield context.task_any([go, timeout])
    if winner == timeout:
        return "too late"
    timeout.cancel()
    return go.result


@app.orchestration_trigger(context_name="context")
def events(context: df.DurableOrchestrationContext):
    first = yield context.wait_for_external_event("item-0")
    rest = yield context.task_all([context.wait_for_external_event(f"item-{n}") for n in range(1, 5)])
    return [first, *rest]


@app.orchestration_trigger(context_name="context")
def eternal(context: df.DurableOrchestrationContext):
    state = context.get_input()
    total = state["total"] + (yield context.call_activity("double", state["left"]))
    context.signal_entity(df.EntityId("ledger", state["ledger"]), "add", f"{state['left']}")
    if state["left"] > 1:
        context.continue_as_new({**state, "total": total, "left": state["left"] - 1})
        return None
    return total


@app.orchestration_trigger(context_name="context")
def bookkeeper(context: df.DurableOrchestrationContext):
    ledger = df.EntityId("ledger", context.get_input())
    lengths = []
    for number in range(3):
        lengths.append((yield context.call_entity(ledger, "add", f"call-{number}")))
        context.signal_entity(ledger, "add", f"signal-{number}")
    entries = yield context.call_entity(ledger, "entries")
    return [lengths, entries]


@app.orchestration_trigger(context_name="context")
def web(context: df.DurableOrchestrationContext):
    base = context.get_input()
    plain = yield context.call_http("GET", f"{base}/value/7")
    polled = yield context.call_http("POST", f"{base}/job", content={"n": 8})
    return [plain["content"], polled["content"]]


# -- Activities and an entity -------------------------------------------------------------------------------


@app.activity_trigger(input_name="number")
def double(number: int) -> int:
    return number * 2


@app.activity_trigger(input_name="mark")
def fails_once(mark: str) -> str:
    path = Path(mark)
    if not path.exists():
        path.touch()
        raise RuntimeError("the first attempt fails")
    return "recovered"


@app.activity_trigger(input_name="nothing")
def fails_always(nothing: str) -> str:
    raise RuntimeError("no such luck")


@app.entity_trigger(context_name="context")
def ledger(context: df.DurableEntityContext):
    entries = context.get_state(list)
    if context.operation_name == "add":
        entries = [*entries, context.get_input()]
        context.set_state(entries)
        context.set_result(len(entries))
    else:
        context.set_result(entries)
