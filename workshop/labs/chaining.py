"""The pieces of the baked chaining app that several labs replace."""

from workshop.lab import Edit

DOCSTRING = '''\
    """Greet three cities in turn. Each yield is a checkpoint: a crash costs at most one greeting."""
'''
BODY = """\
    log = ReplaySafeLogger(context, __name__)
    # Wait a second after a failure, and give up after the third.
    three_attempts = df.RetryOptions(first_retry_interval_in_milliseconds=1000, max_number_of_attempts=3)

    context.set_custom_status("Greeting Tokyo")
    tokyo: str = yield context.call_activity("say_hello", "Tokyo")

    context.set_custom_status("Greeting Seattle")
    seattle: str = yield context.call_activity_with_retry("say_hello", three_attempts, "Seattle")

    context.set_custom_status("Greeting London")
    london: str = yield context.call_activity("say_hello", "London")

    context.set_custom_status("Greeted 3 cities")
    log.info("Greeted 3 cities.")
    return [tokyo, seattle, london]
"""
SAY_HELLO = '''\
@app.activity_trigger(input_name="name")
def say_hello(name: str) -> str:
    """Greet one city. An activity may do what an orchestrator must not: I/O, clocks, random numbers."""
    return greet(name)
'''
_APP = "app = df.DFApp(http_auth_level=func.AuthLevel.FUNCTION)\n"


def cities(*names: str) -> Edit:
    """Have a constant CITIES below the app."""
    listed = ", ".join(f'"{name}"' for name in names)
    return Edit("function_app.py", _APP, f"{_APP}\nCITIES = [{listed}]\n")
