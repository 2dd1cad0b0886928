"""Set-up shared by every test."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import settings

# Files that take longest, first: run side by side, the last one to start should not be one of these.
LONGEST = (
    "templates/test_tensorflow_app.py",
    "templates/test_baked_apps_run.py",
    "funchost/testing/test_coretools.py",
)

# The same examples in every run: a red run is red for everybody. `FUZZ=1` looks for new ones.
settings.register_profile("steady", derandomize=True, deadline=None)
settings.register_profile("fuzz", max_examples=2000, deadline=None)
settings.load_profile("fuzz" if os.environ.get("FUZZ") else "steady")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put the longest files in front; the rest keep their order."""
    places = {Path(__file__).parent / name: place for place, name in enumerate(LONGEST)}
    items.sort(key=lambda item: places.get(item.path, len(places)))
