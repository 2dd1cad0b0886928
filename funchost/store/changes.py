"""What a ``Change`` does to the tables: worked out first, whole, then run inside a transaction.

Working it out touches no table, so a change that cannot be written down (TypeError, ValueError) is refused
alone, before it shares a transaction with anybody else's.

Removing what is not there is nothing: a purge may have taken it along. So is updating a row that is gone.
Adding what is there already is a contradiction (``sqlite3.IntegrityError``): the history an orchestrator has
seen is never overwritten.
"""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Iterable, Iterator, Sequence, Set
from dataclasses import dataclass, field
from time import perf_counter

from funchost.model.records import InstanceRecord
from funchost.store.base import Change
from funchost.store.rows import (
    INSTANCE_COLUMNS,
    Row,
    entity_row,
    instance_row,
    message_row,
    schedule_row,
    task_row,
    to_text,
)
from funchost.wire.stored import encode_event, encode_time

PURGE = (
    "DELETE FROM instances WHERE instance_id = ?",
    "DELETE FROM instance_inputs WHERE instance_id = ?",
    "DELETE FROM history WHERE instance_id = ?",
    "DELETE FROM messages WHERE instance_id = ?",
    "DELETE FROM activity_tasks WHERE instance_id = ?",
    "DELETE FROM entities WHERE entity_id = ?",
)
DROP_HISTORY = "DELETE FROM history WHERE instance_id = ? AND execution_id = ?"
PUT_INSTANCE = f"""
    INSERT INTO instances ({INSTANCE_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
    ON CONFLICT (instance_id) DO UPDATE SET
        execution_id = excluded.execution_id,
        name = excluded.name,
        version = excluded.version,
        runtime_status = excluded.runtime_status,
        created_at_us = excluded.created_at_us,
        last_updated_at_us = excluded.last_updated_at_us,
        parent = excluded.parent,
        custom_status = excluded.custom_status,
        output = excluded.output
"""
PUT_INPUT = """
    INSERT INTO instance_inputs (instance_id, input) VALUES (?, ?)
    ON CONFLICT (instance_id) DO UPDATE SET input = excluded.input
"""
REMOVE_INPUT = "DELETE FROM instance_inputs WHERE instance_id = ?"
UPDATE_INSTANCE = """
    UPDATE instances SET runtime_status = ?, output = ?, custom_status = ?, last_updated_at_us = ?
    WHERE instance_id = ?
"""
APPEND_EVENT = "INSERT INTO history (instance_id, execution_id, sequence, event) VALUES (?, ?, ?, ?)"
REMOVE_MESSAGE = "DELETE FROM messages WHERE message_id = ?"
ADD_MESSAGE = """
    INSERT INTO messages (message_id, instance_id, execution_id, visible_at_us, body) VALUES (?, ?, ?, ?, ?)
"""
REMOVE_TASK = "DELETE FROM activity_tasks WHERE task_id = ?"
ADD_TASK = """
    INSERT INTO activity_tasks (task_id, instance_id, execution_id, event_id, name, deliveries, input)
    VALUES (?, ?, ?, ?, ?, ?, ?)
"""
PUT_ENTITY = """
    INSERT INTO entities (entity_id, present, last_operation_at_us, state) VALUES (?, ?, ?, ?)
    ON CONFLICT (entity_id) DO UPDATE SET
        present = excluded.present,
        last_operation_at_us = excluded.last_operation_at_us,
        state = excluded.state
"""
PUT_SCHEDULE = """
    INSERT INTO schedules (function_name, last_us, next_us, last_updated_us) VALUES (?, ?, ?, ?)
    ON CONFLICT (function_name) DO UPDATE SET
        last_us = excluded.last_us,
        next_us = excluded.next_us,
        last_updated_us = excluded.last_updated_us
"""
RAISE_LAST_IDS = """
    UPDATE hub SET last_message_id = max(last_message_id, ?), last_task_id = max(last_task_id, ?)
"""


class HubBusy(sqlite3.OperationalError):
    """Another program is writing in the file. Nothing has been done."""


@dataclass(slots=True)
class Plan:
    """The statements of one change, in order, each with the rows it is run for."""

    statements: list[tuple[str, list[Row]]] = field(default_factory=list)
    last_message_id: int = 0
    last_task_id: int = 0
    frees_space: bool = False

    def add(self, statement: str, rows: list[Row]) -> None:
        if rows:
            self.statements.append((statement, rows))


