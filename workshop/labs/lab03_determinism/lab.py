"""Begins with two orchestrators that draw lots and read the clock; solved, activities draw the lots."""

from pathlib import Path

from workshop.lab import Edit, Lab, Remove
from workshop.labs import chaining

BROKEN = '''    """Greet every city, in an order that lots decide."""
    cities = list(CITIES)
    random.shuffle(cities)

    greetings: list[str] = []
    for city in cities:
        greeting: str = yield context.call_activity("say_hello", city)
        greetings.append(greeting)

    context.set_custom_status(f"Greeted {len(greetings)} cities by {datetime.now(timezone.utc):%H:%M}")
    return greetings


@app.orchestration_trigger(context_name="context")
def wish_cities(context: df.DurableOrchestrationContext) -> Generator[TaskBase, Any, list[str]]:
    """Greet some cities, wish others a good day: lots decide which."""
    wishes: list[str] = []
    for city in CITIES:
        activity = random.choice(["say_hello", "say_good_day"])
        wish: str = yield context.call_activity(activity, city)
        wishes.append(wish)
    return wishes


@app.activity_trigger(input_name="name")
def say_good_day(name: str) -> str:
    """Another thing to say to a city."""
    return f"A good day, {name}!"
'''

LAB = Lab(
    home=Path(__file__).parent,
    title="Determinism, broken on purpose",
    minutes=15,
    template="chaining",
    start=(
        Remove("tests"),
        Edit(
            "function_app.py",
            chaining.DOCSTRING + chaining.BODY,
            BROKEN,
        ),
        chaining.cities("Tokyo", "Seattle", "London", "Nairobi", "Lima", "Oslo", "Seoul", "Cairo"),
        Edit(
            "function_app.py",
            """import logging
from collections.abc import Generator
from typing import Any
""",
            """import logging
import random
from collections.abc import Generator
from datetime import datetime, timezone
from typing import Any
""",
        ),
        Edit("function_app.py", "from replay_safe import ReplaySafeLogger\n", ""),
    ),
    solution=(
        Edit(
            "function_app.py",
            "    cities = list(CITIES)\n    random.shuffle(cities)\n",
            '    cities: list[str] = yield context.call_activity("draw_order", CITIES)\n',
        ),
        Edit("function_app.py", "{datetime.now(timezone.utc):%H:%M}", "{context.current_utc_datetime:%H:%M}"),
        Edit("function_app.py", "from datetime import datetime, timezone\n", ""),
        Edit(
            "function_app.py",
            """    for city in CITIES:
        activity = random.choice(["say_hello", "say_good_day"])
""",
            """    activities: list[str] = yield context.call_activity("draw_activities", len(CITIES))
    for city, activity in zip(CITIES, activities, strict=True):
""",
        ),
        Edit(
            "function_app.py",
            """@app.activity_trigger(input_name="name")
def say_good_day(""",
            '''@app.activity_trigger(input_name="names")
def draw_order(names: list) -> list[str]:  # the host takes a class here, so not list[str]
    """The names in an order that lots decide. The result is recorded: it is drawn once."""
    return random.sample(names, len(names))


@app.activity_trigger(input_name="count")
def draw_activities(count: int) -> list[str]:
    """As many activities, drawn by lot."""
    return random.choices(["say_hello", "say_good_day"], k=count)


@app.activity_trigger(input_name="name")
def say_good_day(''',
        ),
    ),
)
