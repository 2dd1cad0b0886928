"""kill -9 for the host of this folder, while a postcard is on its way: no warning, no tidying up.

python kill_host.py        waits for the next postcard
"""

import json
import os
import signal
import sys
import time
from pathlib import Path

SENT = Path(__file__).parent / "postcards.txt"
PATIENCE_SECONDS = 60


def sent() -> list[str]:
    """A line for every postcard that was sent so far."""
    return SENT.read_text(encoding="utf-8").splitlines() if SENT.exists() else []


def main() -> None:
    before, deadline = sent(), time.monotonic() + PATIENCE_SECONDS
    while sent() == before:
        if time.monotonic() > deadline:
            sys.exit("No postcard came. Start a journey first.")
        time.sleep(0.01)
    city = sent()[-1].split()[-1]
    (word,) = (Path(__file__).parent / ".funchost").glob("*.running.json")  # the host leaves it there
    pid = json.loads(word.read_text(encoding="utf-8"))["pid"]
    # On Windows SIGTERM ends a process at once, as SIGKILL does elsewhere.
    os.kill(pid, signal.SIGTERM if sys.platform == "win32" else signal.SIGKILL)
    print(f"kill -9 {pid}, with a postcard from {city} on its way")


if __name__ == "__main__":
    main()
