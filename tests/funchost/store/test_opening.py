"""Opening a task hub: what is made, who may have it, and what is refused without being touched."""

from __future__ import annotations

import asyncio
import os
import sqlite3
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import datetime, timezone
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from funchost.errors import StoreError, TaskHubLocked
from funchost.store.base import Change
from funchost.store.sqlite import SqliteStore
from tests.funchost.store.builders import append, instance, scheduled

pytestmark = pytest.mark.anyio

NOBODY = 65534


class StoppedClock:
    """Always the same moment."""

    def now(self) -> datetime:
        return datetime(2024, 1, 1, 12, 0, tzinfo=timezone.utc)


def hub_at(path: Path) -> SqliteStore:
    return SqliteStore(path, hub_name="TestHub", clock=StoppedClock())


async def refusal(path: Path) -> str:
    """The text with which opening ``path`` is refused."""
    with pytest.raises(StoreError) as refused:
        await hub_at(path).open()
    return str(refused.value)


async def make_hub(path: Path) -> None:
    """A hub with one instance, closed again."""
    store = hub_at(path)
    await store.open()
    await store.commit(Change(put_instances=(instance("i"),), append_history=(append("i", 0, scheduled(0)),)))
    await store.close()


# -- What is made -------------------------------------------------------------------------------------------


async def test_a_missing_folder_is_made(tmp_path: Path) -> None:
    path = tmp_path / "a" / "b" / "TestHub.db"
    await make_hub(path)
    assert sorted(entry.name for entry in path.parent.iterdir()) == ["TestHub.db", "TestHub.db.lock"]


async def test_an_empty_file_becomes_a_hub(tmp_path: Path) -> None:
    path = tmp_path / "TestHub.db"
    path.touch()
    await make_hub(path)
    store = hub_at(path)
    await store.open()
    assert await store.instance("i") == instance("i")
    await store.close()


async def test_odd_characters_in_the_path_are_only_characters(tmp_path: Path) -> None:
    path = tmp_path / "50% of #1?mode=ro & é" / "Hub.db"
    await make_hub(path)
    assert path.exists()


async def test_every_commit_is_flushed_to_disk(file_store: SqliteStore, hub_path: Path) -> None:
    """Other programs can look in at any time, and find the log that makes commits durable."""
    with closing(sqlite3.connect(hub_path)) as other:
        assert other.execute("PRAGMA journal_mode").fetchone() == ("wal",)
        assert other.execute("PRAGMA auto_vacuum").fetchone() == (2,)


async def test_a_store_is_opened_once(file_store: SqliteStore) -> None:
    with pytest.raises(RuntimeError, match="opened once"):
        await file_store.open()


# -- One host per hub ---------------------------------------------------------------------------------------


async def test_a_second_host_is_told_who_has_the_hub_and_since_when(hub_path: Path) -> None:
    first = hub_at(hub_path)
    await first.open()
    second = hub_at(hub_path)
    with pytest.raises(TaskHubLocked) as locked:
        await second.open()
    await second.close()
    assert str(locked.value) == (
        f"The task hub in {hub_path} is already open in another host "
        f"(process {os.getpid()}, since 2024-01-01 12:00:00 UTC). "
        "Stop that host first, or give this one its own state folder: funchost start --state DIR"
    )
    await first.commit(Change(put_instances=(instance("i"),)))
    await first.close()


async def test_a_closed_hub_can_be_opened_by_another_host(hub_path: Path) -> None:
    await make_hub(hub_path)
    store = hub_at(hub_path)
    await store.open()
    assert await store.history("i", "i-1") == [scheduled(0)]
    await store.close()


HOLD_THE_HUB = """
import asyncio, sys
from pathlib import Path
from funchost.store.sqlite import SqliteStore

async def hold():
    store = SqliteStore(Path(sys.argv[1]), hub_name="TestHub")
    await store.open()
    print("open", flush=True)
    await asyncio.Event().wait()

asyncio.run(hold())
"""


async def test_another_process_holds_the_hub_until_it_is_killed(hub_path: Path) -> None:
    holder = await asyncio.create_subprocess_exec(
        sys.executable, "-c", HOLD_THE_HUB, str(hub_path), stdout=asyncio.subprocess.PIPE
    )
    assert holder.stdout is not None
    assert await holder.stdout.readline() == b"open\n"
    with pytest.raises(TaskHubLocked, match=f"process {holder.pid}, since "):
        await hub_at(hub_path).open()
    holder.kill()
    await holder.wait()
    await make_hub(hub_path)


async def test_a_refused_hub_is_given_up_again(tmp_path: Path) -> None:
    path = tmp_path / "TestHub.db"
    path.write_bytes(b"not a database, " * 100)
    await refusal(path)
    path.unlink()
    await make_hub(path)


