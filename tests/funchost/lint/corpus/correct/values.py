import hashlib
import json
import logging
import math
import os.path
import random
import re
import time
import uuid
from collections import Counter, defaultdict
from datetime import date, datetime, timedelta, timezone
from decimal import Decimal
from functools import lru_cache
from pathlib import Path, PurePosixPath
from urllib.parse import urlencode

import azure.durable_functions as df
import requests
from azure.core.exceptions import HttpResponseError

app = df.DFApp()
SETTING = os.environ.get("SETTING", "default")
LIMITS = {"small": 1, "large": 10}
STARTED = datetime.now(timezone.utc)
log = logging.getLogger(__name__)


@app.orchestration_trigger(context_name="context")
def reads_nothing_outside(context):
    now = context.current_utc_datetime
    deadline = datetime(2030, 1, 1, tzinfo=timezone.utc) + timedelta(days=1)
    parsed = datetime.fromisoformat("2024-01-01T00:00:00+00:00")
    shown = time.strftime("%H:%M", time.gmtime(0))
    day = date.fromisoformat("2024-01-01").isoformat()
    fixed = str(uuid.uuid5(uuid.NAMESPACE_URL, context.instance_id))
    seeded = random.Random(context.instance_id)
    dice = seeded.randint(1, 6)
    name = os.path.join("a", "b")
    where = Path("folder") / "file.txt"
    suffix = PurePosixPath("a/b.txt").suffix
    url = "https://example.com?" + urlencode({"a": 1})
    digest = hashlib.sha256(b"x").hexdigest()
    words = Counter(re.findall(r"\w+", "a b a"))
    amount = str(Decimal("1.10") * 2)
    limit = LIMITS["small"] + math.floor(1.5)
    print("printing is harmless", SETTING)
    if not context.is_replaying:
        log.info("not now")
    text = json.dumps({"at": now.isoformat(), "deadline": deadline.isoformat(), "until": str(parsed)})
    yield context.create_timer(deadline)
    return [shown, day, fixed, dice, name, str(where), suffix, url, digest, dict(words), amount, limit, text, cached(3)]


@lru_cache
def cached(n):
    return n * 2


@app.orchestration_trigger(context_name="context")
def handles_errors(context):
    try:
        yield context.call_activity("fetch")
    except (requests.exceptions.HTTPError, HttpResponseError, OSError) as error:
        raise requests.HTTPError(str(error)) from error
    except requests.Timeout:
        return "late"


@app.orchestration_trigger(context_name="context")
def same_names_as_modules(context):
    random = context.get_input()
    time = random["time"]
    open = random["open"]
    yield context.call_activity("store", [random.choice, time.sleep(1), open("x")])


@app.orchestration_trigger(context_name="context")
def keeps_local_state(context):
    seen = []
    totals = defaultdict(int)
    count = 0

    def add(value):
        nonlocal count
        count += value
        seen.append(value)
        totals["all"] += value

    for value in context.get_input():
        add(value)
        yield context.call_activity("store", value)
    settings = dict(LIMITS)
    settings["small"] = 5
    copy = list(LIMITS)
    copy.append("x")
    return {"count": count, "seen": seen, "totals": totals, "settings": settings}


@app.orchestration_trigger(context_name="context")
def orders_its_sets(context):
    names = set(context.get_input())
    for name in sorted(names):
        yield context.call_activity("say_hello", name)
    calls = [context.call_activity("say_hello", n) for n in sorted({"a", "b"} | names)]
    yield context.task_all(calls)
    unique = list(dict.fromkeys(context.get_input()))
    longest = max(len(name) for name in names)
    numbers = [n for n in {1, 2, 3}]
    upper = {name.upper() for name in names}
    if "a" in names and not names - upper:
        return len(names)
    return [unique, longest, sum(1 for _ in names), numbers, sorted(n for n in upper), any(n for n in names)]


@app.activity_trigger(input_name="url")
def fetch(url: str) -> str:
    time.sleep(1)
    return requests.get(url, timeout=5).text + str(uuid.uuid4()) + os.environ["HOME"] + open("x").read()


@app.entity_trigger(context_name="context")
def counter(context):
    context.set_state(random.random())


@app.route(route="start")
@app.durable_client_input(client_name="client")
async def start(req, client):
    return await client.start_new("flow", client_input=datetime.now().isoformat())
