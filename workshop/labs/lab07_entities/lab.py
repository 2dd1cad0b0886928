"""Begins with a counter that a route reads, adds to and sets; solved, the counter itself adds."""

from pathlib import Path

from workshop.lab import Edit, Lab, Remove

SIGNAL_ADD = """    await client.signal_entity(df.EntityId("counter", key), "add", by)
    return func.HttpResponse(status_code=202)
"""
READ_AND_SET = """    entity = df.EntityId("counter", key)
    read = await client.read_entity_state(entity)
    value = read.entity_state if read.entity_exists else 0
    await client.signal_entity(entity, "set", Amount(amount=value + by["amount"]))
    return func.HttpResponse(status_code=202)
"""
ADD = """        case "add":
            value += amount(context.get_input())["amount"]
"""
SET = """        case "set":
            value = amount(context.get_input())["amount"]
"""

LAB = Lab(
    home=Path(__file__).parent,
    title="Entities: state that many change at once",
    minutes=12,
    template="entities",
    start=(
        Remove("tests"),
        Remove("stations.py"),
        Remove("summaries.py"),
        Edit("function_app.py", "from stations import stations\n", ""),
        Edit("function_app.py", "app.register_functions(stations)\n", ""),
        Edit(
            "function_app.py",
            """
The functions are in two blueprints: `counters` (an entity used over HTTP) and `stations` (an entity that sums
up sensor readings, used over HTTP and by an orchestration).
""",
            "",
        ),
        Edit("counters.py", ADD, SET),
        Edit("counters.py", "can add, reset, get", "can set, reset, get"),
        Edit(
            "counters.py",
            '    """Signal `add`. The answer is 202: it will be added, and what comes of it is not known yet.\n',
            '    """Read the counter, add to what was read, and set it.\n',
        ),
        Edit("counters.py", SIGNAL_ADD, READ_AND_SET),
    ),
    solution=(
        Edit("counters.py", SET, ADD),
        Edit("counters.py", "can set, reset, get", "can add, reset, get"),
        Edit(
            "counters.py",
            '    """Read the counter, add to what was read, and set it.\n',
            '    """Signal `add`. The answer is 202: it will be added, and what comes of it is not known yet.\n',
        ),
        Edit("counters.py", READ_AND_SET, SIGNAL_ADD),
    ),
)
