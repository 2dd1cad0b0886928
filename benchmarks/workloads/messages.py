"""External events, entities and large payloads."""

from __future__ import annotations

from benchmarks.workloads.workload import DURABLETASK, ENGINES_WITH_STORE, FUNCHOST, Workload, plain

WORKLOADS = (
    Workload(
        "events-1000", "1000 instances, an event each", "events", {"count": 1000}, plain(FUNCHOST, DURABLETASK)
    ),
    Workload(
        "signals-10000",
        "10,000 signals to 100 entities",
        "signals",
        {"count": 10_000, "entities": 100},
        plain(FUNCHOST, DURABLETASK),
    ),
    Workload(
        "payload-1mb", "1 MB in, through an activity, out", "payload", {"megabytes": 1}, plain(*ENGINES_WITH_STORE)
    ),
)
