"""``python -m tests.oracle microsoft|ours APP``: prints what that worker makes of an app, as JSON.

A process for each, because an app is imported under names that the next one has too.
"""

from __future__ import annotations

import importlib
import json
import sys
from pathlib import Path

from tests.oracle.calls import CALLS


def main(whose: str, folder: str) -> None:
    root = Path(folder).resolve()
    sys.path.append(str(root))
    worker = importlib.import_module(f"tests.oracle.{whose}").Worker(root)
    outcomes = [[call.function, repr(call.trigger), worker.invoke(call)] for call in CALLS.get(root.name, ())]
    print(json.dumps({"functions": worker.functions, "refused": worker.refused, "outcomes": outcomes}))


if __name__ == "__main__":
    main(*sys.argv[1:])
