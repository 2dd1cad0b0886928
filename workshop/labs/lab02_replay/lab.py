"""Begins with an orchestrator that logs each line it comes to; solved, it logs each once."""

from pathlib import Path

from workshop.lab import Edit, Lab, Remove
from workshop.labs import chaining

LOUD = """    logging.info("-- hello_cities begins at its first line")

    logging.info("   it asks for Tokyo")
    tokyo: str = yield context.call_activity("say_hello", "Tokyo")

    logging.info("   it has %r and asks for Seattle", tokyo)
    seattle: str = yield context.call_activity("say_hello", "Seattle")

    logging.info("   it has %r and asks for London", seattle)
    london: str = yield context.call_activity("say_hello", "London")

    logging.info("   it has %r and returns", london)
    return [tokyo, seattle, london]
"""

LAB = Lab(
    home=Path(__file__).parent,
    title="Replay: see it happen",
    minutes=12,
    template="chaining",
    start=(
        Remove("tests"),
        Edit("function_app.py", chaining.BODY, LOUD),
        Edit(
            "function_app.py",
            "    return greet(name)\n",
            '    logging.info("      say_hello greets %s", name)\n    return greet(name)\n',
        ),
    ),
    solution=(
        Edit(
            "function_app.py",
            LOUD,
            "    log = ReplaySafeLogger(context, __name__)\n" + LOUD.replace("logging.info", "log.info"),
        ),
        Edit("answers.py", "BEGINS = 0", "BEGINS = 4"),
        Edit("answers.py", "ASKS_FOR_TOKYO = 0", "ASKS_FOR_TOKYO = 4"),
        Edit("answers.py", "GREETS_TOKYO = 0", "GREETS_TOKYO = 1"),
    ),
)
