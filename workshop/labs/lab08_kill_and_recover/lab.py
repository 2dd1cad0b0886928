"""Begins with an activity that sends a postcard twice after a crash; solved, it looks first."""

from pathlib import Path

from workshop.lab import Edit, Lab, Remove

LAB = Lab(
    home=Path(__file__).parent,
    title="kill -9, and nothing is lost",
    minutes=15,
    template="chaining",
    start=(
        Remove("tests"),
        Remove("greetings.py"),
        Edit("function_app.py", "from greetings import greet\n", "from postcards import send\n"),
        Edit(
            "function_app.py",
            """# Wait a second after a failure, and give up after the third.
THREE_ATTEMPTS = df.RetryOptions(first_retry_interval_in_milliseconds=1000, max_number_of_attempts=3)
""",
            'CITIES = ["Tokyo", "Seattle", "London", "Nairobi", "Lima", "Oslo"]\n',
        ),
        Edit(
            "function_app.py",
            '''def hello_cities(context: df.DurableOrchestrationContext) -> Generator[TaskBase, Any, list[str]]:
    """Greet three cities in turn. Each yield is a checkpoint: a crash costs at most one greeting."""
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
            '''@app.activity_trigger(input_name="name")
def say_hello(name: str) -> str:
    """Greet one city. An activity may do what an orchestrator must not: I/O, clocks, random numbers."""
    return greet(name)
''',
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
