"""Rules on what an orchestrator must not read, touch or change: each run again has to see the same."""

from __future__ import annotations

from funchost.lint.rule import Rule

_HEAD = '@app.orchestration_trigger(context_name="context")\n'

VALUE_RULES = (
    Rule(
        code="DF001",
        name="wall-clock",
        title="The computer's clock is read in an orchestrator",
        severity="error",
        why=(
            "An orchestrator runs again from its first line whenever something it waited for has happened, and "
            "the clock then shows another time. Deadlines move, branches change, and the history no longer "
            "fits the code. `context.current_utc_datetime` is recorded: it is the same in every run."
        ),
        wrong=_HEAD + "def remind(context):\n"
        "    deadline = datetime.now(timezone.utc) + timedelta(hours=1)\n"
        "    yield context.create_timer(deadline)\n",
        right=_HEAD + "def remind(context):\n"
        "    deadline = context.current_utc_datetime + timedelta(hours=1)\n"
        "    yield context.create_timer(deadline)\n",
        fix=(
            "Replaces `datetime.now(timezone.utc)`, `datetime.utcnow()` (with `.replace(tzinfo=None)`, for it "
            "has no time zone) and `time.time()` (with `.timestamp()`) where the context is at hand."
        ),
    ),
    Rule(
        code="DF002",
        name="random-value",
        title="A random value is made in an orchestrator",
        severity="error",
        why=(
            "Each run again makes another value: an id that was given away is forgotten, a coin falls on its "
            "other side. `context.new_uuid()` (a str) and `context.new_guid()` (a UUID) give the same ids each "
            "time; other random values belong into an activity, whose result is recorded. "
            "`random.Random(seed)` with a recorded seed is fine."
        ),
        wrong=_HEAD + "def order(context):\n"
        "    order_id = str(uuid.uuid4())\n"
        '    yield context.call_activity("place_order", order_id)\n',
        right=_HEAD + "def order(context):\n"
        "    order_id = context.new_uuid()\n"
        '    yield context.call_activity("place_order", order_id)\n',
        fix=(
            "Replaces `str(uuid.uuid4())` by `context.new_uuid()`, any other `uuid.uuid4()` by "
            "`context.new_guid()`."
        ),
    ),
    Rule(
        code="DF003",
        name="input-output",
        title="An orchestrator does input or output",
        severity="error",
        why=(
            "Files, networks, databases and other programs answer differently each time, and a request that is "
            "sent in an orchestrator is sent again at every run. Do it in an activity: that runs when it is "
            "its turn, and its result is recorded. For HTTP there is `context.call_http` too."
        ),
        wrong=_HEAD + "def price(context):\n"
        '    answer = requests.get("https://example.com/price")\n'
        '    yield context.call_activity("store_price", answer.text)\n',
        right=_HEAD + "def price(context):\n"
        '    answer = yield context.call_http("GET", "https://example.com/price")\n'
        '    yield context.call_activity("store_price", answer["content"])\n',
    ),
    Rule(
        code="DF008",
        name="environment",
        title="An orchestrator reads its surroundings",
        severity="error",
        why=(
            "Environment variables, command line, process id and machine name may differ where an instance is "
            "continued: another machine, or the same one after a deployment. Read settings in the function "
            "that starts the orchestration and pass them as input, or in an activity."
        ),
        wrong=_HEAD + 'def notify(context):\n    yield context.call_activity("send_mail", os.environ["SENDER"])\n',
        right=_HEAD + "def notify(context):\n"
        '    yield context.call_activity("send_mail", context.get_input()["sender"])\n',
    ),
    Rule(
        code="DF009",
        name="blocking-sleep",
        title="An orchestrator sleeps",
        severity="error",
        why=(
            "Sleeping blocks the worker for everybody, is slept through again at every run, and is lost in a "
            "restart. A durable timer costs nothing while it waits, and survives."
        ),
        wrong=_HEAD + "def retry_later(context):\n"
        "    time.sleep(60)\n"
        '    yield context.call_activity("try_again")\n',
        right=_HEAD + "def retry_later(context):\n"
        "    yield context.create_timer(context.current_utc_datetime + timedelta(seconds=60))\n"
        '    yield context.call_activity("try_again")\n',
        fix="Replaces `time.sleep(n)` where it stands alone in an orchestrator and `timedelta` is imported.",
    ),
    Rule(
        code="DF010",
        name="threads",
        title="An orchestrator uses threads, processes or asyncio",
        severity="error",
        why=(
            "The order in which threads, processes and coroutines get on is another one in every run. "
            "Concurrency in an orchestrator is made of tasks: start several with `context.call_activity` and "
            "wait for them with `yield context.task_all(tasks)` or `yield context.task_any(tasks)`."
        ),
        wrong=_HEAD + "def squares(context):\n"
        "    with ThreadPoolExecutor() as pool:\n"
        "        results = list(pool.map(abs, context.get_input()))\n"
        '    yield context.call_activity("store", results)\n',
        right=_HEAD + "def squares(context):\n"
        '    calls = [context.call_activity("square", n) for n in context.get_input()]\n'
        "    results = yield context.task_all(calls)\n"
        '    yield context.call_activity("store", results)\n',
    ),
    Rule(
        code="DF012",
        name="global-state",
        title="An orchestrator changes state outside itself",
        severity="warning",
        why=(
            "Module variables belong to one worker process: they are changed again at every run, are shared by "
            "all instances there, and are gone on the next machine. Keep state in local variables; state that "
            "outlives the orchestration belongs into an entity or a database."
        ),
        wrong="finished = []\n\n\n" + _HEAD + "def work(context):\n"
        '    result = yield context.call_activity("do_work")\n'
        "    finished.append(result)\n",
        right=_HEAD + "def work(context):\n"
        '    result = yield context.call_activity("do_work")\n'
        '    context.signal_entity(df.EntityId("finished", "all"), "add", result)\n',
    ),
    Rule(
        code="DF013",
        name="unordered-iteration",
        title="An orchestrator iterates over a set",
        severity="warning",
        why=(
            "The order of a set of strings is another one in each process, so tasks are started in another "
            "order when the orchestrator runs again elsewhere. Sort it first: `for name in sorted(names)`. A "
            "list or dict keeps its order."
        ),
        wrong=_HEAD + "def visit(context):\n"
        "    for city in set(context.get_input()):\n"
        '        yield context.call_activity("say_hello", city)\n',
        right=_HEAD + "def visit(context):\n"
        "    for city in sorted(set(context.get_input())):\n"
        '        yield context.call_activity("say_hello", city)\n',
        fix="Puts `sorted(...)` around sets that hold nothing but strings.",
    ),
    Rule(
        code="DF018",
        name="process-dependent-value",
        title="A value that differs from process to process",
        severity="warning",
        why=(
            "`id()` is an address in memory, and `hash()` of a string is salted for each process. What is "
            "computed from them changes when the orchestrator continues elsewhere. Use `hashlib` for a hash "
            "that stays."
        ),
        wrong=_HEAD + "def shard(context):\n"
        '    yield context.call_activity("store", hash(context.get_input()) % 8)\n',
        right=_HEAD + "def shard(context):\n"
        "    digest = hashlib.sha256(context.get_input().encode()).digest()\n"
        '    yield context.call_activity("store", digest[0] % 8)\n',
    ),
    Rule(
        code="DF019",
        name="unguarded-log",
        title="A log line is written again at every replay",
        severity="warning",
        why=(
            "Nothing breaks, but each line appears once per replay, and nobody can tell what happened when. "
            "Log behind `if not context.is_replaying`, or through a small logger class that checks it."
        ),
        wrong=_HEAD + "def greet(context):\n"
        '    logging.info("Greeting.")\n'
        '    yield context.call_activity("say_hello")\n',
        right=_HEAD + "def greet(context):\n"
        "    if not context.is_replaying:\n"
        '        logging.info("Greeting.")\n'
        '    yield context.call_activity("say_hello")\n',
        opt_in=True,
    ),
)
