import azure.durable_functions as df

app = df.DFApp()


@app.orchestration_trigger(context_name="context")
def wrong_yields(context):
    yield [context.call_activity("a"), context.call_activity("b")]  # expect: DF016
    yield [context.call_activity("a", i) for i in range(3)]  # expect: DF016
    calls = [context.call_activity("a", i) for i in range(3)]
    results = yield calls  # expect: DF016
    yield from context.call_activity("c")  # expect: DF016
    yield 5  # expect: DF016
    yield  # expect: DF016
    yield f"text {results}"  # expect: DF016
    yield from helper(context)


def helper(context):
    yield context.call_activity("a")
    yield {"not": "a task"}  # expect: DF016


def elsewhere(context):
    yield [context.call_activity("a")]  # expect: DF016


@app.orchestration_trigger(context_name="context")
def hands_on(context):
    return elsewhere(context)
