"""``funchost`` by a clock that can be set: ``python -m tests.hostile.jumping_clock FILE start …``.

The file holds how many seconds the clock is off; it may be rewritten at any time.
"""

from __future__ import annotations

import sys
from datetime import datetime, timedelta
from pathlib import Path

import funchost.host
from funchost import cli
from funchost.clock import SystemClock


def main() -> None:
    offset = Path(sys.argv.pop(1))

    class JumpingClock(SystemClock):
        def now(self) -> datetime:
            return super().now() + timedelta(seconds=float(offset.read_text()))

    vars(funchost.host)["SystemClock"] = JumpingClock
    cli.main()


if __name__ == "__main__":
    main()
