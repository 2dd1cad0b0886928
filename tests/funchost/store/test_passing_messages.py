"""Messages that are added and removed in one transaction are not written at all."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import datetime

import pytest

from funchost.prompt import PromptFuture
from funchost.store.base import Change
from funchost.store.changes import flush, passing_messages, plan, write
from funchost.store.connection import open_memory
from funchost.store.group import Groups, Job
from tests.funchost.store.builders import instance, raised


@pytest.fixture
def hub() -> Iterator[sqlite3.Connection]:
    """An empty hub in memory."""
    with closing(open_memory()) as connection:
        yield connection


def kept(hub: sqlite3.Connection) -> list[int]:
    return [row[0] for row in hub.execute("SELECT message_id FROM messages ORDER BY message_id")]


def written(hub: sqlite3.Connection, *changes: Change) -> list[str]:
    """The statements about messages that these changes, in one transaction, amount to."""
    statements: list[str] = []
    hub.set_trace_callback(statements.append)
    passing = passing_messages(changes)
    write(hub, [plan(change, passing) for change in changes])
    flush(hub)
    hub.set_trace_callback(None)
    return [statement.split()[0] for statement in statements if " messages" in statement]


def test_a_message_that_a_later_change_removes_is_not_written(hub: sqlite3.Connection) -> None:
    added = Change(add_messages=(raised(1, "i"), raised(2, "i")))
    assert written(hub, added, Change(remove_messages=(1,))) == ["INSERT"]
    assert kept(hub) == [2]


def test_its_id_is_used_up_all_the_same(hub: sqlite3.Connection) -> None:
    written(hub, Change(add_messages=(raised(7, "i"),)), Change(remove_messages=(7,)))
    assert hub.execute("SELECT last_message_id FROM hub").fetchone() == (7,)


def test_one_that_was_kept_before_is_removed(hub: sqlite3.Connection) -> None:
    written(hub, Change(add_messages=(raised(1, "i"),)))
    assert written(hub, Change(add_messages=(raised(2, "i"),)), Change(remove_messages=(1, 2))) == ["DELETE"]
    assert kept(hub) == []


def test_one_that_a_change_removes_before_another_adds_it_stays(hub: sqlite3.Connection) -> None:
    written(hub, Change(remove_messages=(1,)), Change(add_messages=(raised(1, "i"),)))
    assert kept(hub) == [1]


def test_one_whose_removal_cannot_be_kept_is_written(hub: sqlite3.Connection) -> None:
    without_zone = datetime(2024, 1, 1)
    spoilt = Change(remove_messages=(1,), put_instances=(instance("i", created_at=without_zone),))
    loop = asyncio.new_event_loop()
    jobs = [Job(change, PromptFuture(loop)) for change in (Change(add_messages=(raised(1, "i"),)), spoilt)]
    outcomes, _ = Groups(hub, "memory").work(jobs)
    loop.close()
    assert [type(error) for _, _, error in outcomes] == [type(None), TypeError]
    assert kept(hub) == [1]
