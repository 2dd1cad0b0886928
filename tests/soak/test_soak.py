"""Half a minute of mixed load: memory flat, files bounded, nothing stuck, nothing left once it is purged."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from tests import processes
from tests.soak import harness
from tests.soak.measures import MB, Sample, Samples

SECONDS = 20.0


@pytest.mark.skipif(not processes.IS_KNOWN, reason="memory is read from /proc")
def test_mixed_load_leaves_memory_flat_files_bounded_and_nothing_stuck(tmp_path: Path) -> None:
    report = asyncio.run(harness.run(tmp_path, seconds=SECONDS, clients=6, seed=1))
    assert report.findings == [], report.table()
    assert report.tally.finished > SECONDS
    assert report.purged >= report.tally.finished
    assert all(sample.worker_count >= 1 and sample.host > 0 for sample in report.samples.all)


def test_a_leak_and_a_growing_file_are_found() -> None:
    samples = Samples([Sample(second, (50 + second) * MB, 40 * MB, 1, second * MB, 0) for second in range(100)])
    assert samples.findings() == [
        "memory of the host grew from 87 MB to 137 MB",
        "the database took 99 MB, 64 are allowed",
    ]
