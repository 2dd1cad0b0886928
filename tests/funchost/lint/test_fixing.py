"""Repairs: what the text is afterwards, and that nothing else of it changes."""

from __future__ import annotations

from pathlib import Path

import pytest

from funchost.lint import lint
from funchost.lint.finding import Edit, Fix
from funchost.lint.fixing import apply, fix_files
from funchost.lint.rules import choose

HEAD = """\
import time
import uuid
from datetime import datetime, timedelta, timezone

import azure.durable_functions as df

app = df.DFApp()


def helper(ctx):
    yield ctx.call_activity("first")


@app.orchestration_trigger(context_name="context")
"""

REPAIRED = {
    "now_in_utc": (
        "def flow(context):\n    at = datetime.now(timezone.utc)  # when\n    yield context.create_timer(at)\n",
        "def flow(context):\n    at = context.current_utc_datetime  # when\n    yield context.create_timer(at)\n",
    ),
    "utcnow_stays_without_a_time_zone": (
        "def flow(ctx):\n    yield ctx.create_timer(datetime.utcnow())\n",
        "def flow(ctx):\n    yield ctx.create_timer(ctx.current_utc_datetime.replace(tzinfo=None))\n",
    ),
    "seconds_stay_a_float": (
        "def flow(context):\n    yield context.call_activity('a', time.time() + 1)\n",
        "def flow(context):\n    yield context.call_activity('a', context.current_utc_datetime.timestamp() + 1)\n",
    ),
    "a_text_id": (
        "def flow(context):\n    yield context.call_activity('a', str(uuid.uuid4()))\n",
        "def flow(context):\n    yield context.call_activity('a', context.new_uuid())\n",
    ),
    "an_id_that_is_an_object": (
        "def flow(context):\n    yield context.call_activity('a', uuid.uuid4().hex)\n",
        "def flow(context):\n    yield context.call_activity('a', context.new_guid().hex)\n",
    ),
    "sleep": (
        "def flow(context):\n    time.sleep(2 * 30)\n    yield context.call_activity('a')\n",
        "def flow(context):\n    yield context.create_timer(context.current_utc_datetime + "
        "timedelta(seconds=2 * 30))\n    yield context.call_activity('a')\n",
    ),
    "forgotten_yield": (
        "def flow(context):\n    context.call_activity('ü', 'é'); context.call_activity('b')\n",
        "def flow(context):\n    yield context.call_activity('ü', 'é'); yield context.call_activity('b')\n",
    ),
    "yield_from_alone": (
        "def flow(context):\n    helper(context)\n",
        "def flow(context):\n    yield from helper(context)\n",
    ),
    "yield_from_in_place_of_yield": (
        "def flow(context):\n    x = yield helper(context)\n    return x\n",
        "def flow(context):\n    x = yield from helper(context)\n    return x\n",
    ),
    "yield_from_in_a_return": (
        "def flow(context):\n    yield context.call_activity('a')\n    return helper(context)\n",
        "def flow(context):\n    yield context.call_activity('a')\n    return (yield from helper(context))\n",
    ),
    "yield_for_a_task": (
        "def flow(context):\n    yield from context.call_activity('a')\n",
        "def flow(context):\n    yield context.call_activity('a')\n",
    ),
    "list_of_tasks": (
        "def flow(context):\n    yield [\n        context.call_activity('a'),\n    ]\n",
        "def flow(context):\n    yield context.task_all([\n        context.call_activity('a'),\n    ])\n",
    ),
    "async_orchestrator": (
        "async def flow(context):\n    a = await context.call_activity('a')\n"
        "    return [a, await context.call_activity('b')]\n",
        "def flow(context):\n    a = yield context.call_activity('a')\n"
        "    return [a, (yield context.call_activity('b'))]\n",
    ),
    "await_of_a_task": (
        "def flow(context):\n    a = await context.call_activity('a')\n    yield context.call_activity('b', a)\n",
        "def flow(context):\n    a = yield context.call_activity('a')\n    yield context.call_activity('b', a)\n",
    ),
    "texts_in_a_set": (
        "def flow(context):\n    for x in {'a', 'b'}:\n        yield context.call_activity(x)\n",
        "def flow(context):\n    for x in sorted({'a', 'b'}):\n        yield context.call_activity(x)\n",
    ),
}
LEFT_ALONE = {
    "local_time": "def flow(context):\n    yield context.create_timer(datetime.now())\n",
    "another_zone": "def flow(context):\n    yield context.create_timer(datetime.now(tz=context.get_input()))\n",
    "set_of_unknown_things": "def flow(context):\n    for x in set(context.get_input()):\n"
    "        yield context.call_activity(x)\n",
    "task_in_a_variable": "def flow(context):\n    task = context.call_activity('a')\n"
    "    yield context.call_activity('b')\n",
    "sleep_as_a_value": "def flow(context):\n    yield context.call_activity('a', time.sleep(1))\n",
    "async_with": "async def flow(context):\n    async with context.lock():\n"
    "        await context.call_activity('a')\n",
    "parentheses_in_between": "def flow(context):\n    yield (helper(context))\n",
}
ALL = choose(["all"], [])


def repair(path: Path) -> int:
    _, made = fix_files(lambda: lint([path], ALL))
    return made


@pytest.mark.parametrize("name", REPAIRED)
def test_repair(name: str, tmp_path: Path) -> None:
    before, after = REPAIRED[name]
    file = tmp_path / "function_app.py"
    file.write_text(HEAD + before, encoding="utf-8")
    assert repair(file) > 0
    assert file.read_text("utf-8") == HEAD + after
    assert lint([file], ALL).findings == ()


@pytest.mark.parametrize("name", LEFT_ALONE)
def test_what_only_the_author_can_know_is_reported_and_left(name: str, tmp_path: Path) -> None:
    file = tmp_path / "function_app.py"
    file.write_text(HEAD + LEFT_ALONE[name], encoding="utf-8")
    assert repair(file) == 0
    assert file.read_text("utf-8") == HEAD + LEFT_ALONE[name]
    assert lint([file], ALL).findings != ()


def test_line_ends_byte_order_mark_and_other_lines_stay(tmp_path: Path) -> None:
    file = tmp_path / "function_app.py"
    before, after = REPAIRED["now_in_utc"]
    mark = b"\xef\xbb\xbf"
    file.write_bytes(mark + (HEAD + before).replace("\n", "\r\n").encode())
    assert repair(file) == 1
    assert file.read_bytes() == mark + (HEAD + after).replace("\n", "\r\n").encode()


def test_silenced_findings_are_not_repaired(tmp_path: Path) -> None:
    file = tmp_path / "function_app.py"
    body = "    context.call_activity('a')  # noqa: DF004\n    yield context.call_activity('b')\n"
    text = f"{HEAD}def flow(context):\n{body}"
    file.write_text(text, encoding="utf-8")
    assert repair(file) == 0
    assert file.read_text("utf-8") == text


def test_fixes_that_touch_wait_for_the_next_round() -> None:
    fixes = [Fix("a", (Edit(0, 3, "x"),)), Fix("b", (Edit(2, 5, "y"),)), Fix("c", (Edit(6, 7, "z"),))]
    assert apply("0123456789", fixes) == ("x345z789", 2)
