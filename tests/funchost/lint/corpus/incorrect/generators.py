import azure.durable_functions as df

app = df.DFApp()


def steps(context):
    first = yield context.call_activity("first")
    second = yield context.call_activity("second", first)
    return second


def handed_on(context):
    return steps(context)


def outer(context):
    result = yield from steps(context)
    return result


@app.orchestration_trigger(context_name="context")
def never_runs(context):
    steps(context)  # expect: DF007


@app.orchestration_trigger(context_name="context")
def yields_it(context):
    yield steps(context)  # expect: DF007


@app.orchestration_trigger(context_name="context")
def returns_it(context):
    yield context.call_activity("first")
    return outer(context)  # expect: DF007


@app.orchestration_trigger(context_name="context")
def uses_it(context):
    result = steps(context)  # expect: DF007
    yield context.call_activity("third", result)


@app.orchestration_trigger(context_name="context")
def looks_into_it(context):
    name = steps(context)["name"]  # expect: DF007
    greeting = f"Hello {handed_on(context)}"  # expect: DF007
    yield context.call_activity("third", [name, greeting])


@app.orchestration_trigger(context_name="context")
def races_it(context):
    yield context.task_all([steps(context), context.call_activity("third")])  # expect: DF007


@app.orchestration_trigger(context_name="context")
def passes_it(context):
    yield context.call_activity("third", steps(context))  # expect: DF007


@app.orchestration_trigger(context_name="context")
def inner_function(context):
    def both():
        yield context.call_activity("first")
        yield context.call_activity("second")

    both()  # expect: DF007
    yield context.call_activity("third")
