"""Worker processes: what a second one brings to CPU-bound activities, and how long a first result takes."""

from __future__ import annotations

from benchmarks.workloads.workload import ENGINES_WITH_STORE, FUNCHOST, SDK, Variant, Workload, plain

ONE_WORKER = Variant("funchost, 1 worker", FUNCHOST, {"arguments": ["--workers", "1"]})
TWO_WORKERS = Variant("funchost, 2 workers", FUNCHOST, {"arguments": ["--workers", "2"]})

WORKLOADS = (
    Workload(
        "cpu",
        "32 CPU-bound activities",
        "fan_out_to",
        {"activity": "compute", "value": 600_000, "count": 32},
        (ONE_WORKER, TWO_WORKERS),
    ),
    Workload(
        "start-up",
        "process start to first result (SDK: two imports)",
        "start_up",
        {"number": None},
        plain(*ENGINES_WITH_STORE, SDK),
    ),
)
