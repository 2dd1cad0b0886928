from datetime import datetime

import azure.durable_functions as df

app = df.DFApp()


@app.orchestration_trigger(context_name="context")
def knows_better(context):
    started = datetime.now()  # noqa
    again = datetime.now()  # noqa: DF001
    both = datetime.now()  # noqa: E501, DF001
    lower = datetime.now()  # NOQA:df001
    long = datetime.now(
        None,
    )  # noqa: DF001
    yield context.call_activity("store", [str(x) for x in (started, again, both, lower, long)])
