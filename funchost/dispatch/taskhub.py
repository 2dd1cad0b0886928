"""A task hub at work: what clients may ask of the durable engine, and the loops that carry it out.

Every method that changes something returns only when the change is on disk.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from datetime import datetime

from funchost.app.index import AppIndex
from funchost.clock import Clock
from funchost.dispatch.activities import Activities, CallHttp
from funchost.dispatch.entities import Entities
from funchost.dispatch.functions import FunctionTable
from funchost.dispatch.invoker import Invoker
from funchost.dispatch.orchestrations import Orchestrations
from funchost.dispatch.orchestrators import Orchestrators
from funchost.dispatch.outbox import Outbox
from funchost.dispatch.outgoing import Outgoing
from funchost.dispatch.settings import HubSettings
from funchost.engine.instance_ids import check_instance_id
from funchost.engine.rewind import plan_rewind
from funchost.errors import (
    InstanceExists,
    InstanceFinished,
    InstanceNotFinished,
    InstanceNotFound,
    InvalidTransition,
    RewindRefused,
    StoreError,
)
from funchost.ids import IdSource
from funchost.model.entities import EntityId, EntityRequest
from funchost.model.history import (
    EventRaised,
    ExecutionResumed,
    ExecutionRewound,
    ExecutionSuspended,
    ExecutionTerminated,
    HistoryEvent,
)
from funchost.model.messages import ActivityTask, MessageBody, TaskMessage
from funchost.model.records import EntityQuery, EntityRecord, InstanceQuery, InstanceRecord, Page
from funchost.model.status import TERMINAL, RuntimeStatus
from funchost.store.base import Change, HistoryAppend, InstanceUpdate, Store


class TaskHub:
    """The durable engine over one store.

    Create it, ``await open()``, use it, ``await close()``. ``on_failure`` is called once the store can keep nothing
    more: the host must stop, and nothing that was acknowledged is lost.
    """

    def __init__(
        self,
        name: str,
        *,
        store: Store,
        invoker: Invoker,
        index: AppIndex,
        clock: Clock,
        ids: IdSource,
        settings: HubSettings,
        call_http: CallHttp,
        on_failure: Callable[[StoreError], None],
    ) -> None:
        self.name = name
        self._store = store
        self._clock = clock
        self._ids = ids
        self._settings = settings
        self._functions = FunctionTable(index)
        self._outbox = Outbox(
            store,
            on_instance=self._begin,
            on_message=self._deliver,
            on_task=self._run_task,
            on_failure=on_failure,
        )
        self._outgoing = Outgoing(
            outbox=self._outbox, functions=self._functions, ids=ids, find_record=self.get_instance
        )
        self._orchestrations = Orchestrations(
            store=store,
            outbox=self._outbox,
            outgoing=self._outgoing,
            orchestrators=Orchestrators(invoker=invoker, functions=self._functions, settings=settings),
            clock=clock,
            settings=settings,
            on_finished=self._announce_finished,
            on_failure=on_failure,
        )
        self._activities = Activities(
            outbox=self._outbox,
            invoker=invoker,
            functions=self._functions,
            clock=clock,
            settings=settings,
            call_http=call_http,
            following=self._orchestrations.following,
            on_under_way=self._orchestrations.under_way,
        )
        self._entities = Entities(
            store=store,
            outbox=self._outbox,
            invoker=invoker,
            functions=self._functions,
            clock=clock,
            settings=settings,
            on_failure=on_failure,
        )
        self._starting: set[str] = set()
        self._awaited: dict[str, list[asyncio.Future[InstanceRecord]]] = {}
        self._timer_loops: list[asyncio.Task[None]] = []

    # -- Life -----------------------------------------------------------------------------------------------

    async def open(self, *, run_timers: bool = True) -> list[str]:
        """Take up the work where it was left; there is no other way to start.

        Returns the ids of the instances and entities that had something waiting. With ``run_timers`` false,
        durable timers fire only in ``fire_due_timers`` (virtual time).
        """
        await self._outbox.open()
        waiting = await self._store.waiting()
        for instance_id, earliest in waiting:
            loop = self._entities if instance_id.startswith("@") else self._orchestrations
            if earliest is None or earliest <= self._clock.now():
                loop.wake(instance_id)
            else:
                loop.timers.set(instance_id, earliest)
        tasks = await self._store.activity_tasks()
        for task in tasks:
            self._activities.put(task)
        if run_timers:
            self._timer_loops = [
                asyncio.ensure_future(self._orchestrations.timers.run()),
                asyncio.ensure_future(self._entities.timers.run()),
            ]
        return sorted({instance_id for instance_id, _ in waiting} | {task.instance_id for task in tasks})

    async def close(self) -> None:
        """Stop at once. What runs is left and runs again at the next ``open``."""
        for loop in self._timer_loops:
            loop.cancel()
        await asyncio.gather(*self._timer_loops, return_exceptions=True)
        await self._orchestrations.stop()
        await self._entities.stop()
        await self._activities.stop()
        await self._outbox.drain()
        for futures in self._awaited.values():
            for future in futures:
                future.cancel()

    @property
    def is_idle(self) -> bool:
        """Whether nothing is running or ready: only a timer or a client can change anything now."""
        return (
            self._orchestrations.is_idle
            and self._entities.is_idle
            and self._activities.is_idle
            and self._outbox.is_idle
        )

    async def settle(self) -> None:
        """Return once the hub is idle: nothing more happens without a timer or a client."""
        while not self.is_idle:
            running = (
                *self._orchestrations.next_end(),
                *self._entities.next_end(),
                *self._activities.next_end(),
                *self._outbox.running,
            )
            if running:
                await asyncio.wait(running)
            # What has just ended may be about to start something else.
            await asyncio.sleep(0)

    @property
    def next_timer_due(self) -> datetime | None:
        """When the next durable timer or delayed signal is due."""
        due = [d for d in (self._orchestrations.timers.next_due, self._entities.timers.next_due) if d]
        return min(due, default=None)

    def fire_due_timers(self) -> int:
        """Fire what is due by the clock; for those who drive the clock themselves."""
        return self._orchestrations.timers.fire_due() + self._entities.timers.fire_due()

    def _begin(self, record: InstanceRecord) -> None:
        self._orchestrations.begin(record)

    def _deliver(self, message: TaskMessage) -> None:
        if isinstance(message.body, EntityRequest):
            self._entities.deliver(message)
        else:
            self._orchestrations.deliver(message)

    def _run_task(self, task: ActivityTask) -> None:
        self._activities.put(task)

    def _announce_finished(self, record: InstanceRecord) -> None:
        for future in self._awaited.pop(record.instance_id, []):
            if not future.done():
                future.set_result(record)

    # -- Starting -------------------------------------------------------------------------------------------

    async def start_orchestration(
        self,
        name: str,
        *,
        instance_id: str | None = None,
        input_text: str | None = None,
        version: str | None = None,
    ) -> str:
        """Start an instance and return its id.

        ``input_text`` is JSON text, kept as it stands. Raises InvalidInstanceId, FunctionNotFound, InstanceExists.
        """
        function = self._functions.find("orchestrator", name)
        is_named = instance_id is not None
        if instance_id is None:
            instance_id = self._ids.next()
        check_instance_id(instance_id)
        if instance_id in self._starting:
            raise InstanceExists(instance_id, RuntimeStatus.PENDING)
        self._starting.add(instance_id)
        try:
            before = await self.get_instance(instance_id) if is_named else None
            if before is not None and not before.runtime_status.is_terminal:
                if not self._settings.replace_live_instances:
                    raise InstanceExists(instance_id, before.runtime_status)
                self._orchestrations.forget(instance_id)
            now = self._clock.now()
            record = InstanceRecord(
                instance_id=instance_id,
                execution_id=self._ids.next(),
                name=function.durable_name,
                version=self._settings.engine.default_version if version is None else version,
                runtime_status=RuntimeStatus.PENDING,
                input=input_text,
                output=None,
                custom_status=None,
                created_at=now,
                last_updated_at=now,
            )
            change = Change(
                purge_instances=() if before is None else (instance_id,),
                put_instances=(record,),
                add_messages=(self._outgoing.started(record),),
            )
            await (self._outbox.publish(change) if is_named else self._outbox.publish_start(change))
        finally:
            self._starting.discard(instance_id)
        return instance_id

    async def restart(self, instance_id: str, *, new_instance_id: bool) -> str:
        """Start a finished or running instance's orchestrator again with the same input; return the new id.

        Raises InstanceNotFound, and InstanceExists where the id is kept and the instance has not finished.
        """
        record = await self._known(instance_id)
        return await self.start_orchestration(
            record.name,
            instance_id=None if new_instance_id else instance_id,
            input_text=record.input,
            version=record.version,
        )

    # -- Looking --------------------------------------------------------------------------------------------

    async def get_instance(self, instance_id: str) -> InstanceRecord | None:
        """The present row of an instance, None where there is none."""
        live = self._orchestrations.live(instance_id)
        return live.record if live is not None else await self._store.instance(instance_id)

    async def get_history(self, instance_id: str) -> list[HistoryEvent]:
        """The events of the current execution, oldest first; none while Pending or where there is no instance."""
        record = await self.get_instance(instance_id)
        return [] if record is None else await self._store.history(instance_id, record.execution_id)

    async def list_instances(
        self, query: InstanceQuery, *, with_entities: bool = False
    ) -> Page[InstanceRecord | EntityRecord]:
        """Instances in order of their ids. Raises ValueError on a malformed continuation token."""
        if with_entities:
            return await self._store.listing(query)
        page = await self._store.instances(query)
        return Page(records=page.records, continuation_token=page.continuation_token)

    async def wait_until_finished(self, instance_id: str, timeout_seconds: float) -> InstanceRecord | None:
        """The record once the instance has finished, or as it is at the timeout; None where there is none."""
        future: asyncio.Future[InstanceRecord] = asyncio.get_running_loop().create_future()
        self._awaited.setdefault(instance_id, []).append(future)
        try:
            record = await self.get_instance(instance_id)
            if record is None or record.runtime_status.is_terminal:
                return record
            return await asyncio.wait_for(future, timeout_seconds)
        except asyncio.TimeoutError:
            return await self.get_instance(instance_id)
        finally:
            waiting = self._awaited.get(instance_id, [])
            if future in waiting:
                waiting.remove(future)
            if not waiting:
                self._awaited.pop(instance_id, None)

    # -- Sending --------------------------------------------------------------------------------------------

    async def raise_event(self, instance_id: str, name: str, input_text: str | None) -> None:
        """Leave an external event for an instance. Raises InstanceNotFound, InstanceFinished."""
        await self._unfinished(instance_id)
        await self._send(instance_id, EventRaised(timestamp=self._clock.now(), name=name, input=input_text))

    async def terminate(self, instance_id: str, reason: str) -> None:
        """End an instance, whatever it does. Raises InstanceNotFound, InstanceFinished."""
        await self._unfinished(instance_id)
        await self._send(instance_id, ExecutionTerminated(timestamp=self._clock.now(), reason=reason))

    async def suspend(self, instance_id: str, reason: str) -> None:
        """Have an instance take nothing until it is resumed.

        Raises InstanceNotFound, InstanceFinished, and InvalidTransition where it is suspended already.
        """
        record = await self._unfinished(instance_id)
        if record.runtime_status is RuntimeStatus.SUSPENDED:
            raise InvalidTransition("suspend", instance_id, record.runtime_status)
        await self._send(instance_id, ExecutionSuspended(timestamp=self._clock.now(), reason=reason))

    async def resume(self, instance_id: str, reason: str) -> None:
        """Have a suspended instance go on. Raises as ``suspend`` does."""
        record = await self._unfinished(instance_id)
        if record.runtime_status is not RuntimeStatus.SUSPENDED:
            raise InvalidTransition("resume", instance_id, record.runtime_status)
        await self._send(instance_id, ExecutionResumed(timestamp=self._clock.now(), reason=reason))

    async def rewind(self, instance_id: str, reason: str) -> None:
        """Take back a failed instance's failures and have it go on from there.

        Failed sub-orchestrations are rewound with it, and only the deepest failed instances run at once. Raises
        InstanceNotFound, and RewindRefused where it has not failed or where going on would mix up results.
        """
        record = await self._known(instance_id)
        await self._outbox.publish(await self._rewound(record, reason, self._clock.now()))

    async def _rewound(self, record: InstanceRecord, reason: str, now: datetime) -> Change:
        history = await self._store.history(record.instance_id, record.execution_id)
        plan = plan_rewind(record, history, now=now)
        rewound = self._outbox.message(
            record.instance_id, ExecutionRewound(timestamp=now, reason=reason), execution_id=record.execution_id
        )
        runs_at_once = not plan.failed_tasks and not plan.failed_children
        change = Change(
            add_messages=(rewound,) if runs_at_once else (),
            drop_histories=((record.instance_id, record.execution_id),),
            update_instances=(
                InstanceUpdate(
                    instance_id=record.instance_id,
                    runtime_status=RuntimeStatus.RUNNING,
                    output=None,
                    custom_status=record.custom_status,
                    last_updated_at=now,
                ),
            ),
            append_history=(
                HistoryAppend(
                    instance_id=record.instance_id,
                    execution_id=record.execution_id,
                    first_sequence=0,
                    events=plan.history,
                ),
            ),
            add_tasks=tuple(
                self._outbox.task(record.instance_id, record.execution_id, event) for event in plan.failed_tasks
            ),
        )
        for child_id in plan.failed_children:
            child = await self._store.instance(child_id)
            if child is None:
                text = f"its sub-orchestration '{child_id}' failed and was purged, so it cannot be rewound"
                raise RewindRefused(record.instance_id, record.runtime_status, text)
            if child.runtime_status is RuntimeStatus.FAILED:
                change = change.joined(await self._rewound(child, reason, now))
        return change

    async def _send(self, instance_id: str, body: MessageBody) -> None:
        await self._outbox.publish(Change(add_messages=(self._outbox.message(instance_id, body),)))

    # -- Purging --------------------------------------------------------------------------------------------

    async def purge(self, instance_id: str) -> int:
        """Remove a finished instance, or an entity, with all that belongs to it; 0 where there is none.

        Raises InstanceNotFinished.
        """
        if instance_id.startswith("@"):
            try:
                entity = await self._store.entity(EntityId.parse(instance_id))
            except ValueError:
                return 0
            if entity is None:
                return 0
            self._entities.forget(instance_id)
            await self._outbox.publish(Change(purge_instances=(instance_id,)))
            return 1
        record = await self.get_instance(instance_id)
        if record is None:
            return 0
        if not record.runtime_status.is_terminal:
            raise InstanceNotFinished(instance_id, record.runtime_status)
        await self._outbox.publish(Change(purge_instances=(instance_id,)))
        return 1

    async def purge_many(self, query: InstanceQuery) -> int:
        """Remove the finished instances that match; returns how many. Others are left, whatever the query says."""
        statuses = query.statuses & TERMINAL if query.statuses else TERMINAL
        if not statuses:
            return 0
        purged = 0
        while True:
            page = await self._store.instances(
                InstanceQuery(
                    created_from=query.created_from,
                    created_to=query.created_to,
                    statuses=frozenset(statuses),
                    instance_id_prefix=query.instance_id_prefix,
                )
            )
            if not page.records:
                return purged
            ids = tuple(record.instance_id for record in page.records)
            await self._outbox.publish(Change(purge_instances=ids))
            purged += len(ids)

    # -- Entities -------------------------------------------------------------------------------------------

    async def signal_entity(self, entity_id: EntityId, operation: str, input_text: str | None) -> None:
        """Leave an operation for an entity. ``input_text`` is JSON text as posted. Raises FunctionNotFound."""
        self._functions.find("entity", entity_id.name)
        request = EntityRequest(
            timestamp=self._clock.now(),
            operation=operation,
            input=None if input_text is None else _doubly_encoded(input_text),
            request_id=self._ids.next(),
            is_signal=True,
        )
        await self._send(str(entity_id), request)

    async def get_entity(self, entity_id: EntityId) -> EntityRecord | None:
        """The entity as of its last commit; None where it never received anything."""
        return await self._store.entity(entity_id)

    async def list_entities(self, query: EntityQuery) -> Page[EntityRecord]:
        """Entities in order of their ids. Raises ValueError on a malformed continuation token."""
        return await self._store.entities(query)

    # -- Helpers --------------------------------------------------------------------------------------------

    async def _known(self, instance_id: str) -> InstanceRecord:
        record = await self.get_instance(instance_id)
        if record is None:
            raise InstanceNotFound(instance_id)
        return record

    async def _unfinished(self, instance_id: str) -> InstanceRecord:
        record = await self._known(instance_id)
        if record.runtime_status.is_terminal:
            raise InstanceFinished(instance_id, record.runtime_status)
        return record


def _doubly_encoded(text: str) -> str:
    """What SDK 1.x entities decode: JSON text as a JSON string.

    The SDK's client posts it so; a plain HTTP client posts the value itself, which is wrapped here, since
    ``get_input`` would fail on it (as it does on the real host).
    """
    value = json.loads(text)
    if isinstance(value, str):
        try:
            json.loads(value)
            return text
        except (ValueError, RecursionError):
            pass
    return json.dumps(text)