def plan(change: Change, passing: Set[int] = frozenset()) -> Plan:
    """Work out the statements for ``change``. Raises TypeError or ValueError where it cannot be stored.

    Messages that are ``passing`` are neither written nor removed; their numbers are used up all the same.
    """
    result = Plan()
    if change.purge_instances:
        keys: list[Row] = [(to_text(instance_id),) for instance_id in change.purge_instances]
        for statement in PURGE:
            result.add(statement, keys)
    if change.drop_histories:
        result.add(DROP_HISTORY, [(to_text(i), to_text(e)) for i, e in change.drop_histories])
    result.frees_space = bool(change.purge_instances or change.drop_histories)
    if change.put_instances:
        _put_instances(result, change.put_instances)
    if change.update_instances:
        result.add(
            UPDATE_INSTANCE,
            [
                (
                    update.runtime_status.value,
                    to_text(update.output),
                    to_text(update.custom_status),
                    encode_time(update.last_updated_at),
                    to_text(update.instance_id),
                )
                for update in change.update_instances
            ],
        )
    for append in change.append_history:
        instance_id, execution_id = to_text(append.instance_id), to_text(append.execution_id)
        result.add(
            APPEND_EVENT,
            [
                (instance_id, execution_id, sequence, encode_event(event))
                for sequence, event in enumerate(append.events, append.first_sequence)
            ],
        )
    if change.remove_messages:
        result.add(REMOVE_MESSAGE, [(number,) for number in change.remove_messages if number not in passing])
    if change.add_messages:
        kept = [message for message in change.add_messages if message.message_id not in passing]
        result.add(ADD_MESSAGE, [message_row(message) for message in kept])
        result.last_message_id = max([message.message_id for message in change.add_messages])
    if change.remove_tasks:
        result.add(REMOVE_TASK, [(task_id,) for task_id in change.remove_tasks])
    if change.add_tasks:
        result.add(ADD_TASK, [task_row(task) for task in change.add_tasks])
        result.last_task_id = max([task.task_id for task in change.add_tasks])
    if change.put_entities:
        result.add(PUT_ENTITY, [entity_row(entity) for entity in change.put_entities])
    if change.put_schedules:
        result.add(PUT_SCHEDULE, [schedule_row(status) for status in change.put_schedules])
    return result


def _put_instances(result: Plan, records: tuple[InstanceRecord, ...]) -> None:
    for record in records:  # one by one: a row may be put twice, and the later one counts
        result.add(PUT_INSTANCE, [instance_row(record)])
        key = to_text(record.instance_id)
        if record.input is None:
            result.add(REMOVE_INPUT, [(key,)])
        else:
            result.add(PUT_INPUT, [(key, to_text(record.input))])


def write(connection: sqlite3.Connection, plans: Iterable[Plan]) -> None:
    """Run the plans in order in a transaction that ``flush`` is to end; on any error nothing of them is kept."""
    last_message_id = last_task_id = 0
    try:
        connection.execute("BEGIN IMMEDIATE")
    except sqlite3.OperationalError as error:
        raise (HubBusy(str(error)) if "locked" in str(error) else error) from None
    with _nothing_on_error(connection):
        for each in plans:
            for statement, rows in each.statements:
                if len(rows) == 1:
                    connection.execute(statement, rows[0])
                else:
                    connection.executemany(statement, rows)
            last_message_id = max(last_message_id, each.last_message_id)
            last_task_id = max(last_task_id, each.last_task_id)
        if last_message_id or last_task_id:
            connection.execute(RAISE_LAST_IDS, (last_message_id, last_task_id))


def flush(connection: sqlite3.Connection) -> float:
    """End the transaction: how many seconds the COMMIT took, which is mostly waiting for the disk.

    A COMMIT that fails may, after a power cut at that very moment, still be found whole; never in part.
    """
    with _nothing_on_error(connection):
        began = perf_counter()
        connection.execute("COMMIT")
        return perf_counter() - began


@contextlib.contextmanager
def _nothing_on_error(connection: sqlite3.Connection) -> Iterator[None]:
    try:
        yield
    except BaseException:
        # Some errors (a full disk) have rolled back already.
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise


def passing_messages(changes: Sequence[Change]) -> set[int]:
    """Messages that one change adds and a later one of its transaction removes: nobody will ever find them.

    In a chain it is every result of an activity, since the episode that takes it shares its transaction.
    """
    added: set[int] = set()
    passing: set[int] = set()
    for change in changes:
        if change.remove_messages and added:
            passing.update(added.intersection(change.remove_messages))
        added.update(message.message_id for message in change.add_messages)
    return passing


def describe(change: Change) -> str:
    """Whom a change is about, for an error's text."""
    ids = [*change.purge_instances, *(instance_id for instance_id, _ in change.drop_histories)]
    ids += [record.instance_id for record in change.put_instances]
    ids += [update.instance_id for update in change.update_instances]
    ids += [append.instance_id for append in change.append_history]
    ids += [message.instance_id for message in change.add_messages]
    ids += [task.instance_id for task in change.add_tasks]
    ids += [str(entity.entity_id) for entity in change.put_entities]
    named = list(dict.fromkeys(ids))
    more = f" and {len(named) - 3} more" if len(named) > 3 else ""
    return (", ".join(repr(name) for name in named[:3]) + more) or "messages or tasks known by number only"
