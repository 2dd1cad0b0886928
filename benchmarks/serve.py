"""``python -m benchmarks.serve ENGINE FOLDER [OPTIONS]``: one contestant in a process of its own.

Takes one JSON object a line, ``{"method": "chain", "arguments": {"length": 5}}``, and answers each with one:
``{"seconds": 0.1, "memory_mib": 80.5}`` or ``{"error": "..."}``. The first line it writes says that it is open,
``{"note": "..."}``. It ends with its standard input.
"""

from __future__ import annotations

import json
import os
import sys
import traceback
from pathlib import Path

from benchmarks.contestants import contestant_class


def main(engine: str, folder: str, options: str = "{}") -> None:
    answers = os.fdopen(os.dup(1), "w", buffering=1)
    os.dup2(2, 1)  # what engines print is no answer
    contestant = contestant_class(engine)(Path(folder), json.loads(options))
    contestant.open()
    try:
        print(json.dumps({"note": contestant.note}), file=answers)
        for line in sys.stdin:
            asked = json.loads(line)
            try:
                seconds = getattr(contestant, asked["method"])(**asked["arguments"])
                answer = {"seconds": seconds, "memory_mib": peak_memory_mib(contestant.process_ids())}
            except Exception:
                answer = {"error": traceback.format_exc()}
            print(json.dumps(answer), file=answers)
    finally:
        contestant.close()


def peak_memory_mib(process_ids: list[int]) -> float | None:
    """The most memory these processes have held, together; None where the system does not tell it in /proc."""
    total = 0
    for process_id in process_ids or [os.getpid()]:
        try:
            status = Path(f"/proc/{process_id}/status").read_text(encoding="ascii", errors="replace")
        except OSError:
            return None
        total += next(int(line.split()[1]) for line in status.splitlines() if line.startswith("VmHWM:"))
    return total / 1024


if __name__ == "__main__":
    main(*sys.argv[1:])
    # Peers leave threads behind that would be waited for.
    sys.stdout.flush()
    os._exit(0)
