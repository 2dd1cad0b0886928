from contextlib import contextmanager

import azure.durable_functions as df

app = df.DFApp()


def steps(context, city="Tokyo"):
    first = yield context.call_activity("first", city)
    return first


def handed_on(context):
    return steps(context)


def rows(context):
    for row in context.get_input():
        yield row


@contextmanager
def status(context, text):
    context.set_custom_status(text)
    yield
    context.set_custom_status(None)


@app.orchestration_trigger(context_name="context")
def delegates(context):
    result = yield from steps(context)
    again = yield from handed_on(context)
    kept = steps(context, "Paris")
    later = yield from kept
    for row in rows(context):
        yield context.call_activity("store", row)
    listed = list(rows(context))
    with status(context, "working"):
        yield context.call_activity("work")
    return [result, again, later, listed, *rows(context)]


@app.orchestration_trigger(context_name="context")
def returns_the_generator(context):
    return steps(context)


class Saga:
    def __init__(self, context: df.DurableOrchestrationContext):
        self.context = context
        self.undo = []

    def step(self, name):
        result = yield self.context.call_activity(name)
        self.undo.append(f"undo_{name}")
        return result

    def compensate(self):
        for name in reversed(self.undo):
            yield self.context.call_activity(name)


@app.orchestration_trigger(context_name="context")
def saga(context: df.DurableOrchestrationContext):
    saga = Saga(context)
    try:
        yield from saga.step("book")
        yield from saga.step("pay")
    except Exception:
        yield from saga.compensate()
        raise


def recursive(context, depth):
    yield context.call_activity("down", depth)
    if depth:
        yield from recursive(context, depth - 1)


@app.orchestration_trigger(context_name="context")
def goes_down(context):
    yield from recursive(context, 3)
