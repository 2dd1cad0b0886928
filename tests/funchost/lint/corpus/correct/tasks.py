from datetime import timedelta

import azure.durable_functions as df

app = df.DFApp()
RETRY = df.RetryOptions(1000, 3)


@app.activity_trigger(input_name="city")
def say_hello(city: str) -> str:
    return f"Hello {city}"


@app.orchestration_trigger(context_name="context")
def fan_out(context):
    calls = []
    for city in context.get_input():
        calls.append(context.call_activity(say_hello, city))
    greetings = yield context.task_all(calls)
    more = yield context.task_all([context.call_activity("say_hello", c) for c in greetings])
    by_name = {name: context.call_activity("say_hello", name) for name in more}
    yield context.task_all(list(by_name.values()))
    return {name: task.result for name, task in by_name.items()}


@app.orchestration_trigger(context_name="context")
def one_after_the_other(context):
    first = context.call_activity("a")
    second = context.call_activity_with_retry("b", RETRY, "x")
    third, fourth = context.call_activity("c"), context.call_http("GET", "https://example.com")
    result = yield first
    yield second
    yield context.task_all([third, fourth])
    return [result, first.result]


@app.orchestration_trigger(context_name="context")
def in_expressions(context):
    if (yield context.call_activity("check")):
        return (yield context.call_activity("go"))
    total = (yield context.call_activity("one")) + (yield context.call_activity("two"))
    return total


def hello(context, city):
    return context.call_activity("say_hello", city)


def all_of(context, cities):
    tasks = [hello(context, city) for city in cities]
    return context.task_all(tasks)


@app.orchestration_trigger(context_name="context")
def factories(context):
    yield hello(context, "Tokyo")
    tasks = [hello(context, city) for city in ("London", "Paris")]
    yield context.task_all(tasks)
    return (yield all_of(context, ["Rome"]))


def started(context):
    for city in ("London", "Paris"):
        yield context.call_activity("say_hello", city)


@app.orchestration_trigger(context_name="context")
def tasks_from_a_generator(context):
    yield context.task_all(list(started(context)))
    yield context.task_all([*started(context)])
    yield context.task_all([task for task in started(context)])
    for task in started(context):
        yield task


@app.orchestration_trigger(context_name="context")
def pipeline(context):
    handlers = {"a": context.call_activity, "b": context.call_sub_orchestrator}
    for name, call in handlers.items():
        yield call(name)
    tasks = {}
    tasks["x"] = context.call_activity("x")
    window = [context.call_activity("y", n) for n in range(3)]
    while window:
        done = yield context.task_any(window)
        window.remove(done)
    yield tasks["x"]


@app.orchestration_trigger(context_name="context")
def no_task_is_needed(context):
    return context.get_input()


@app.orchestration_trigger(context_name="context")
def a_generator_without_tasks(context):
    return context.get_input()
    yield


@app.orchestration_trigger(context_name="context")
def forgets_a_signal(context):
    context.signal_entity(df.EntityId("counter", "all"), "add", 1)
    context.set_custom_status("signalled")
    yield context.create_timer(context.current_utc_datetime + timedelta(seconds=30))
    context.continue_as_new(None)
