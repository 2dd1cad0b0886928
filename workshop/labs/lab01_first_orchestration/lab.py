"""Begins with the chaining app as it is baked; solved, it greets a fourth city."""

from pathlib import Path

from workshop.lab import Edit, Lab, Remove

LAB = Lab(
    home=Path(__file__).parent,
    title="Your first orchestration",
    minutes=12,
    template="chaining",
    start=(Remove("tests"),),
    solution=(
        Edit(
            "function_app.py",
            """    context.set_custom_status("Greeted 3 cities")
    log.info("Greeted 3 cities.")
    return [tokyo, seattle, london]
""",
            """    context.set_custom_status("Greeting Nairobi")
    nairobi: str = yield context.call_activity("say_hello", "Nairobi")

    context.set_custom_status("Greeted 4 cities")
    log.info("Greeted 4 cities.")
    return [tokyo, seattle, london, nairobi]
""",
        ),
        Edit("function_app.py", '"""Greet three cities in turn.', '"""Greet four cities in turn.'),
    ),
)
