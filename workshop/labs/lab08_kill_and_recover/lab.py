"""Begins with an activity that sends a postcard twice after a crash; solved, it looks first."""

from pathlib import Path

from workshop.lab import Edit, Lab, Remove
from workshop.labs import chaining

LAB = Lab(
    home=Path(__file__).parent,
    title="kill -9, and nothing is lost",
    minutes=15,
    template="chaining",
    start=(
        Remove("tests"),
        Remove("greetings.py"),
        Edit("function_app.py", "from greetings import greet\n", "from postcards import send\n"),
        chaining.cities("Tokyo", "Seattle", "London", "Nairobi", "Lima", "Oslo"),
        Edit(
            "function_app.py",
            "def hello_cities(context: df.DurableOrchestrationContext) -> Generator[TaskBase, Any, list[str]]:\n"
            + chaining.DOCSTRING
            + chaining.BODY,
            '''def journey(context: df.DurableOrchestrationContext) -> Generator[TaskBase, Any, list[str]]:
    """Send a postcard from each city of a journey."""
    log = ReplaySafeLogger(context, __name__)
    sent: list[str] = []
    for city in CITIES:
        postcard: str = yield context.call_activity("send_postcard", {"city": city})
        sent.append(postcard)
    log.info("The journey is over.")
    return sent
''',
        ),
        Edit(
            "function_app.py",
            chaining.SAY_HELLO,
            '''@app.activity_trigger(input_name="card")
def send_postcard(card: dict) -> str:
    """Send one postcard. It is at the post office at once; that the office confirms it takes a second."""
    logging.info("A postcard from %s", card["city"])
    send(card)
    return f"A postcard from {card['city']}"
''',
        ),
    ),
    solution=(
        Edit("function_app.py", '{"city": city}', '{"id": context.instance_id, "city": city}'),
        Edit(
            "postcards.py",
            """    with SENT.open("a", encoding="utf-8") as file:
        file.write(f"{card['city']}\\n")
""",
            """    line = f"{card['id']} {card['city']}"  # the same in each attempt, another one in each journey
    already_sent = SENT.read_text(encoding="utf-8").splitlines() if SENT.exists() else []
    if line not in already_sent:
        with SENT.open("a", encoding="utf-8") as file:
            file.write(f"{line}\\n")
""",
        ),
    ),
)
