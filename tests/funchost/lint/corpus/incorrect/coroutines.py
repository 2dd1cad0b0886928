import asyncio

import azure.durable_functions as df

app = df.DFApp()


@app.orchestration_trigger(context_name="context")
async def awaits(context):  # expect: DF005
    first = await context.call_activity("first")
    await asyncio.sleep(1)  # expect: DF009
    return first


@app.orchestration_trigger(context_name="context")
async def yields(context):  # expect: DF005
    yield context.call_activity("first")


@app.orchestration_trigger(context_name="context")
async def simple(context):  # expect: DF005
    one = await context.call_activity("first")
    return [one, await context.call_activity("second")]


@app.orchestration_trigger(context_name="context")
def calls_a_coroutine(context):
    city = fetch("Tokyo")  # expect: DF011
    yield context.call_activity("say_hello", str(city))


async def fetch(city):
    return city
