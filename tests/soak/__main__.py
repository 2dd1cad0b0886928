"""``python -m tests.soak``: mixed load for a given time; exit code 1 if anything grew, hung or came out wrong."""

from __future__ import annotations

import argparse
import asyncio
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from tests import processes
from tests.soak import harness


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.soak", description=__doc__)
    parser.add_argument("--minutes", type=float, default=60.0, help="how long [60]")
    parser.add_argument("--clients", type=int, default=8, help="how many at a time [8]")
    parser.add_argument("--seed", type=int, default=1, help="another seed, another mix [1]")
    given = parser.parse_args()
    if not processes.IS_KNOWN:
        sys.exit("The soak reads memory from /proc: run it on Linux.")
    with TemporaryDirectory() as folder:
        report = asyncio.run(
            harness.run(Path(folder), seconds=given.minutes * 60, clients=given.clients, seed=given.seed)
        )
    print(report.table())
    return 1 if report.findings else 0


if __name__ == "__main__":
    sys.exit(main())
