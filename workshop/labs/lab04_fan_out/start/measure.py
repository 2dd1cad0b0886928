"""Take inventory of 24 files with more and more worker threads, and plot how long it takes.

python measure.py
"""

import os
import tempfile
import time
from pathlib import Path

from funchost.testing import FunctionAppClient
from funchost.testing.hosts import EmbeddedHost

FILES = 24
THREADS = (1, 2, 4, 8, 16)
BAR = 4  # characters for each time that it is as fast as with one thread


def seconds_with(threads: int, files: Path, state: Path) -> float:
    """Start the app of this folder with so many threads for activities; time one inventory, after a first one."""
    os.environ["PYTHON_THREADPOOL_THREAD_COUNT"] = str(threads)
    host = EmbeddedHost(Path(__file__).parent, state)
    host.start()
    try:
        with FunctionAppClient(host.url) as client:
            for _ in range(2):
                started = time.perf_counter()
                status = client.wait_for_completion(client.post("/api/inventories", json={"directory": str(files)}))
                seconds = time.perf_counter() - started
                assert status["output"]["files"] == FILES, status
            return seconds
    finally:
        host.stop()


def main() -> None:
    with tempfile.TemporaryDirectory() as scratch:
        files = Path(scratch) / "files"
        files.mkdir()
        for number in range(FILES):
            (files / f"{number:02}.txt").write_text(f"file number {number}\n", encoding="utf-8")
        print(f"{FILES} files, each on a disk that takes 0.1 s to answer\n\nthreads  seconds  speed-up")
        first = None
        for threads in THREADS:
            seconds = seconds_with(threads, files, Path(scratch) / f"state-{threads}")
            first = first or seconds
            speed_up = first / seconds
            print(f"{threads:7}  {seconds:7.2f}  {speed_up:8.1f}  {'#' * round(BAR * speed_up)}", flush=True)


if __name__ == "__main__":
    main()
