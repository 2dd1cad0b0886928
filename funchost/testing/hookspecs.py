"""The hooks that an app's ``conftest.py`` may have."""

from __future__ import annotations

from typing import Any

import pytest


@pytest.hookspec(firstresult=True)
def pytest_funchost_scrub(value: Any, key: str | None) -> Any:
    """Take a secret out of a history before it is saved.

    Called with each value that a history holds, from the outside in: inputs, results and what is inside them.
    ``key`` is the key a value stands under, None for an item of a list. Return what to keep in its place, or None
    to leave it as it is.
    """
