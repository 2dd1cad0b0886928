"""Open task hubs for the tests of the store."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from funchost.store.sqlite import SqliteStore


@pytest.fixture
def anyio_backend() -> str:
    """The host runs on asyncio."""
    return "asyncio"


@pytest.fixture
def hub_path(tmp_path: Path) -> Path:
    """Where a task hub may be made; its folder is not there yet."""
    return tmp_path / ".funchost" / "TestHub.db"


@pytest.fixture
async def file_store(hub_path: Path) -> AsyncIterator[SqliteStore]:
    """An open, empty task hub in a file."""
    store = SqliteStore(hub_path, hub_name="TestHub")
    await store.open()
    yield store
    await store.close()


@pytest.fixture(params=["file", "memory"])
async def store(request: pytest.FixtureRequest, hub_path: Path) -> AsyncIterator[SqliteStore]:
    """An open, empty task hub, once in a file and once in memory."""
    store = SqliteStore(hub_path if request.param == "file" else None, hub_name="TestHub")
    await store.open()
    yield store
    await store.close()
