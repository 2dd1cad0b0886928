"""Orchestrations whose every text tries to be markup."""

from pathlib import Path

import azure.durable_functions as df
import azure.functions as func

MARKUP = '<img src=x onerror="window.hacked=1"></pre><script>window.hacked=1</script>'
HOSTILE_NAME = "<script>window.hacked=1"  # a name with a slash could not be started over HTTP

app = df.DFApp(http_auth_level=func.AuthLevel.ANONYMOUS)


@app.orchestration_trigger(context_name="context", orchestration=HOSTILE_NAME)
def hostile(context: df.DurableOrchestrationContext):
    context.set_custom_status({MARKUP: MARKUP})
    yield context.call_activity("echo", MARKUP)
    yield context.call_entity(df.EntityId("ledger", MARKUP.replace("/", "")), MARKUP, MARKUP)
    raise ValueError(MARKUP)


@app.orchestration_trigger(context_name="context")
def waits(context: df.DurableOrchestrationContext):
    answer = yield context.wait_for_external_event("Approval")
    return {"answer": answer, "large": 12345678901234567890, "note": MARKUP}


@app.orchestration_trigger(context_name="context")
def outer(context: df.DurableOrchestrationContext):
    result = yield context.call_sub_orchestrator("inner", context.get_input())
    return result


@app.orchestration_trigger(context_name="context")
def inner(context: df.DurableOrchestrationContext):
    result = yield context.call_activity("fails", context.get_input())
    return result


@app.orchestration_trigger(context_name="context")
def tries(context: df.DurableOrchestrationContext):
    result = yield context.call_activity("fails_once", context.get_input()["mark"])
    return result


@app.activity_trigger(input_name="mark")
def fails_once(mark: str) -> str:
    if not Path(mark).exists():
        Path(mark).touch()
        raise RuntimeError("not the first time")
    return "the second time"


@app.activity_trigger(input_name="value")
def echo(value: str) -> str:
    return value


@app.activity_trigger(input_name="value")
def fails(value: dict) -> str:
    raise RuntimeError(f"cannot ship {value['order']}")


@app.entity_trigger(context_name="context")
def ledger(context: df.DurableEntityContext):
    context.set_state([context.get_input()])
    context.set_result(context.get_input())
