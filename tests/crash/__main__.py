"""``python -m tests.crash``: kill hosts and workers at hundreds of points; exit code 1 if anything was lost."""

from __future__ import annotations

import argparse
import asyncio
import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.crash import harness


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.crash", description=__doc__)
    parser.add_argument("--points", type=int, default=300, help="how many kills [300]")
    parser.add_argument("--seed", type=int, default=1, help="another seed, other moments [1]")
    parser.add_argument("--lanes", type=int, default=2, help="task hubs at a time [2]")
    parser.add_argument("--keep", type=Path, help="keep hubs and logs in this new folder")
    given = parser.parse_args()
    began = time.monotonic()
    with TemporaryDirectory() as temporary:
        folder = given.keep or Path(temporary)
        tally = asyncio.run(harness.run(folder, points=given.points, seed=given.seed, lanes=given.lanes))
    print(f"\n{tally.table()}\n\nseed {given.seed}, {time.monotonic() - began:.0f} s")
    return 0 if tally.is_clean else 1


if __name__ == "__main__":
    sys.exit(main())
