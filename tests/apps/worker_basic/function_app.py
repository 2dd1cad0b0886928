"""Every kind of function the worker runs, small, for the tests of ``funchost.worker``."""

import asyncio
import contextvars
import logging
import os
import threading
import time
from pathlib import Path

import azure.durable_functions as df
import azure.functions as func

app = df.DFApp(http_auth_level=func.AuthLevel.ANONYMOUS)
setting = contextvars.ContextVar("setting", default="unset")


@app.route(route="hello/{name?}")
def hello(req: func.HttpRequest) -> func.HttpResponse:
    name = req.route_params.get("name") or req.params.get("name", "nobody")
    return func.HttpResponse(f"Hello {name}", headers={"X-Seen": req.headers.get("X-Sent", "")})


@app.route(route="echo", methods=["POST"])
def echo(req: func.HttpRequest) -> func.HttpResponse:
    return func.HttpResponse(req.get_body(), status_code=201, mimetype="application/octet-stream")


@app.route(route="start", methods=["POST"])
@app.durable_client_input(client_name="client")
async def start(req: func.HttpRequest, client: df.DurableOrchestrationClient) -> func.HttpResponse:
    return client.create_check_status_response(req, "the-instance")


@app.route(route="context")
def tells_context(req: func.HttpRequest, context: func.Context) -> str:
    return f"{context.function_name}|{context.invocation_id}|{context.function_directory}"


@app.route(route="logs")
def logs(req: func.HttpRequest, context: func.Context) -> str:
    logging.info("an info record")
    logging.getLogger("app.part").warning("a warning of %s", "a part")
    logging.getLogger("azure.functions.DurableFunctions").info("a record of the SDK")
    print("a printed line")
    print("printed without end", end="")

    def in_a_thread() -> None:
        context.thread_local_storage.invocation_id = context.invocation_id
        logging.info("from a thread")

    thread = threading.Thread(target=in_a_thread)
    thread.start()
    thread.join()
    return "done"


@app.route(route="async-logs")
async def async_logs(req: func.HttpRequest) -> str:
    await asyncio.sleep(0)
    logging.info("from a coroutine")
    return "done"


@app.route(route="fails")
def fails(req: func.HttpRequest) -> str:
    raise ValueError("boom")


@app.route(route="exits")
def exits(req: func.HttpRequest) -> str:
    raise SystemExit(4)


@app.route(route="loop")
async def which_loop(req: func.HttpRequest) -> str:
    return f"loop {id(asyncio.get_running_loop())} in {threading.current_thread().name}"


@app.route(route="remembers")
def remembers(req: func.HttpRequest) -> str:
    before = setting.get()
    setting.set("set by an earlier invocation")
    return before


@app.route(route="environment")
def environment(req: func.HttpRequest) -> str:
    return os.environ.get(req.params["name"], "unset")


@app.orchestration_trigger(context_name="context")
def chain(context: df.DurableOrchestrationContext):
    first = yield context.call_activity("say_hello", "Tokyo")
    return [first]


@app.orchestration_trigger(context_name="context")
def failing_orchestrator(context: df.DurableOrchestrationContext):
    raise ValueError("no way")
    yield


@app.activity_trigger(input_name="city")
def say_hello(city: str) -> str:
    return f"Hello {city}!"


@app.activity_trigger(input_name="value", activity="ReturnsItsInput")
async def same(value):
    return value


@app.activity_trigger(input_name="value")
def returns_a_set(value: str):
    return {1, 2}


@app.activity_trigger(input_name="seconds")
def sleeps(seconds: float) -> float:
    time.sleep(seconds)
    return seconds


@app.activity_trigger(input_name="files")
def waits_for_file(files: dict) -> str:
    """Say that it runs by making the file ``running``, and return once ``wanted`` exists."""
    Path(files["running"]).write_text(str(os.getpid()))
    while not Path(files["wanted"]).exists():
        time.sleep(0.005)
    return str(os.getpid())


@app.activity_trigger(input_name="code")
def ends_the_process(code: int) -> None:
    os._exit(code)


@app.entity_trigger(context_name="context")
def counter(context: df.DurableEntityContext):
    total = context.get_state(lambda: 0) + int(context.get_input() or 0)
    context.set_state(total)
    context.set_result(total)


@app.timer_trigger(schedule="0 */5 * * * *", arg_name="timer")
def tick(timer: func.TimerRequest) -> None:
    logging.info("past due: %s", timer.past_due)
