"""Begins with an inventory that measures one slow file after the other; solved, all at once."""

from pathlib import Path

from workshop.lab import Edit, Lab, Remove

ONE_BY_ONE = """    # One after the other.
    files = [FileToMeasure(directory=directory, path=path) for path in paths]
    results: list[Measure | Unreadable] = []
    for file in files:
        result: Measure | Unreadable = yield context.call_activity("measure_file", file)
        results.append(result)

    inventory = total(directory, results)
"""
ALL_AT_ONCE = """\
    # Fan out: every call is scheduled before the first result is awaited. Results come back in the order
    # of the calls, whichever activity was the quickest.
    files = [FileToMeasure(directory=directory, path=path) for path in paths]
    calls = [context.call_activity("measure_file", file) for file in files]
    results: list[Measure | Unreadable] = []
    if calls:  # task_all of nothing gives None, not an empty list
        results = yield context.task_all(calls)

    # Fan in. Pure arithmetic is fine here; a long computation would belong into an activity.
    inventory = total(directory, results)
"""

LAB = Lab(
    home=Path(__file__).parent,
    title="Fan-out/fan-in, and how much faster it is",
    minutes=15,
    template="fan_out",
    start=(
        Remove("tests"),
        Edit("function_app.py", ALL_AT_ONCE, ONE_BY_ONE),
        Edit("inventory.py", "import os\nfrom pathlib", "import os\nimport time\nfrom pathlib"),
        Edit(
            "inventory.py",
            '    path = file["path"]\n',
            '    time.sleep(0.1)  # a slow disk, far away\n    path = file["path"]\n',
        ),
    ),
    solution=(Edit("function_app.py", ONE_BY_ONE, ALL_AT_ONCE),),
)
