"""Timers, a warm-up, and a durable orchestration that a timer starts; plus two functions that cannot run here."""

import os
from pathlib import Path

import azure.durable_functions as df
import azure.functions as func

app = df.DFApp(http_auth_level=func.AuthLevel.ANONYMOUS)
warm = False


def mark(text: str) -> None:
    with Path(os.environ["MARKS"]).open("a", encoding="utf-8") as marks:
        marks.write(f"{text}\n")


@app.warm_up_trigger(arg_name="context")
@app.durable_client_input(client_name="client")
async def warmup(context, client: df.DurableOrchestrationClient) -> None:
    global warm  # noqa: PLW0603  (what a warm-up is for)
    assert await client.get_status("nobody") is not None  # the client answers already
    warm = True


@app.timer_trigger(arg_name="timer", schedule="%EVERY%", run_on_startup=True, use_monitor=False)
@app.durable_client_input(client_name="client")
async def tick(timer: func.TimerRequest, client: df.DurableOrchestrationClient) -> None:
    mark(f"tick warm={warm} past_due={timer.past_due} status={timer.schedule_status}")
    await client.start_new("record", client_input="from the timer")


@app.timer_trigger(arg_name="timer", schedule="0 0 5 31 12 *")
@app.retry(strategy="fixed_delay", max_retry_count="2", delay_interval="00:00:05")
def yearly(timer: func.TimerRequest) -> None:
    mark(f"yearly past_due={timer.past_due} next={timer.schedule_status['Next']}")


@app.timer_trigger(arg_name="timer", schedule="every night")
def nightly(timer: func.TimerRequest) -> None:
    mark("nightly")


@app.queue_trigger(arg_name="message", queue_name="orders", connection="AzureWebJobsStorage")
def on_order(message: func.QueueMessage) -> None:
    mark("order")


@app.route(route="warm")
def is_warm(req: func.HttpRequest) -> func.HttpResponse:
    return func.HttpResponse(str(warm))


@app.orchestration_trigger(context_name="context")
def record(context: df.DurableOrchestrationContext):
    return (yield context.call_activity("note", context.get_input()))


@app.activity_trigger(input_name="text")
def note(text: str) -> str:
    mark(f"noted {text}")
    return text
