"""Orchestrations to steer from the command line: one ends, one waits, one fails until it is mended."""

import os
from pathlib import Path

import azure.durable_functions as df

app = df.DFApp()


@app.orchestration_trigger(context_name="context")
def greet(context: df.DurableOrchestrationContext):
    greetings = []
    for city in context.get_input():
        greetings.append((yield context.call_activity("hello", city)))
    return greetings


@app.activity_trigger(input_name="city")
def hello(city: str) -> str:
    return f"Hello {city}!"


@app.orchestration_trigger(context_name="context")
def approval(context: df.DurableOrchestrationContext):
    answer = yield context.wait_for_external_event("Approval")
    return {"answer": answer}


@app.orchestration_trigger(context_name="context")
def repair(context: df.DurableOrchestrationContext):
    return (yield context.call_activity("works_once_mended", ""))


@app.activity_trigger(input_name="nothing")
def works_once_mended(nothing: str) -> str:
    if not Path(os.environ["MENDED"]).exists():
        raise ValueError("still broken")
    return "mended"
