"""Begins with an app that runs here and would not in Azure; solved, it runs in both."""

from importlib.metadata import version
from pathlib import Path

from workshop.lab import Edit, Lab, Remove
from workshop.labs import chaining

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
        chaining.cities("Tokyo", "Seattle", "London"),
        Edit(
            "function_app.py",
            chaining.DOCSTRING + chaining.BODY,
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
            chaining.SAY_HELLO,
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
