"""The task hub against a plain dictionary: any changes, in any order, across any number of restarts."""

from __future__ import annotations

import asyncio
import shutil
import tempfile
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import Any, TypeVar

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from funchost.model.entities import EntityId
from funchost.model.history import HistoryEvent
from funchost.model.messages import ActivityTask, TaskMessage
from funchost.model.records import EntityQuery, EntityRecord, InstanceQuery, InstanceRecord
from funchost.model.status import RuntimeStatus
from funchost.store.base import Change, HistoryAppend, InstanceUpdate
from funchost.store.sqlite import SqliteStore
from funchost.store.writer import MAX_GROUP_TO_FLUSH_ON_LOOP
from tests.funchost.store.builders import activity, completed, entity, instance, minutes, raised, scheduled

ResultT = TypeVar("ResultT")

INSTANCE_IDS = ("a", "ab", "b", "B", "é", "\U0001f680", "a\x00")
ENTITY_IDS = (EntityId("lamp", "a"), EntityId("lamp", "@b"), EntityId("lamps", "a"))
ALL_IDS = INSTANCE_IDS + tuple(str(entity_id) for entity_id in ENTITY_IDS)
EXECUTIONS = ("1", "2")
TEXTS = st.sampled_from([None, "null", '"Zürich"', '"\ud800"', '"' + "x" * 5000 + '"'])
TIMES = st.integers(0, 5).map(minutes)
STATUSES = st.sampled_from(RuntimeStatus)


def is_between(first: datetime | None, moment: datetime, last: datetime | None) -> bool:
    return (first is None or moment >= first) and (last is None or moment <= last)


def in_order(prefix: str | None, found: Iterable[tuple[str, Any]]) -> list[Any]:
    """Those whose id begins with the prefix, in the order of their ids."""
    chosen = [item for item in found if item[0].startswith(prefix or "")]
    return [record for _, record in sorted(chosen, key=lambda item: item[0])]


@dataclass
class PlainHub:
    """What ``Change`` means, in dictionaries."""

    instances: dict[str, InstanceRecord] = field(default_factory=dict)
    histories: dict[tuple[str, str], list[HistoryEvent]] = field(default_factory=dict)
    messages: dict[int, TaskMessage] = field(default_factory=dict)
    tasks: dict[int, ActivityTask] = field(default_factory=dict)
    entities: dict[EntityId, EntityRecord] = field(default_factory=dict)
    next_message_id: int = 1
    next_task_id: int = 1

    def apply(self, change: Change) -> None:
        for gone in change.purge_instances:
            self.instances.pop(gone, None)
            self.entities = {key: value for key, value in self.entities.items() if str(key) != gone}
            self.histories = {key: value for key, value in self.histories.items() if key[0] != gone}
            self.messages = {key: value for key, value in self.messages.items() if value.instance_id != gone}
            self.tasks = {key: value for key, value in self.tasks.items() if value.instance_id != gone}
        for dropped in change.drop_histories:
            self.histories.pop(dropped, None)
        for record in change.put_instances:
            self.instances[record.instance_id] = record
        for update in change.update_instances:
            if update.instance_id in self.instances:
                self.instances[update.instance_id] = replace(
                    self.instances[update.instance_id],
                    runtime_status=update.runtime_status,
                    output=update.output,
                    custom_status=update.custom_status,
                    last_updated_at=update.last_updated_at,
                )
        for append in change.append_history:
            self.histories.setdefault((append.instance_id, append.execution_id), []).extend(append.events)
        for message_id in change.remove_messages:
            self.messages.pop(message_id, None)
        for message in change.add_messages:
            self.messages[message.message_id] = message
            self.next_message_id = max(self.next_message_id, message.message_id + 1)
        for task_id in change.remove_tasks:
            self.tasks.pop(task_id, None)
        for task in change.add_tasks:
            self.tasks[task.task_id] = task
            self.next_task_id = max(self.next_task_id, task.task_id + 1)
        for record in change.put_entities:
            self.entities[record.entity_id] = record

    def length_after(self, removals: Change, instance_id: str, execution_id: str) -> int:
        """How long a history is once the purges and drops of a change are done."""
        if instance_id in removals.purge_instances or (instance_id, execution_id) in removals.drop_histories:
            return 0
        return len(self.histories.get((instance_id, execution_id), ()))

    def waiting(self) -> dict[str, datetime | None]:
        earliest: dict[str, datetime | None] = {}
        for message in self.messages.values():
            known = earliest.get(message.instance_id, message.visible_at)
            both = known is not None and message.visible_at is not None
            earliest[message.instance_id] = min(known, message.visible_at) if both else None
        return earliest


