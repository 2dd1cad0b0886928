import azure.durable_functions as df

app = df.DFApp()
REGIONS = {"north", "south"}


@app.orchestration_trigger(context_name="context")
def orders(context):
    cities = set(context.get_input())
    for city in cities:  # expect: DF013
        yield context.call_activity("say_hello", city)
    for region in REGIONS:  # expect: DF013
        yield context.call_activity("say_hello", region)
    for name in {"a", "b"}:  # expect: DF013
        yield context.call_activity("say_hello", name)
    calls = [context.call_activity("say_hello", c) for c in cities | REGIONS]  # expect: DF013
    yield context.task_all(calls)
    text = ", ".join({city.upper() for city in cities})  # expect: DF013
    listed = list(cities)  # expect: DF013
    first, *rest = [*cities]  # expect: DF013
    one = cities.pop()  # expect: DF013
    number = {c: i for i, c in enumerate(cities)}  # expect: DF013
    new = context.get_input()
    for key in new.keys() - {"id"}:  # expect: DF013
        yield context.call_activity("say_hello", key)
    yield context.call_activity("store", [text, listed, first, rest, one, number, each(cities)])


def each(names: set[str]) -> list[str]:
    return [name.upper() for name in names]  # expect: DF013
