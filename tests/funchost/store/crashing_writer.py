"""The victim of ``test_crash``: commits numbered changes, and prints each number once its commit has returned.

Called with the hub's path and the first number. Each number n adds an instance with two events, a message and
an activity task; every tenth also purges the instance added 15 numbers before.
"""

from __future__ import annotations

import asyncio
import itertools
import sys
from pathlib import Path

from funchost.store.base import Change
from funchost.store.sqlite import SqliteStore
from tests.funchost.store.builders import activity, append, completed, instance, raised, scheduled

CALLERS = 8


def change(n: int) -> Change:
    return Change(
        purge_instances=(str(n - 15),) if n % 10 == 0 else (),
        put_instances=(instance(str(n), input="x" * (n % 7 * 1000)),),
        append_history=(append(str(n), 0, scheduled(0), completed(0)),),
        add_messages=(raised(n, str(n)),),
        add_tasks=(activity(n, str(n)),),
    )


async def main(path: Path, first: int) -> None:
    store = SqliteStore(path, hub_name="TestHub")
    await store.open()
    print("open", flush=True)
    numbers = itertools.count(first)

    async def call() -> None:
        for n in numbers:
            await store.commit(change(n), urgent=n % 4 != 0)
            print(n, flush=True)

    await asyncio.gather(*(call() for _ in range(CALLERS)))


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1]), int(sys.argv[2])))
