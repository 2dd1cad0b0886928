import os
import platform
import sys
from os import environ, getenv

import azure.durable_functions as df

app = df.DFApp()


@app.orchestration_trigger(context_name="context")
def surroundings(context):
    a = os.environ["A"]  # expect: DF008
    b = os.environ.get("B", "")  # expect: DF008
    c = os.getenv("C")  # expect: DF008
    d = environ["D"]  # expect: DF008
    e = getenv("E")  # expect: DF008
    f = os.getpid()  # expect: DF008
    g = platform.node()  # expect: DF008
    h = sys.argv[1]  # expect: DF008
    if "I" in os.environ:  # expect: DF008
        yield context.call_activity("store", "I")
    yield context.call_activity("store", [a, b, c, d, e, f, g, h])
