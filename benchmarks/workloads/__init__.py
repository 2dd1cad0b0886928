"""The workloads, one module a family."""

from __future__ import annotations

from benchmarks.workloads import messages, orchestrations, processes, settings
from benchmarks.workloads.workload import Variant, Workload

STANDARD: tuple[Workload, ...] = (*orchestrations.WORKLOADS, *messages.WORKLOADS, *processes.WORKLOADS)
"""What a full run does."""

BY_KEY: dict[str, Workload] = {workload.key: workload for workload in (*STANDARD, *settings.WORKLOADS)}

__all__ = ["BY_KEY", "STANDARD", "Variant", "Workload"]