# -- What is refused ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("content", [b"hello", b"not a database, " * 1000], ids=["short", "long"])
async def test_a_file_of_another_kind_is_refused_and_untouched(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "TestHub.db"
    path.write_bytes(content)
    assert (await refusal(path)).startswith(f"{path} is not a task hub: it is not a SQLite file. Move it away")
    assert path.read_bytes() == content


async def test_a_database_of_another_program_is_refused_and_untouched(tmp_path: Path) -> None:
    path = tmp_path / "TestHub.db"
    with closing(sqlite3.connect(path)) as other:
        other.execute("CREATE TABLE customers (name TEXT)")
    content = path.read_bytes()
    assert await refusal(path) == (
        f"{path} is not a task hub: it is a SQLite database of another program. "
        "Use another state folder: funchost start --state DIR"
    )
    assert path.read_bytes() == content


@pytest.mark.parametrize("page", [2, 5, 9])
async def test_a_damaged_hub_is_refused_and_untouched(tmp_path: Path, page: int) -> None:
    path = tmp_path / "TestHub.db"
    await make_hub(path)
    content = bytearray(path.read_bytes())
    content[page * 4096 : page * 4096 + 512] = b"\xa5" * 512
    path.write_bytes(content)
    text = await refusal(path)
    assert text.startswith(f"The task hub in {path} is damaged. It was left as it is. Put back a copy of it")
    assert path.read_bytes() == content


async def test_a_truncated_hub_is_refused_and_untouched(tmp_path: Path) -> None:
    path = tmp_path / "TestHub.db"
    await make_hub(path)
    content = path.read_bytes()[: 5 * 4096]
    path.write_bytes(content)
    assert (await refusal(path)).startswith(f"The task hub in {path} is damaged.")
    assert path.read_bytes() == content


async def test_a_hub_of_a_newer_funchost_is_refused_and_untouched(tmp_path: Path) -> None:
    path = tmp_path / "TestHub.db"
    await make_hub(path)
    with closing(sqlite3.connect(path)) as newer:
        newer.execute("INSERT INTO migrations (name) VALUES ('add_tags')")
        newer.commit()
    content = path.read_bytes()
    assert await refusal(path) == (
        f"The task hub in {path} was last used by a newer funchost (this one does not know its change "
        "'add_tags'). Update with: python -m pip install --upgrade funchost. "
        "Or give this version a state folder of its own: funchost start --state DIR"
    )
    assert path.read_bytes() == content


async def test_a_folder_in_place_of_the_file_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "TestHub.db"
    path.mkdir()
    assert (await refusal(path)).startswith(f"The task hub in {path} cannot be opened: it is a folder")


async def test_a_file_in_place_of_the_folder_is_refused(tmp_path: Path) -> None:
    (tmp_path / "state").touch()
    text = await refusal(tmp_path / "state" / "TestHub.db")
    assert text.startswith(f"The folder {tmp_path / 'state'} cannot hold a task hub: ")
    assert text.endswith("Use another state folder: funchost start --state DIR")


posix_only = pytest.mark.skipif(sys.platform == "win32", reason="Windows has other permissions")


@posix_only
async def test_a_read_only_folder_is_refused(shared_folder: Path) -> None:
    with read_only(shared_folder):
        text = await refusal(shared_folder / "TestHub.db")
    assert text == (
        f"The folder {shared_folder} cannot hold a task hub: Permission denied. "
        "Use another state folder: funchost start --state DIR"
    )


@posix_only
@pytest.mark.parametrize("what", ["file", "folder"])
async def test_a_hub_that_became_read_only_is_refused_at_once_and_untouched(shared_folder: Path, what: str) -> None:
    path = shared_folder / "TestHub.db"
    await make_hub(path)
    content = path.read_bytes()
    path.with_name("TestHub.db.lock").chmod(0o666)
    with read_only(path if what == "file" else shared_folder):
        text = await refusal(path)
    assert text.startswith(f"The task hub in {path} cannot be ")
    assert "use another state folder: funchost start --state DIR" in text
    assert path.read_bytes() == content


@pytest.fixture
def shared_folder() -> Iterator[Path]:
    """A folder in which everybody may write."""
    with TemporaryDirectory() as folder:
        Path(folder).chmod(0o777)
        yield Path(folder)


@contextmanager
def read_only(path: Path) -> Iterator[None]:
    """Take the right to write away; from root too, by being somebody else for a while."""
    mode = path.stat().st_mode
    path.chmod(0o555 if path.is_dir() else 0o444)
    is_root = os.geteuid() == 0
    if is_root:
        os.seteuid(NOBODY)
    try:
        yield
    finally:
        if is_root:
            os.seteuid(0)
        path.chmod(mode)
