"""kill -9 for the host of this folder: no warning, no tidying up."""

import json
import os
import signal
import sys
from pathlib import Path

running = json.loads((Path(__file__).parent / ".funchost" / "running.json").read_text(encoding="utf-8"))
# On Windows SIGTERM ends a process at once, as SIGKILL does elsewhere.
os.kill(running["pid"], signal.SIGTERM if sys.platform == "win32" else signal.SIGKILL)
print(f"kill -9 {running['pid']}")
