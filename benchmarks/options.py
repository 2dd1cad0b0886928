"""The command line of the benchmarks."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.measuring import Interpreters
from benchmarks.workloads import BY_KEY, STANDARD, Workload

HERE = Path(__file__).parent
ELSEWHERE = HERE.parent / "build" / "benchmarks"
ROUNDS, QUICK_ROUNDS = 5, 2
PEERS = ("durabletask", "dbos", "langgraph")


@dataclass(frozen=True, slots=True)
class Options:
    """``output`` is where results go; ``check``: exit with 1 where a ratio falls short of its limit."""

    workloads: tuple[Workload, ...]
    rounds: int
    interpreters: Interpreters
    output: Path
    check: bool


def parse(arguments: Sequence[str], own_interpreter: str) -> Options:
    """Ends the program where the arguments are wrong, as argparse does."""
    parser = argparse.ArgumentParser(prog="nox -s bench --", description="Compare funchost with its peers.")
    parser.add_argument("--check", action="store_true", help="exit with 1 where a ratio falls short of its limit")
    parser.add_argument("--quick", action="store_true", help=f"{QUICK_ROUNDS} rounds")
    parser.add_argument("--rounds", type=_positive, help=f"rounds of each workload [{ROUNDS}]")
    parser.add_argument(
        "--only",
        type=_workloads,
        metavar="KEYS",
        help=f"some workloads: {', '.join(BY_KEY)} [the first {len(STANDARD)}]",
    )
    parser.add_argument(
        "--without", action="append", default=[], choices=(*PEERS, "sdk"), help="leave an engine out"
    )
    parser.add_argument("--output", type=Path, help="folder for results [benchmarks/, of a part build/benchmarks/]")
    parser.add_argument("--vendored", type=Path, required=True, help=argparse.SUPPRESS)
    for peer in PEERS:
        parser.add_argument(f"--{peer}", required=True, help=argparse.SUPPRESS)
    given = parser.parse_args(arguments)
    is_whole = not (given.quick or given.only or given.without) and (given.rounds or ROUNDS) >= ROUNDS
    of_engine = {"funchost": own_interpreter, "sdk": own_interpreter}
    return Options(
        workloads=given.only or STANDARD,
        rounds=given.rounds or (QUICK_ROUNDS if given.quick else ROUNDS),
        interpreters=Interpreters(
            of_engine=of_engine | {peer: getattr(given, peer) for peer in PEERS},
            vendored=given.vendored.resolve(),
            skipped=frozenset(given.without),
        ),
        output=given.output or (HERE if is_whole else ELSEWHERE),
        check=given.check,
    )


def _positive(text: str) -> int:
    number = int(text)
    if number < 1:
        raise ValueError(text)
    return number


def _workloads(text: str) -> tuple[Workload, ...]:
    wanted = text.split(",")
    if unknown := [key for key in wanted if key not in BY_KEY]:
        raise argparse.ArgumentTypeError(f"no workload {', '.join(unknown)}; there are {', '.join(BY_KEY)}")
    return tuple(BY_KEY[key] for key in wanted)
