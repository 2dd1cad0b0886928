from datetime import timedelta

import azure.durable_functions as df

app = df.DFApp()
RETRY = df.RetryOptions(1000, 3)


@app.orchestration_trigger(context_name="context")
def statements(context):
    context.call_activity("first")  # expect: DF004
    context.call_activity_with_retry("first", RETRY)  # expect: DF004
    context.create_timer(context.current_utc_datetime + timedelta(seconds=1))  # expect: DF004
    context.wait_for_external_event("Go")  # expect: DF004
    context.task_all([context.call_activity("a")])  # expect: DF004
    context.call_http("GET", "https://example.com")  # expect: DF004
    yield context.call_sub_orchestrator("child")


@app.orchestration_trigger(context_name="context")
def variables(context):
    unused = context.call_activity("first")  # expect: DF004
    looked_at = context.call_activity("second")  # expect: DF004
    if looked_at.is_completed:
        return looked_at.result
    calls = [context.call_activity("third", i) for i in range(3)]  # expect: DF004
    more = []
    for i in range(3):
        more.append(context.call_activity("fourth", i))  # expect: DF004
    print(len(more))
    pair = (context.call_activity("fifth"), context.call_activity("sixth"))  # expect: DF004, DF004
    yield context.call_activity("last")


@app.orchestration_trigger(context_name="context")
def returns_a_task(context):
    return context.call_activity("first")  # expect: DF004


def hello(context, city):
    return context.call_activity("say_hello", city)


@app.orchestration_trigger(context_name="context")
def uses_a_factory(context):
    hello(context, "Tokyo")  # expect: DF004
    yield hello(context, "London")


@app.orchestration_trigger(context_name="context")
def alias(ctx):
    context = ctx
    context.call_activity("first")  # expect: DF004
    yield ctx.call_activity("second")


class Steps:
    def __init__(self, context):
        self.context = context

    def run(self):
        self.context.call_activity("first")  # expect: DF004
        yield self.context.call_activity("second")


@app.orchestration_trigger(context_name="context")
def object_oriented(context):
    steps = Steps(context)
    yield from steps.run()
