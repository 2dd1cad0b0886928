import azure.durable_functions as df

app = df.DFApp()


@app.activity_trigger(input_name="city")
def say_hello(city: str) -> str:
    return f"Hello {city}"


@app.orchestration_trigger(context_name="context")
def calls_an_activity(context):
    greeting = say_hello("Tokyo")  # expect: DF015
    yield context.call_activity("store", greeting)


@app.orchestration_trigger(context_name="context")
def uses_a_client(context):
    client = df.DurableOrchestrationClient(context.get_input())  # expect: DF014
    client.raise_event("other", "Go")  # expect: DF014
    yield context.call_activity(say_hello, "Tokyo")
