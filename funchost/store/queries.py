"""Reading a task hub: functions of a connection, each one statement over the last commit.

A stored text that cannot be decoded raises StoreError naming the instance: it was written by a version that
this one does not know, or was altered by hand.
"""

from __future__ import annotations

import base64
import binascii
import heapq
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from itertools import islice
from typing import Any, TypeAlias, TypeVar

from funchost.errors import StoreError
from funchost.model.entities import EntityId
from funchost.model.history import HistoryEvent
from funchost.model.messages import ActivityTask, TaskMessage
from funchost.model.records import (
    EntityQuery,
    EntityRecord,
    InstanceQuery,
    InstanceRecord,
    Page,
    ScheduleStatus,
)
from funchost.model.status import RuntimeStatus
from funchost.store.rows import (
    INSTANCE_COLUMNS,
    Row,
    entity_record,
    from_text,
    instance_record,
    message,
    schedule_status,
    task,
    to_text,
)
from funchost.wire.stored import decode_events, decode_time, encode_time

LAST_IDS = "SELECT last_message_id, last_task_id FROM hub"
SELECT_INSTANCES = f"SELECT {INSTANCE_COLUMNS}, input FROM instances LEFT JOIN instance_inputs USING (instance_id)"
ONE_INSTANCE = f"{SELECT_INSTANCES} WHERE instance_id = ?"
HISTORY = "SELECT event FROM history WHERE instance_id = ? AND execution_id = ? ORDER BY sequence"
MESSAGES = """
    SELECT message_id, instance_id, execution_id, visible_at_us, body
    FROM messages WHERE instance_id = ? ORDER BY message_id
"""
WAITING = """
    SELECT instance_id, max(visible_at_us IS NULL), min(visible_at_us)
    FROM messages GROUP BY instance_id ORDER BY min(message_id)
"""
TASKS = """
    SELECT task_id, instance_id, execution_id, event_id, name, deliveries, input
    FROM activity_tasks ORDER BY task_id
"""
SELECT_ENTITIES = "SELECT entity_id, present, last_operation_at_us, state FROM entities"
ONE_ENTITY = f"{SELECT_ENTITIES} WHERE entity_id = ?"
ONE_SCHEDULE = "SELECT function_name, last_us, next_us, last_updated_us FROM schedules WHERE function_name = ?"
COUNT_BY_STATUS = "SELECT runtime_status, count(*) FROM instances GROUP BY runtime_status"

RecordT = TypeVar("RecordT")
_Found: TypeAlias = "tuple[Row, Callable[[Row], RecordT]]"  # a row and what reads it


def next_ids(connection: sqlite3.Connection) -> tuple[int, int]:
    last_message_id, last_task_id = connection.execute(LAST_IDS).fetchone()
    return last_message_id + 1, last_task_id + 1


def instance(connection: sqlite3.Connection, instance_id: str) -> InstanceRecord | None:
    row = connection.execute(ONE_INSTANCE, (to_text(instance_id),)).fetchone()
    with _decoding(f"instance {instance_id!r}"):
        return None if row is None else instance_record(row)


def history(connection: sqlite3.Connection, instance_id: str, execution_id: str) -> list[HistoryEvent]:
    rows = connection.execute(HISTORY, (to_text(instance_id), to_text(execution_id))).fetchall()
    with _decoding(f"instance {instance_id!r}"):
        return decode_events([event for (event,) in rows])


def messages(connection: sqlite3.Connection, instance_id: str) -> list[TaskMessage]:
    rows = connection.execute(MESSAGES, (to_text(instance_id),)).fetchall()
    with _decoding(f"instance {instance_id!r}"):
        return [message(row) for row in rows]


def waiting(connection: sqlite3.Connection) -> list[tuple[str, datetime | None]]:
    """In order of each one's oldest message."""
    return [
        (from_text(instance_id), None if any_now else decode_time(earliest_us))
        for instance_id, any_now, earliest_us in connection.execute(WAITING).fetchall()
    ]


def activity_tasks(connection: sqlite3.Connection) -> list[ActivityTask]:
    return [task(row) for row in connection.execute(TASKS).fetchall()]


def entity(connection: sqlite3.Connection, entity_id: EntityId) -> EntityRecord | None:
    row = connection.execute(ONE_ENTITY, (to_text(str(entity_id)),)).fetchone()
    return None if row is None else entity_record(row)


def schedule(connection: sqlite3.Connection, function_name: str) -> ScheduleStatus | None:
    row = connection.execute(ONE_SCHEDULE, (to_text(function_name),)).fetchone()
    return None if row is None else schedule_status(row)


def count_by_status(connection: sqlite3.Connection) -> dict[RuntimeStatus, int]:
    """Only statuses that occur."""
    return {RuntimeStatus(status): count for status, count in connection.execute(COUNT_BY_STATUS).fetchall()}


# -- Listings -----------------------------------------------------------------------------------------------


class _Conditions:
    """The WHERE of a listing: texts with placeholders, and what is bound to them."""

    def __init__(self) -> None:
        self.texts: list[str] = []
        self.values: list[Any] = []

    def add(self, text: str, value: Any) -> None:
        self.texts.append(text)
        self.values.append(value)

    def add_bounds(self, column: str, first: datetime | None, last: datetime | None) -> None:
        if first is not None:
            self.add(f"{column} >= ?", encode_time(first))
        if last is not None:
            self.add(f"{column} <= ?", encode_time(last))

    def add_prefix(self, column: str, prefix: str) -> None:
        self.add(f"{column} >= ?", to_text(prefix))
        after = _after_prefix(prefix)
        if after is not None:
            self.add(f"{column} < ?", after)

    def select(self, connection: sqlite3.Connection, select: str, key: str, limit: int) -> list[Row]:
        where = f" WHERE {' AND '.join(self.texts)}" if self.texts else ""
        return connection.execute(f"{select}{where} ORDER BY {key} LIMIT ?", (*self.values, limit)).fetchall()


