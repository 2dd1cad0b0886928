"""Measure how many images a second this computer classifies, and what the settings do to it.

    python tools/measure.py                                   the table of README.md
    python tools/measure.py --workers 4 --activities 4 8      four processes, four and eight activities
    python tools/measure.py --threads 1 2                     TensorFlow's threads in every process
    python tools/measure.py --url https://APP.azurewebsites.net --key KEY    an app that runs already

Starts the app on funchost, once for every number of worker processes and threads, with its state in a
temporary folder. The sample photos come in turn. Every figure is the best of `--repeat` runs, the one that
was disturbed least, after a run in which every worker process has loaded TensorFlow.
"""

from __future__ import annotations

import argparse
import os
import platform
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import cycle, islice, product
from pathlib import Path
from typing import Any

import httpx

APP = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(APP))

from image_classifier.samples import SAMPLE_PHOTOS  # noqa: E402

PATIENCE = 300.0  # seconds for a host to start, or for a run to end
POLL = 0.02  # seconds between two looks; a run takes some hundred times as long


class MeasureError(Exception):
    """Nothing can be measured; the text says why."""


@contextmanager
def host(workers: int, threads: int) -> Iterator[str]:
    """The app on funchost with these settings; yields its URL."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port = listener.getsockname()[1]
    settings = {"FUNCTIONS_WORKER_PROCESS_COUNT": str(workers), "TENSORFLOW_THREADS": str(threads)}
    with tempfile.TemporaryDirectory() as scratch, open(Path(scratch, "log"), "w+", encoding="utf-8") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "funchost", "start", "--port", str(port), "--state", scratch],
            cwd=APP,
            env={**os.environ, **settings},
            stdout=log,
            stderr=log,
        )
        try:
            wait_until_ready(process, f"http://127.0.0.1:{port}", Path(scratch, "log"))
            yield f"http://127.0.0.1:{port}"
        finally:
            process.terminate()
            process.wait()


def wait_until_ready(process: subprocess.Popen[bytes], url: str, log: Path) -> None:
    """Return when the host answers; raise with its log when it has ended, or is too slow."""
    deadline = time.monotonic() + PATIENCE
    while process.poll() is None and time.monotonic() < deadline:
        try:
            if httpx.get(f"{url}/admin/host/status").is_success:
                return
        except httpx.TransportError:
            time.sleep(POLL)
    raise MeasureError(f"funchost did not start:\n{log.read_text(encoding='utf-8')}")


def classify(
    client: httpx.Client, images: int, activities: int, batch_size: int
) -> tuple[dict[str, Any], float]:
    """Run one classification; return its output and the seconds from the request to the end."""
    photos = [f"sample:{name}" for name in islice(cycle(SAMPLE_PHOTOS), images)]
    started = time.monotonic()
    answer = client.post(
        "/api/classifications", json={"images": photos, "activities": activities, "batch_size": batch_size}
    )
    if answer.status_code != httpx.codes.ACCEPTED:
        raise MeasureError(f"The app answered {answer.status_code}: {answer.text}")
    while time.monotonic() - started < PATIENCE:
        status = client.get(answer.json()["statusQueryGetUri"]).json()
        if status["runtimeStatus"] == "Completed":
            if failures := status["output"]["failures"]:
                raise MeasureError(f"{failures[0]['image']}: {failures[0]['reason']}")
            return status["output"], time.monotonic() - started
        if status["runtimeStatus"] not in ("Pending", "Running"):
            raise MeasureError(f"The classification ended as {status['runtimeStatus']}: {status['output']}")
        time.sleep(POLL)
    raise MeasureError(f"The classification of {images} images was not done after {PATIENCE:.0f} s.")


def warm_up(client: httpx.Client, workers: int) -> None:
    """Classify until every worker process has taken part, and so has loaded TensorFlow."""
    for _ in range(10):
        output, _ = classify(client, 16 * workers, min(4 * workers, 64), 4)
        if output["workers"] >= workers:
            return
    raise MeasureError(f"Only {output['workers']} of {workers} worker processes ever got an activity.")


def measure(client: httpx.Client, options: argparse.Namespace, activities: int, batch_size: int) -> float:
    """Images a second, in the best of several runs."""
    times = [classify(client, options.images, activities, batch_size)[1] for _ in range(options.repeat)]
    return float(options.images / min(times))


def rows(options: argparse.Namespace) -> Iterator[tuple[str, str, int, int, float]]:
    """Worker processes, threads, activities, batch size, images a second."""
    if options.url:
        headers = {"x-functions-key": options.key} if options.key else {}
        with httpx.Client(base_url=options.url, headers=headers, timeout=60) as client:
            warm_up(client, 1)
            for activities, batch_size in product(options.activities, options.batch_sizes):
                yield "-", "-", activities, batch_size, measure(client, options, activities, batch_size)
        return
    for workers, threads in product(options.workers, options.threads):
        with host(workers, threads) as url, httpx.Client(base_url=url, timeout=60) as client:
            warm_up(client, workers)
            for activities, batch_size in product(options.activities, options.batch_sizes):
                speed = measure(client, options, activities, batch_size)
                yield str(workers), str(threads), activities, batch_size, speed


def main(argv: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        prog="python tools/measure.py",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    numbers: dict[str, Any] = {"type": int, "nargs": "+", "metavar": "N"}
    parser.add_argument("--workers", **numbers, default=[1, 2], help="worker processes [1 2]")
    parser.add_argument("--threads", **numbers, default=[1], help="TensorFlow's threads in each [1]")
    parser.add_argument("--activities", **numbers, default=[1, 2], help="parallel activities [1 2]")
    parser.add_argument("--batch-sizes", **numbers, default=[1, 4, 16], help="images at a time [1 4 16]")
    parser.add_argument("--images", type=int, metavar="N", default=128, help="images in every run [128]")
    parser.add_argument("--repeat", type=int, metavar="N", default=5, help="runs for every figure [5]")
    parser.add_argument("--url", help="measure what runs there, instead of starting the app")
    parser.add_argument("--key", help="function key for --url")
    options = parser.parse_args(argv)
    system = f"{platform.system()} {platform.machine()}, Python {platform.python_version()}"
    print(f"{os.cpu_count()} cores, {system}\n")
    print("| Worker processes | Threads in each | Activities | Batch size | Images a second |")
    print("| ---: | ---: | ---: | ---: | ---: |")
    try:
        for workers, threads, activities, batch_size, speed in rows(options):
            print(f"| {workers} | {threads} | {activities} | {batch_size} | {speed:.0f} |", flush=True)
    except MeasureError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
