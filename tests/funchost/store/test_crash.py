"""Acknowledged is durable, and nothing is half done: a real process, killed again and again at any moment."""

from __future__ import annotations

import asyncio
import os
import random
import sqlite3
import sys
from contextlib import closing
from pathlib import Path

import pytest

from funchost.model.status import RuntimeStatus
from funchost.store.sqlite import SqliteStore
from tests.funchost.store.builders import activity, completed, raised, scheduled

pytestmark = [
    pytest.mark.anyio,
    pytest.mark.skipif(sys.platform == "win32", reason="SIGKILL is POSIX"),
]

ROOT = Path(__file__).parents[3]
# Set higher to look longer; every kill is at another moment.
KILLS = int(os.environ.get("FUNCHOST_TEST_KILLS", "12"))


@pytest.mark.parametrize("seed", [1, 2])
async def test_every_acknowledged_change_survives_every_kill(hub_path: Path, seed: int) -> None:
    moments = random.Random(seed)
    acknowledged: set[int] = set()
    first = 1
    for _ in range(KILLS):
        acknowledged |= await write_and_kill(hub_path, first, moments)
        there = await whole_changes(hub_path)
        purged = {n - 15 for n in there if n % 10 == 0}
        assert acknowledged - there <= purged, "an acknowledged change is lost"
        assert not purged & there, "a purge was half done"
        first = max(there | {first}) + 1
    assert len(acknowledged) > KILLS


async def write_and_kill(path: Path, first: int, moments: random.Random) -> set[int]:
    """Let a process write until it has acknowledged some changes, and a little longer; what it acknowledged."""
    victim = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tests.funchost.store.crashing_writer", str(path), str(first),
        stdout=asyncio.subprocess.PIPE, cwd=ROOT,
    )  # fmt: skip
    assert victim.stdout is not None
    lines = []
    for _ in range(moments.choice([0, 1, 2, 10, 50, 200, 600])):
        lines.append(await victim.stdout.readline())
        assert lines[-1], "the writer ended by itself"
    for _ in range(moments.randrange(300)):  # some 10 µs each, so that the kill meets every stage of a commit
        await asyncio.sleep(0)
    victim.kill()
    lines += (await victim.stdout.read()).splitlines(keepends=True)
    await victim.wait()
    return {int(line) for line in lines if line.endswith(b"\n") and line != b"open\n"}


async def whole_changes(path: Path) -> set[int]:
    """The numbers of the changes in the hub, each of which must be there with all its parts."""
    store = SqliteStore(path, hub_name="TestHub")
    await store.open()
    tasks = {task.task_id: task for task in await store.activity_tasks()}
    for n, task in tasks.items():
        record = await store.instance(str(n))
        assert record is not None
        assert record.input == "x" * (n % 7 * 1000)
        assert task == activity(n, str(n))
        assert await store.history(str(n), f"{n}-1") == [scheduled(0), completed(0)]
        assert await store.messages(str(n)) == [raised(n, str(n))]
    assert (await store.count_by_status()).get(RuntimeStatus.RUNNING, 0) == len(tasks)
    assert len(await store.waiting()) == len(tasks)
    assert await store.next_ids() >= (max(tasks, default=0) + 1,) * 2
    await store.close()
    with closing(sqlite3.connect(path)) as hub:
        assert hub.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        assert hub.execute("SELECT count(*) FROM history").fetchone() == (2 * len(tasks),)
    return set(tasks)
