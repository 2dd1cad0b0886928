"""Functions that take their worker process down with them, and neighbours that must not suffer by it.

Every run of a function leaves a line in the file that ``MARKS`` names.
"""

import os
import time
from pathlib import Path

import azure.durable_functions as df
import azure.functions as func

app = df.DFApp(http_auth_level=func.AuthLevel.ANONYMOUS)


def mark(name: str) -> None:
    with Path(os.environ["MARKS"]).open("a", encoding="utf-8") as marks:
        marks.write(f"{name}\n")


@app.orchestration_trigger(context_name="context")
def calls(context: df.DurableOrchestrationContext):
    name, value = context.get_input()
    try:
        return (yield context.call_activity(name, value))
    except Exception as error:
        return f"failed: {error}"


@app.orchestration_trigger(context_name="context")
def poisoned_orchestrator(context: df.DurableOrchestrationContext):
    mark("poisoned_orchestrator")
    os._exit(1)
    yield


@app.orchestration_trigger(context_name="context")
def asks_entity(context: df.DurableOrchestrationContext):
    entity = df.EntityId("box", context.instance_id)
    yield context.call_entity(entity, "put", "kept")
    try:
        yield context.call_entity(entity, "die", "")
    except Exception as error:
        return [f"failed: {error}", (yield context.call_entity(entity, "contents"))]


@app.activity_trigger(input_name="value")
def poison(value: str) -> str:
    mark("poison")
    os._exit(3)


@app.activity_trigger(input_name="seconds")
def patient(seconds: float) -> str:
    mark("patient")
    time.sleep(seconds)
    return "finished"


@app.activity_trigger(input_name="value")
def dies_once(value: str) -> str:
    mark("dies_once")
    path = Path(value)
    if not path.exists():
        path.touch()
        os._exit(1)
    return "finished"


@app.entity_trigger(context_name="context")
def box(context: df.DurableEntityContext):
    contents = context.get_state(list)
    match context.operation_name:
        case "put":
            context.set_state([*contents, context.get_input()])
        case "die":
            mark("die")
            os._exit(1)
        case _:
            context.set_result(contents)
