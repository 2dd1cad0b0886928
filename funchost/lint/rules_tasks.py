"""Rules on how an orchestrator uses tasks: what it yields, awaits, cancels and passes on."""

from __future__ import annotations

from funchost.lint.rule import Rule

_HEAD = '@app.orchestration_trigger(context_name="context")\n'

TASK_RULES = (
    Rule(
        code="DF004",
        name="task-not-yielded",
        title="A task is created and never yielded",
        severity="error",
        why=(
            "A call such as `context.call_activity(...)` only describes a task. It is scheduled when it is "
            "yielded, alone or as part of `task_all` or `task_any`: a task that never is does nothing, "
            "silently."
        ),
        wrong=_HEAD + "def greet(context):\n"
        '    context.call_activity("say_hello", "Tokyo")\n'
        '    yield context.call_activity("say_hello", "London")\n',
        right=_HEAD + "def greet(context):\n"
        '    yield context.call_activity("say_hello", "Tokyo")\n'
        '    yield context.call_activity("say_hello", "London")\n',
        fix="Puts `yield` before a task that stands alone on its line.",
    ),
    Rule(
        code="DF005",
        name="async-orchestrator",
        title="An orchestrator is declared with async def",
        severity="error",
        why=(
            "The SDK drives an orchestrator as a generator. A coroutine cannot be driven that way: the "
            "instance fails with an error about JSON that does not name the cause. Declare it with `def`, and "
            "write `yield` where you would await."
        ),
        wrong=_HEAD + 'async def greet(context):\n    return await context.call_activity("say_hello", "Tokyo")\n',
        right=_HEAD + 'def greet(context):\n    return (yield context.call_activity("say_hello", "Tokyo"))\n',
        fix="Removes `async` and turns `await` into `yield`, where all that is awaited are tasks.",
    ),
    Rule(
        code="DF006",
        name="timer-not-cancelled",
        title="A timer that lost a race is not cancelled",
        severity="error",
        why=(
            "After `task_any` the timer that came second is still there, and the instance stays Running until "
            "it fires: an approval given after a minute is complete after three days. Call `timer.cancel()` on "
            "every way on which something else came first."
        ),
        wrong=_HEAD + "def approval(context):\n"
        "    timeout = context.create_timer(context.current_utc_datetime + timedelta(days=3))\n"
        '    approved = context.wait_for_external_event("Approval")\n'
        "    first = yield context.task_any([approved, timeout])\n"
        '    return "escalated" if first == timeout else "approved"\n',
        right=_HEAD + "def approval(context):\n"
        "    timeout = context.create_timer(context.current_utc_datetime + timedelta(days=3))\n"
        '    approved = context.wait_for_external_event("Approval")\n'
        "    first = yield context.task_any([approved, timeout])\n"
        "    if first == timeout:\n"
        '        return "escalated"\n'
        "    timeout.cancel()\n"
        '    return "approved"\n',
    ),
    Rule(
        code="DF007",
        name="missing-yield-from",
        title="A generator helper is called without yield from",
        severity="error",
        why=(
            "Calling a function that has `yield` in it runs none of its lines: it gives a generator, which "
            "waits to be driven. `yield from helper(context)` drives it, hands its tasks to the SDK and gives "
            "what it returns."
        ),
        wrong="def greet_twice(context):\n"
        '    yield context.call_activity("say_hello", "Tokyo")\n'
        '    yield context.call_activity("say_hello", "London")\n\n\n' + _HEAD + "def greet(context):\n"
        "    greet_twice(context)\n",
        right="def greet_twice(context):\n"
        '    yield context.call_activity("say_hello", "Tokyo")\n'
        '    yield context.call_activity("say_hello", "London")\n\n\n' + _HEAD + "def greet(context):\n"
        "    yield from greet_twice(context)\n",
        fix="Puts `yield from` before the call, where the function around it is an orchestrator or a generator.",
    ),
    Rule(
        code="DF011",
        name="await",
        title="An orchestrator awaits, or calls a coroutine function",
        severity="error",
        why=(
            "There is no event loop inside an orchestrator. Tasks are waited for with `yield`; a coroutine "
            "function that is called gives a coroutine that never runs. What needs asyncio belongs into an "
            "activity, which may be `async def`."
        ),
        wrong="async def fetch(city):\n"
        "    return city.upper()\n\n\n" + _HEAD + "def greet(context):\n"
        '    city = fetch("Tokyo")\n'
        '    yield context.call_activity("say_hello", city)\n',
        right=_HEAD + "def greet(context):\n"
        '    city = yield context.call_activity("fetch", "Tokyo")\n'
        '    yield context.call_activity("say_hello", city)\n',
        fix="Turns `await` before a task into `yield`.",
    ),
    Rule(
        code="DF014",
        name="client-in-orchestrator",
        title="An orchestrator uses the durable client",
        severity="error",
        why=(
            "The client speaks HTTP to the host, which is I/O, and its methods are coroutines. An orchestrator "
            "has `context.call_sub_orchestrator`, `context.call_entity`, `context.signal_entity` and "
            "`context.continue_as_new`; to raise an event or terminate an instance, call an activity that "
            "takes the client."
        ),
        wrong=_HEAD + "def parent(context, client: df.DurableOrchestrationClient):\n"
        '    client.start_new("child")\n'
        '    yield context.call_activity("report")\n',
        right=_HEAD + "def parent(context):\n"
        '    yield context.call_sub_orchestrator("child")\n'
        '    yield context.call_activity("report")\n',
    ),
    Rule(
        code="DF015",
        name="activity-called-directly",
        title="An orchestrator calls an activity like a plain function",
        severity="error",
        why=(
            "The activity's code then runs inside the orchestrator, again at every replay, without retries and "
            "without a record of its result. Call it by name through the context."
        ),
        wrong='@app.activity_trigger(input_name="city")\n'
        "def say_hello(city: str) -> str:\n"
        '    return f"Hello {city}!"\n\n\n' + _HEAD + "def greet(context):\n"
        '    greeting = say_hello("Tokyo")\n'
        '    yield context.call_activity("store", greeting)\n',
        right='@app.activity_trigger(input_name="city")\n'
        "def say_hello(city: str) -> str:\n"
        '    return f"Hello {city}!"\n\n\n' + _HEAD + "def greet(context):\n"
        '    greeting = yield context.call_activity("say_hello", "Tokyo")\n'
        '    yield context.call_activity("store", greeting)\n',
    ),
    Rule(
        code="DF016",
        name="yield-of-no-task",
        title="Something is yielded that is no task",
        severity="error",
        why=(
            "The SDK waits for what an orchestrator yields, and can only wait for tasks. A list of tasks goes "
            "through `context.task_all(...)` or `context.task_any(...)`; a single task is yielded with "
            "`yield`, for `yield from` is for generators."
        ),
        wrong=_HEAD + "def greet(context):\n"
        '    yield [context.call_activity("say_hello", city) for city in context.get_input()]\n',
        right=_HEAD + "def greet(context):\n"
        '    yield context.task_all([context.call_activity("say_hello", city) for city in context.get_input()])\n',
        fix=(
            "Puts `context.task_all(...)` around a list of tasks, and turns `yield from` before a task "
            "into `yield`."
        ),
    ),
    Rule(
        code="DF017",
        name="not-json",
        title="A value that JSON does not have leaves the orchestrator",
        severity="error",
        why=(
            "Inputs, results and custom status travel as JSON: text, numbers, true, false, null, lists and "
            "dicts with text keys. The SDK also carries objects of classes with `to_json` and `from_json` (not "
            "as an orchestrator's own result). A set, bytes, datetime, Decimal or UUID fails when the line is "
            "reached: turn it into text or a list first."
        ),
        wrong=_HEAD + "def note(context):\n"
        '    yield context.call_activity("store", {"at": context.current_utc_datetime})\n',
        right=_HEAD + "def note(context):\n"
        '    yield context.call_activity("store", {"at": context.current_utc_datetime.isoformat()})\n',
    ),
)
