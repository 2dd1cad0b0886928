"""What a contestant is: an engine that runs the workloads, in a process of its own.

Standard library only: every module but ``sdk_floor`` and ``funchost_host`` runs under its peer's interpreter.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from time import perf_counter
from types import TracebackType
from typing import Any

REPOSITORY = Path(__file__).parents[2]


class Contestant:
    """One engine at work in ``folder``, which is new and empty. ``open``, workloads, ``close``.

    A workload is a method that takes whole numbers, checks the results, and returns how many seconds it took.
    A subclass has those workloads that its engine can do. ``options`` tells variants of one engine apart.
    """

    note = ""
    """How it is set up, for the report."""

    def __init__(self, folder: Path, options: Mapping[str, Any]) -> None:
        self.folder, self.options = folder, options

    def open(self) -> None:
        """Return once workloads can run."""

    def close(self) -> None:
        """Leave nothing running."""

    def process_ids(self) -> list[int]:
        """The processes whose memory counts; empty: this one."""
        return []


class Stopwatch:
    """``with Stopwatch() as watch: ...`` and then ``watch.seconds``."""

    seconds = 0.0

    def __enter__(self) -> Stopwatch:
        self._began = perf_counter()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.seconds = perf_counter() - self._began


def expect(result: object, wanted: object) -> None:
    """A workload with a wrong result has no time."""
    if result != wanted:
        raise ValueError(f"the result is {str(result)[:200]!r} where {str(wanted)[:200]!r} is right")


def first_result_of_a_new_process(name: str, folder: Path) -> float:
    """Seconds from starting a process of a peer to the result of its first chain of one."""
    folder.mkdir(parents=True)
    with Stopwatch() as watch:
        process = subprocess.Popen(
            [sys.executable, "-m", "benchmarks.serve", name, str(folder)],
            cwd=REPOSITORY,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert process.stdin is not None
        assert process.stdout is not None
        print('{"method": "chain", "arguments": {"length": 1}}', file=process.stdin, flush=True)
        answers = [process.stdout.readline(), process.stdout.readline()]  # that it is open, and the result
    process.stdin.close()
    process.stdout.close()
    process.wait()
    if '"seconds"' not in answers[1]:
        raise RuntimeError(f"{name} answered {answers}")
    return watch.seconds
