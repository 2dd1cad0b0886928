"""Two functions of one name, in two files; a third is fine."""

import azure.durable_functions as df
from blueprint import blueprint

app = df.DFApp()
app.register_functions(blueprint)


@app.activity_trigger(input_name="value")
def twice(value: str) -> str:
    return value


@app.activity_trigger(input_name="value")
def once(value: str) -> str:
    return value
