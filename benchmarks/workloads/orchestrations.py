"""Chains, fan-outs and many small orchestrations at a time: what every engine can do."""

from __future__ import annotations

from benchmarks.workloads.workload import (
    ENGINES_WITH_STORE,
    FUNCHOST,
    SDK,
    Variant,
    Workload,
    plain,
)

REPLAYING = Variant("funchost, replaying", FUNCHOST, {"arguments": ["--no-extended-sessions"]})
FULL_HUB = Variant("funchost, full hub", FUNCHOST, {"finished": 100_000})

WORKLOADS = (
    Workload(
        "chain-1000",
        "chain of 1000",
        "chain",
        {"length": 1000},
        plain(*ENGINES_WITH_STORE, SDK),
        special={SDK: {"number": None, "every": 10}},  # all of it takes two minutes
    ),
    Workload("fan-out-1000", "fan-out of 1000", "fan_out", {"width": 1000}, plain(*ENGINES_WITH_STORE, SDK)),
    Workload(
        "chains-100",
        "100 concurrent chains of five",
        "chains",
        {"count": 100, "length": 5},
        plain(*ENGINES_WITH_STORE, SDK),
    ),
    Workload(
        "one-activity",
        "one activity, start request to result",
        "chain",
        {"length": 1},
        plain(*ENGINES_WITH_STORE),
        samples=30,
    ),
    Workload(
        "one-activity-function",
        "the same, through an HTTP function of the app",
        "through_a_function",
        {},
        plain(FUNCHOST),
        samples=30,
    ),
    Workload(
        "chain-100",
        "chain of 100",
        "chain",
        {"length": 100},
        (*plain(FUNCHOST), REPLAYING, *plain(SDK)),
    ),
    Workload("chain-200", "chain of 200", "chain", {"length": 200}, plain(FUNCHOST), samples=5),
    Workload("chain-2000", "chain of 2000", "chain", {"length": 2000}, plain(FUNCHOST)),
    Workload(
        "full-hub",
        "chain of 500, 100,000 finished instances in the hub",
        "chain",
        {"length": 500},
        (*plain(FUNCHOST), FULL_HUB),
        samples=3,
    ),
)