def some(values: st.SearchStrategy[ResultT]) -> st.SearchStrategy[list[ResultT]]:
    return st.lists(values, max_size=3)


class HubMachine(RuleBasedStateMachine):
    """Commits, restarts and looks, on a hub in a file or in memory."""

    in_memory = False

    def __init__(self) -> None:
        super().__init__()
        self.loop = asyncio.new_event_loop()
        self.folder = Path(tempfile.mkdtemp())
        self.plain = PlainHub()
        self.open()

    def run(self, result: Awaitable[ResultT]) -> ResultT:
        return self.loop.run_until_complete(result)

    def open(self) -> None:
        self.store = SqliteStore(None if self.in_memory else self.folder / "TestHub.db", hub_name="TestHub")
        self.run(self.store.open())

    def teardown(self) -> None:
        self.run(self.store.close())
        self.loop.close()
        shutil.rmtree(self.folder)

    def change(self, data: st.DataObject) -> Change:
        """Any change that a host might make: new ids are new, histories grow at their ends."""
        plain = self.plain
        change = Change(
            purge_instances=tuple(data.draw(some(st.sampled_from(ALL_IDS)))),
            drop_histories=tuple(
                data.draw(some(st.tuples(st.sampled_from(INSTANCE_IDS), st.sampled_from(EXECUTIONS))))
            ),
            put_instances=tuple(data.draw(some(RECORDS))),
            update_instances=tuple(data.draw(some(UPDATES))),
            put_entities=tuple(data.draw(some(ENTITIES))),
            remove_messages=tuple(data.draw(some(st.integers(1, plain.next_message_id)))),
            remove_tasks=tuple(data.draw(some(st.integers(1, plain.next_task_id)))),
            add_messages=tuple(
                raised(plain.next_message_id + n, to, execution_id=data.draw(st.sampled_from([None, "1"])),
                       visible_at=data.draw(st.none() | TIMES))
                for n, to in enumerate(data.draw(some(st.sampled_from(ALL_IDS))))
            ),
            add_tasks=tuple(
                activity(plain.next_task_id + n, of, input=data.draw(TEXTS))
                for n, of in enumerate(data.draw(some(st.sampled_from(INSTANCE_IDS))))
            ),
        )  # fmt: skip
        appends = []
        lengths: dict[tuple[str, str], int] = {}
        for instance_id in data.draw(some(st.sampled_from(INSTANCE_IDS))):
            execution = (instance_id, data.draw(st.sampled_from(EXECUTIONS)))
            first = lengths.setdefault(execution, plain.length_after(change, *execution))
            events = (scheduled(first), completed(first))[: data.draw(st.integers(0, 2))]
            appends.append(
                HistoryAppend(
                    instance_id=execution[0], execution_id=execution[1], first_sequence=first, events=events
                )
            )
            lengths[execution] += len(events)
        return replace(change, append_history=tuple(appends))

    @rule(data=st.data(), urgent=st.booleans())
    def commit(self, data: st.DataObject, urgent: bool) -> None:
        change = self.change(data)
        self.run(self.store.commit(change, urgent=urgent))
        self.plain.apply(change)

    @rule(data=st.data(), count=st.integers(2, 2 * MAX_GROUP_TO_FLUSH_ON_LOOP))
    def commit_together(self, data: st.DataObject, count: int) -> None:
        changes = []
        for _ in range(count):
            changes.append(self.change(data))
            self.plain.apply(changes[-1])

        async def commit() -> None:
            await asyncio.gather(*(self.store.commit(change) for change in changes))

        self.run(commit())

    @precondition(lambda self: not self.in_memory)
    @rule()
    def restart(self) -> None:
        self.run(self.store.close())
        self.open()

    @rule(
        statuses=st.frozensets(STATUSES, max_size=3),
        prefix=st.none() | st.sampled_from(["a", "B", "é", "z", "@", "@lamp@"]),
        created_from=st.none() | TIMES,
        created_to=st.none() | TIMES,
        page_size=st.integers(1, 4),
    )
    def list_instances(
        self,
        statuses: frozenset[RuntimeStatus],
        prefix: str | None,
        created_from: datetime | None,
        created_to: datetime | None,
        page_size: int,
    ) -> None:
        query = InstanceQuery(
            statuses=statuses,
            instance_id_prefix=prefix,
            created_from=created_from,
            created_to=created_to,
            page_size=page_size,
        )
        instances = [
            (instance_id, record)
            for instance_id, record in self.plain.instances.items()
            if (not statuses or record.runtime_status in statuses)
            and is_between(created_from, record.created_at, created_to)
        ]
        entities = [
            (str(entity_id), record)
            for entity_id, record in self.plain.entities.items()
            if (not statuses or RuntimeStatus.RUNNING in statuses)
            and is_between(created_from, record.last_operation_at, created_to)
        ]
        assert self.pages_of(self.store.instances, query) == in_order(prefix, instances)
        assert self.pages_of(self.store.listing, query) == in_order(prefix, [*instances, *entities])

    def pages_of(self, listing: Callable[..., Any], query: InstanceQuery) -> list[Any]:
        listed: list[Any] = []
        while True:
            page = self.run(listing(query))
            listed += page.records
            if page.continuation_token is None:
                return listed
            query = replace(query, continuation_token=page.continuation_token)

    @rule(name=st.none() | st.sampled_from(["lamp", "lamps", "none"]), first=st.none() | TIMES)
    def list_entities(self, name: str | None, first: datetime | None) -> None:
        page = self.run(self.store.entities(EntityQuery(name=name, last_operation_from=first)))
        assert list(page.records) == [
            record
            for _, record in sorted(self.plain.entities.items(), key=lambda item: str(item[0]))
            if record.exists
            and (name is None or record.entity_id.name == name)
            and (first is None or record.last_operation_at >= first)
        ]

    @invariant()
    def both_hold_the_same(self) -> None:
        plain, store, run = self.plain, self.store, self.run
        for instance_id in ALL_IDS:
            assert run(store.instance(instance_id)) == plain.instances.get(instance_id)
            assert run(store.messages(instance_id)) == [
                message for _, message in sorted(plain.messages.items()) if message.instance_id == instance_id
            ]
            for execution_id in EXECUTIONS:
                expected = plain.histories.get((instance_id, execution_id), [])
                assert run(store.history(instance_id, execution_id)) == expected
        for entity_id in ENTITY_IDS:
            assert run(store.entity(entity_id)) == plain.entities.get(entity_id)
        assert run(store.activity_tasks()) == [task for _, task in sorted(plain.tasks.items())]
        assert dict(run(store.waiting())) == plain.waiting()
        assert run(store.next_ids()) == (plain.next_message_id, plain.next_task_id)
        counts: dict[RuntimeStatus, int] = {}
        for record in plain.instances.values():
            counts[record.runtime_status] = counts.get(record.runtime_status, 0) + 1
        assert run(store.count_by_status()) == counts