def instances(connection: sqlite3.Connection, query: InstanceQuery) -> Page[InstanceRecord]:
    """Raises ValueError on a malformed continuation token or a page size below 1."""
    rows = _instance_rows(connection, query, _limit(query.page_size))
    with _decoding("an instance in this listing"):
        return _page("i", [(row, instance_record) for row in rows], query.page_size)


def listing(connection: sqlite3.Connection, query: InstanceQuery) -> Page[InstanceRecord | EntityRecord]:
    """Instances and entities in one order, as where an entity is an instance that runs for ever.

    Its time of creation is not kept, so bounds on that apply to its last operation. Raises as ``instances`` does.
    """
    limit = _limit(query.page_size)
    walks: list[list[_Found[InstanceRecord | EntityRecord]]] = [
        [(row, instance_record) for row in _instance_rows(connection, query, limit)]
    ]
    if not query.statuses or RuntimeStatus.RUNNING in query.statuses:
        conditions = _conditions_of(query, "entity_id", "last_operation_at_us")
        rows = conditions.select(connection, SELECT_ENTITIES, "entity_id", limit)
        walks.append([(row, entity_record) for row in rows])
    found = list(islice(heapq.merge(*walks, key=lambda found: _in_column_order(found[0][0])), limit))
    with _decoding("an instance in this listing"):
        return _page("i", found, query.page_size)


def _conditions_of(query: InstanceQuery, key: str, created_at: str) -> _Conditions:
    conditions = _Conditions()
    conditions.add_bounds(created_at, query.created_from, query.created_to)
    if query.instance_id_prefix:
        conditions.add_prefix(key, query.instance_id_prefix)
    if query.continuation_token is not None:
        conditions.add(f"{key} > ?", to_text(_read_token("i", query.continuation_token)))
    return conditions


def _instance_rows(connection: sqlite3.Connection, query: InstanceQuery, limit: int) -> list[Row]:
    conditions = _conditions_of(query, "instance_id", "created_at_us")
    if not query.statuses:
        return conditions.select(connection, SELECT_INSTANCES, "instance_id", limit)
    # One ordered walk along the index per status: rare ones are found without reading all the others.
    walks = []
    for status in query.statuses:
        of_status = _Conditions()
        of_status.texts = [*conditions.texts, "runtime_status = ?"]
        of_status.values = [*conditions.values, status.value]
        walks.append(of_status.select(connection, SELECT_INSTANCES, "instance_id", limit))
    return list(islice(heapq.merge(*walks, key=lambda row: _in_column_order(row[0])), limit))


def entities(connection: sqlite3.Connection, query: EntityQuery) -> Page[EntityRecord]:
    """Those that exist, ordered by the id's text. Raises ValueError as ``instances`` does."""
    limit = _limit(query.page_size)
    conditions = _Conditions()
    conditions.add("present = ?", 1)
    if query.name is not None:
        conditions.add_prefix("entity_id", f"@{query.name.lower()}@")
    conditions.add_bounds("last_operation_at_us", query.last_operation_from, query.last_operation_to)
    if query.continuation_token is not None:
        conditions.add("entity_id > ?", to_text(_read_token("e", query.continuation_token)))
    rows = conditions.select(connection, SELECT_ENTITIES, "entity_id", limit)
    return _page("e", [(row, entity_record) for row in rows], query.page_size)


def _limit(page_size: int) -> int:
    """One more than a page, to learn whether another follows."""
    if page_size < 1:
        raise ValueError(f"the page size must be at least 1, not {page_size}")
    return page_size + 1


def _page(kind: str, found: list[_Found[RecordT]], size: int) -> Page[RecordT]:
    token = _write_token(kind, from_text(found[size - 1][0][0])) if len(found) > size else None
    return Page(records=tuple(record(row) for row, record in found[:size]), continuation_token=token)


def _in_column_order(stored: str | bytes) -> tuple[bool, bytes]:
    """SQLite's order: texts by their UTF-8 bytes, then BLOBs."""
    return (True, stored) if isinstance(stored, bytes) else (False, stored.encode())


def _after_prefix(prefix: str) -> str | bytes | None:
    """The least text greater than every text that starts with ``prefix``; None where there is none."""
    kept = prefix.rstrip("\U0010ffff")
    if not kept:
        return None
    following = ord(kept[-1]) + 1
    # Lone surrogates are not texts to SQLite, so the next character after U+D7FF is U+E000.
    return to_text(kept[:-1] + ("\ue000" if following == 0xD800 else chr(following)))


def _write_token(kind: str, last_id: str) -> str:
    """A continuation token: where the page ended. Opaque to callers, fit for an HTTP header."""
    return base64.urlsafe_b64encode(f"{kind}:{last_id}".encode("utf-8", "surrogatepass")).decode("ascii")


def _read_token(kind: str, token: str) -> str:
    try:
        text = base64.b64decode(token.encode("ascii"), altchars=b"-_", validate=True).decode(
            "utf-8", "surrogatepass"
        )
    except (UnicodeError, binascii.Error) as error:
        raise ValueError(f"malformed continuation token: {token!r}") from error
    if not text.startswith(f"{kind}:"):
        raise ValueError(f"malformed continuation token: {token!r}")
    return text[2:]


@contextmanager
def _decoding(whose: str) -> Iterator[None]:
    try:
        yield
    except ValueError as error:
        raise StoreError(
            f"What the task hub has stored for {whose} cannot be read: {error}. Was it written by a newer "
            "funchost? Update with: python -m pip install --upgrade funchost"
        ) from error
