"""Runs workloads: every contestant in a process of its own, all of them in turn in every round."""

from __future__ import annotations

import json
import subprocess
import tempfile
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from typing import Any

from benchmarks.contestants.contract import REPOSITORY
from benchmarks.workloads import Variant, Workload


class ContestantFailed(Exception):
    """A contestant gave no result, or a wrong one; the text is its own."""


@dataclass(frozen=True, slots=True)
class Figures:
    """What one variant took for one workload: seconds, one figure a round; the most memory its processes held."""

    seconds: tuple[float, ...]
    memory_mib: float | None = None

    @property
    def median(self) -> float:
        return median(self.seconds)

    @property
    def lowest(self) -> float:
        return min(self.seconds)

    @property
    def highest(self) -> float:
        return max(self.seconds)


Results = dict[str, dict[str, Figures]]
"""By a workload's key and a variant's name."""


@dataclass(frozen=True, slots=True)
class Interpreters:
    """Which Python runs an engine, and where the SDK is vendored for funchost's app."""

    of_engine: Mapping[str, str]
    vendored: Path
    skipped: frozenset[str] = frozenset()


@dataclass(slots=True)
class _Running:
    variant: Variant
    process: ContestantProcess
    seconds: list[float] = field(default_factory=list)
    memory_mib: float | None = None


def measure(
    workloads: Iterable[Workload],
    *,
    rounds: int,
    interpreters: Interpreters,
    notes: dict[str, str],
    say: Callable[[str], None],
) -> Results:
    """Run each workload ``rounds`` times with each of its variants; ``notes`` learns how engines are set up."""
    return {workload.key: _measure_one(workload, rounds, interpreters, notes, say) for workload in workloads}


def _measure_one(
    workload: Workload,
    rounds: int,
    interpreters: Interpreters,
    notes: dict[str, str],
    say: Callable[[str], None],
) -> dict[str, Figures]:
    variants = [variant for variant in workload.variants if variant.engine not in interpreters.skipped]
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder, ExitStack() as open_ones:
        running = []
        for number, variant in enumerate(variants):
            place = Path(folder) / str(number)
            place.mkdir()
            process = ContestantProcess(variant, place, interpreters)
            open_ones.callback(process.close)
            running.append(_Running(variant, process))
        for each in running:
            notes[each.variant.engine] = each.process.wait_until_open()
            each.process.warm_up()
        for number in range(rounds):
            for each in in_turn(running, number):
                figures = [each.process.run(workload, number) for _ in range(workload.samples)]
                each.seconds.append(median(seconds for seconds, _ in figures))
                each.memory_mib = figures[-1][1]
            said = ", ".join(f"{each.variant.name} {each.seconds[-1]:.4g} s" for each in running)
            say(f"{workload.title}, round {number + 1}: {said}")
    return {each.variant.name: Figures(tuple(each.seconds), each.memory_mib) for each in running}


def in_turn(running: Sequence[_Running], round_number: int) -> Sequence[_Running]:
    """Another one begins each round, so that none always follows the same neighbour's heat."""
    first = round_number % max(len(running), 1)
    return [*running[first:], *running[:first]]


class ContestantProcess:
    """A contestant under its own interpreter; see ``benchmarks.serve``."""

    def __init__(self, variant: Variant, folder: Path, interpreters: Interpreters) -> None:
        self._variant = variant
        self._log = folder / "contestant.log"
        options = dict(variant.options)
        if variant.engine == "funchost":
            options["vendored"] = str(interpreters.vendored)
        work = folder / "work"
        work.mkdir()
        with self._log.open("wb") as log:
            self._process = subprocess.Popen(
                [
                    interpreters.of_engine[variant.engine],
                    "-m",
                    "benchmarks.serve",
                    variant.engine,
                    str(work),
                    json.dumps(options),
                ],
                cwd=REPOSITORY,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
            )

    def wait_until_open(self) -> str:
        """Return its note on how it is set up."""
        return str(self._answer()["note"])

    def run(self, workload: Workload, round_number: int) -> tuple[float, float | None]:
        """Seconds, and MiB of memory."""
        answer = self._ask(workload.method, workload.arguments_for(self._variant.engine, round_number))
        return answer["seconds"], answer["memory_mib"]

    def warm_up(self) -> None:
        """Have caches filled and code compiled."""
        self._ask("chain", {"length": 5})

    def close(self) -> None:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.close()
        try:
            self._process.wait(20)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._process.stdout.close()

    def _ask(self, method: str, arguments: Mapping[str, Any]) -> dict[str, Any]:
        assert self._process.stdin is not None
        print(json.dumps({"method": method, "arguments": arguments}), file=self._process.stdin, flush=True)
        answer = self._answer()
        if "error" in answer:
            raise ContestantFailed(f"{self._variant.name}, {method} {dict(arguments)}:\n{answer['error']}")
        return answer

    def _answer(self) -> dict[str, Any]:
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line:
            log = self._log.read_text(encoding="utf-8", errors="replace")
            raise ContestantFailed(f"{self._variant.name} ended with exit code {self._process.wait()}:\n{log}")
        answer = json.loads(line)
        assert isinstance(answer, dict)
        return answer
