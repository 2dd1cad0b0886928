"""On what a run was made: enough to judge it by, and nothing that names the machine."""

from __future__ import annotations

import os
import platform
import sqlite3
import subprocess
from collections.abc import Mapping
from datetime import datetime, timezone
from pathlib import Path
from time import perf_counter

PACKAGES = {
    "funchost": ("funchost", "uvicorn", "starlette"),
    "sdk": ("azure-functions-durable", "azure-functions"),
    "durabletask": ("durabletask",),
    "dbos": ("dbos",),
    "langgraph": ("langgraph", "langgraph-checkpoint-sqlite"),
}

_VERSIONS = "import importlib.metadata as m, sys; print(*[m.version(name) for name in sys.argv[1:]])"


def describe(interpreters: Mapping[str, str]) -> dict[str, str]:
    """Facts by name, for a report."""
    packages = ", ".join(
        f"{package} {version}"
        for engine, interpreter in interpreters.items()
        for package, version in zip(PACKAGES[engine], _versions(interpreter, PACKAGES[engine]), strict=True)
    )
    return {
        "date": datetime.now(timezone.utc).strftime("%Y-%m-%d"),
        "processor": f"{_processor()}, {os.cpu_count()} cores",
        "system": f"{platform.system()} {platform.release().split('-')[0]}",
        "Python": f"{platform.python_version()}, SQLite {sqlite3.sqlite_version}",
        "packages": packages,
    }


def load() -> str:
    """What else the machine does, and how fast it is just now."""
    average = f"load {os.getloadavg()[0]:.1f}, " if hasattr(os, "getloadavg") else ""
    return f"{average}{pure_python_ms():.1f} ms for a fixed piece of pure Python"


def pure_python_ms() -> float:
    """Milliseconds for always the same work, the best of seven: machines slow down and speed up."""
    best = float("inf")
    for _ in range(7):
        began = perf_counter()
        kept = {}
        for number in range(60_000):
            kept[number & 255] = (number, str(number))
        best = min(best, perf_counter() - began)
    return best * 1000


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
        return next(line.split(":", 1)[1].strip() for line in lines if line.startswith("model name"))
    except (OSError, StopIteration):
        return platform.processor() or platform.machine()


def _versions(interpreter: str, packages: tuple[str, ...]) -> list[str]:
    asked = subprocess.run([interpreter, "-c", _VERSIONS, *packages], capture_output=True, text=True, check=True)
    return asked.stdout.split()
