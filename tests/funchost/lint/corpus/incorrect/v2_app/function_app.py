import azure.durable_functions as df

import helpers.pricing as pricing
from flows import flows
from helpers import stamp
from helpers.checks import *

app = df.DFApp()
app.register_functions(flows)
trigger = app.orchestration_trigger


@trigger(context_name="context")
def aliased_decorator(context):
    price = pricing.price_of("book")
    checked = check(price)
    yield context.call_activity("store", [stamp(), checked])


def body(context):
    context.call_activity("store")  # expect: DF004
    yield context.call_activity("store")


app.orchestration_trigger(context_name="context")(body)


@app.generic_trigger(arg_name="context", type="orchestrationTrigger")
async def generic(context):  # expect: DF005
    pass
