import itertools

import azure.durable_functions as df

app = df.DFApp()
seen = []
totals = {}
count = 0
numbers = itertools.count()


class Config:
    retries = 3
    names: list = []


@app.orchestration_trigger(context_name="context")
def changes(context):
    global count
    count += 1  # expect: DF012
    seen.append(context.instance_id)  # expect: DF012
    totals["runs"] = 1  # expect: DF012
    del totals["runs"]  # expect: DF012
    totals["deep"]["er"] = 1  # expect: DF012
    Config.retries = 5  # expect: DF012
    Config.names.append("x")  # expect: DF012
    number = next(numbers)  # expect: DF012
    remember(context.instance_id)
    yield context.call_activity("store", number)


def remember(instance_id):
    totals.setdefault(instance_id, 0)  # expect: DF012