RECORDS = st.builds(
    lambda instance_id, execution_id, status, input_, output, created: instance(
        instance_id,
        execution_id=execution_id,
        runtime_status=status,
        input=input_,
        output=output,
        created_at=created,
    ),
    st.sampled_from(INSTANCE_IDS),
    st.sampled_from(EXECUTIONS),
    STATUSES,
    TEXTS,
    TEXTS,
    TIMES,
)
UPDATES = st.builds(
    InstanceUpdate,
    instance_id=st.sampled_from(INSTANCE_IDS),
    runtime_status=STATUSES,
    output=TEXTS,
    custom_status=TEXTS,
    last_updated_at=TIMES,
)
ENTITIES = st.builds(
    lambda entity_id, exists, state, last: entity(
        entity_id.name, entity_id.key, exists=exists, state=state, last_operation_at=last
    ),
    st.sampled_from(ENTITY_IDS),
    st.booleans(),
    TEXTS,
    TIMES,
)


class MemoryHubMachine(HubMachine):
    in_memory = True


TestFileHub = HubMachine.TestCase
TestMemoryHub = MemoryHubMachine.TestCase
TestFileHub.settings = TestMemoryHub.settings = settings(
    max_examples=25, stateful_step_count=15, deadline=None, suppress_health_check=list(HealthCheck)
)
