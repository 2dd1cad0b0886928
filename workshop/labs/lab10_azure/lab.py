"""Begins with an app that runs here and would not in Azure; solved, it runs in both."""

from importlib.metadata import version
from pathlib import Path

from workshop.lab import Edit, Lab, Remove

LAB = Lab(
    home=Path(__file__).parent,
    title="Moving to Core Tools and Azure",
    minutes=15,
    template="chaining",
    start=(
        Remove("tests"),
        Remove("greetings.py"),
        Edit(
            "host.json",
            """  },
  "extensionBundle": {
    "id": "Microsoft.Azure.Functions.ExtensionBundle",
    "version": "[4.*, 5.0.0)"
  }
}
""",
            """  }
}
""",
        ),
        Edit("function_app.py", "from greetings import greet\n", "from cards import print_card, read_card\n"),
        Edit(
            "function_app.py",
            """# Wait a second after a failure, and give up after the third.
THREE_ATTEMPTS = df.RetryOptions(first_retry_interval_in_milliseconds=1000, max_number_of_attempts=3)
""",
            'CITIES = ["Tokyo", "Seattle", "London"]\n',
        ),
        Edit(
            "function_app.py",
            '''    """Greet three cities in turn. Each yield is a checkpoint: a crash costs at most one greeting."""
    log = ReplaySafeLogger(context, __name__)

    context.set_custom_status("Greeting Tokyo")
    tokyo: str = yield context.call_activity("say_hello", "Tokyo")

    context.set_custom_status("Greeting Seattle")
    seattle: str = yield context.call_activity_with_retry("say_hello", THREE_ATTEMPTS, "Seattle")

    context.set_custom_status("Greeting London")
    london: str = yield context.call_activity("say_hello", "London")

    context.set_custom_status("Greeted 3 cities")
    log.info("Greeted 3 cities.")
    return [tokyo, seattle, london]
''',
            '''    """Print a card for each city, then read it out."""
    log = ReplaySafeLogger(context, __name__)
    greetings: list[str] = []
    for city in CITIES:
        card: str = yield context.call_activity("make_card", city)
        greeting: str = yield context.call_activity("read_out", card)
        greetings.append(greeting)
    log.info("Greeted %d cities.", len(greetings))
    return greetings
''',
        ),
        Edit(
            "function_app.py",
            '''@app.activity_trigger(input_name="name")
def say_hello(name: str) -> str:
    """Greet one city. An activity may do what an orchestrator must not: I/O, clocks, random numbers."""
    return greet(name)
''',
            '''@app.activity_trigger(input_name="name")
def make_card(name: str) -> str:
    """Print a card for a city."""
    return print_card(name)


@app.activity_trigger(input_name="card")
def read_out(card: str) -> str:
    """Say what a card says."""
    return read_card(card)
''',
        ),
    ),
    solution=(
        Edit(
            "requirements.txt",
            "python tools/vendor.py --what all\n",
            f"python tools/vendor.py --what all\njinja2=={version('jinja2')}\n",
        ),
        Edit(
            "host.json",
            """    "durableTask": {
      "hubName": "DurableChainingHub"
    }
  }
}
""",
            """    "durableTask": {
      "hubName": "DurableChainingHub"
    }
  },
  "extensionBundle": {
    "id": "Microsoft.Azure.Functions.ExtensionBundle",
    "version": "[4.*, 5.0.0)"
  }
}
""",
        ),
    ),
)
