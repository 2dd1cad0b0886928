"""What must hold between two figures of one run, whatever the machine."""

from __future__ import annotations

from dataclasses import dataclass

from benchmarks.measuring import Results


@dataclass(frozen=True, slots=True)
class Limit:
    """``of`` by ``against``, times ``scale``, is at most ``at_most``; both name a workload's key and a variant."""

    workload: str
    compared_with: str
    of: tuple[str, str]
    against: tuple[str, str]
    at_most: float
    scale: float = 1.0


@dataclass(frozen=True, slots=True)
class Ratio:
    """A limit and what came of it; ``value`` is None where either figure was not measured."""

    limit: Limit
    value: float | None

    @property
    def holds(self) -> bool | None:
        return None if self.value is None else self.value <= self.limit.at_most


def _beside(workload: str, title: str, engine: str, at_most: float, label: str | None = None) -> Limit:
    return Limit(title, label or engine, (workload, "funchost"), (workload, engine), at_most)


IN_MEMORY = "durabletask in memory"
LIMITS = (
    _beside("chain-1000", "chain of 1000", "dbos", 0.65),
    _beside("chain-1000", "chain of 1000", "langgraph", 1.2),
    _beside("chain-1000", "chain of 1000", "durabletask", 0.08, IN_MEMORY),
    _beside("chain-1000", "chain of 1000", "sdk", 0.02, "SDK floor"),
    _beside("fan-out-1000", "fan-out of 1000", "durabletask", 0.25, IN_MEMORY),
    _beside("fan-out-1000", "fan-out of 1000", "langgraph", 0.4),
    _beside("chains-100", "100 concurrent chains of five", "durabletask", 0.2, IN_MEMORY),
    _beside("chains-100", "100 concurrent chains of five", "langgraph", 0.3),
    _beside("one-activity", "one activity, start request to result", "durabletask", 1.0, IN_MEMORY),
    Limit(
        "per-activity cost in a chain, N = 2000",
        "N = 200",
        ("chain-2000", "funchost"),
        ("chain-200", "funchost"),
        1.3,
        scale=200 / 2000,
    ),
    Limit(
        "per-activity cost with 100,000 finished instances in the hub",
        "empty hub",
        ("full-hub", "funchost, full hub"),
        ("full-hub", "funchost"),
        1.15,
    ),
    Limit(
        "CPU-bound fan-out, 2 worker processes",
        "1",
        ("cpu", "funchost, 2 workers"),
        ("cpu", "funchost, 1 worker"),
        0.6,
    ),
    _beside(
        "start-up",
        "`funchost start` to first finished orchestration",
        "sdk",
        1.5,
        "twice `import azure.durable_functions`",
    ),
    Limit(
        "replaying every episode, chain of 100",
        "SDK floor",
        ("chain-100", "funchost, replaying"),
        ("chain-100", "sdk"),
        0.5,
    ),
)


def ratios(results: Results) -> list[Ratio]:
    """Every limit with the ratio of the medians."""
    return [Ratio(limit, _value(results, limit)) for limit in LIMITS]


def _value(results: Results, limit: Limit) -> float | None:
    try:
        of, against = (results[workload][variant] for workload, variant in (limit.of, limit.against))
    except KeyError:
        return None
    return limit.scale * of.median / against.median
