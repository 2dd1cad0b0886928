"""What each setting of funchost does for which kind of activity; not part of a run unless asked for."""

from __future__ import annotations

from benchmarks.workloads.workload import FUNCHOST, Variant, Workload

ACTIVITIES = {
    "compute": ("64 activities of 40 ms of pure Python", 600_000),
    "block": ("64 activities that block for 50 ms", 0.05),
    "wait": ("64 async activities that wait for 50 ms", 0.05),
}


def _variant(name: str, workers: int, threads: int, at_a_time: int) -> Variant:
    return Variant(
        name,
        FUNCHOST,
        {
            "arguments": ["--workers", str(workers)],
            "settings": {
                "PYTHON_THREADPOOL_THREAD_COUNT": str(threads),
                "AzureFunctionsJobHost__extensions__durableTask__maxConcurrentActivityFunctions": str(at_a_time),
            },
        },
    )


VARIANTS = tuple(
    _variant(f"{workers} processes, {threads} threads, {at_a_time} at a time", workers, threads, at_a_time)
    for workers, threads, at_a_time in (
        (1, 1, 20),
        (1, 6, 20),
        (1, 20, 20),
        (1, 64, 64),
        (2, 6, 20),
        (2, 32, 64),
        (1, 6, 5),
        (1, 6, 64),
    )
)

WORKLOADS = tuple(
    Workload(
        f"settings-{activity}", title, "fan_out_to", {"activity": activity, "value": value, "count": 64}, VARIANTS
    )
    for activity, (title, value) in ACTIVITIES.items()
)
