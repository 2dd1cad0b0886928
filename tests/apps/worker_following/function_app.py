"""An orchestrator that calls the activity it is given twice, and says when it goes on."""

import logging

import azure.durable_functions as df

app = df.DFApp()


@app.orchestration_trigger(context_name="context")
def pair(context: df.DurableOrchestrationContext):
    value = yield context.call_activity(context.get_input(), "first")
    logging.info("pair at %s", context.current_utc_datetime.replace(tzinfo=None).isoformat(timespec="microseconds"))
    return (yield context.call_activity(context.get_input(), value))


@app.activity_trigger(input_name="city")
def say_hello(city: str) -> str:
    logging.info("ran say_hello")
    return f"Hello {city}!"


@app.activity_trigger(input_name="value")
async def same(value: str) -> str:
    logging.info("ran same")
    return value


@app.activity_trigger(input_name="value")
def fails(value: int) -> None:
    raise ValueError(str(value))
