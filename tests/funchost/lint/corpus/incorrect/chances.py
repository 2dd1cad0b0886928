import os
import random
import secrets
import uuid
from random import choice as pick
from uuid import uuid4

import azure.durable_functions as df
import numpy as np

app = df.DFApp()
dice = random.SystemRandom()


@app.orchestration_trigger("ctx")
def chances(ctx):
    a = str(uuid.uuid4())  # expect: DF002
    b = uuid4().hex  # expect: DF002
    c = random.randint(1, 6)  # expect: DF002
    d = pick(["a", "b"])  # expect: DF002
    e = secrets.token_hex()  # expect: DF002
    f = os.urandom(4).hex()  # expect: DF002
    g = dice.random()  # expect: DF002
    generator = random.Random()
    h = generator.random()  # expect: DF002
    i = float(np.random.rand())  # expect: DF002
    j = str(uuid.uuid1())  # expect: DF002
    cities = ["Tokyo", "London"]
    random.shuffle(cities)  # expect: DF002
    yield ctx.call_activity("store", [a, b, c, d, e, f, g, h, i, j, cities])
    yield ctx.call_activity("store", hash(a))  # expect: DF018
    yield ctx.call_activity("store", id(ctx))  # expect: DF018
