"""Runs entities: one operation at a time each, state and answers kept together."""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Sequence
from dataclasses import dataclass, field

from funchost.clock import Clock
from funchost.dispatch.functions import FunctionTable
from funchost.dispatch.invoker import Invoker, poison_text
from funchost.dispatch.outbox import Outbox
from funchost.dispatch.settings import HubSettings
from funchost.dispatch.timers import Timers
from funchost.errors import FunctionNotFound, StoreError
from funchost.model.entities import EntityId, EntityRequest
from funchost.model.history import EventRaised
from funchost.model.messages import TaskMessage
from funchost.model.records import EntityRecord
from funchost.store.base import Change, Store
from funchost.wire.entity_batch import (
    EntityReply,
    EntityReplyError,
    OperationResult,
    decode_entity_reply,
    encode_answer,
    encode_batch,
)
from funchost.worker.contract import Failed, WorkerLost

log = logging.getLogger("funchost.entities")


@dataclass(slots=True)
class LiveEntity:
    """An entity as of its last commit, and the requests that wait for it, by message id in order of arrival."""

    record: EntityRecord
    inbox: dict[int, TaskMessage] = field(default_factory=dict)


class Entities:
    """Every entity of a task hub that has something to do, and those that had lately."""

    def __init__(
        self,
        *,
        store: Store,
        outbox: Outbox,
        invoker: Invoker,
        functions: FunctionTable,
        clock: Clock,
        settings: HubSettings,
    ) -> None:
        self._store = store
        self._outbox = outbox
        self._invoker = invoker
        self._functions = functions
        self._clock = clock
        self._settings = settings
        self._live: dict[str, LiveEntity] = {}
        self._arrived: dict[str, list[TaskMessage]] = {}
        self._running: dict[str, asyncio.Task[None]] = {}
        self._slots = asyncio.Semaphore(settings.max_concurrent_entities)
        self.timers: Timers[str] = Timers(clock, self.wake)

    def deliver(self, message: TaskMessage) -> None:
        """Hand an entity a request that is kept in the store."""
        if message.visible_at is not None and message.visible_at > self._clock.now():
            self._live.pop(message.instance_id, None)  # it is found in the store when it is due
            self.timers.set(message.instance_id, message.visible_at)
            return
        self._arrived.setdefault(message.instance_id, []).append(message)
        self.wake(message.instance_id)

    def wake(self, instance_id: str) -> None:
        """Have an entity look at what waits for it."""
        if instance_id not in self._running:
            self._running[instance_id] = asyncio.ensure_future(self._run(instance_id))

    def forget(self, instance_id: str) -> None:
        """Drop what memory holds of an entity that was purged."""
        self._live.pop(instance_id, None)
        self._arrived.pop(instance_id, None)
        self.timers.cancel(instance_id)

    @property
    def running(self) -> tuple[asyncio.Future[None], ...]:
        """What runs now."""
        return tuple(self._running.values())

    @property
    def is_idle(self) -> bool:
        return not self._running

    async def stop(self) -> None:
        """Leave every entity as of its last commit."""
        running = list(self._running.values())
        for task in running:
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)

    async def _run(self, instance_id: str) -> None:
        try:
            while (live := await self._load(instance_id)).inbox:
                await self._turn(live)
            if len(self._live) > self._settings.max_idle_instances:
                del self._live[instance_id]
        except (StoreError, WorkerLost):
            self._live.pop(instance_id, None)  # the host is stopping; requests are still in the store
        except Exception:
            self._live.pop(instance_id, None)
            log.exception("Entity '%s' was left as of its last commit: its batch broke the host", instance_id)
        finally:
            del self._running[instance_id]
        if self._arrived.get(instance_id):
            self.wake(instance_id)

    async def _load(self, instance_id: str) -> LiveEntity:
        live = self._live.get(instance_id)
        if live is None:
            entity_id = EntityId.parse(instance_id)
            record = await self._store.entity(entity_id)
            if record is None:
                record = EntityRecord(
                    entity_id=entity_id, exists=False, state=None, last_operation_at=self._clock.now()
                )
            live = LiveEntity(record=record)
            now = self._clock.now()
            kept = await self._store.messages(instance_id)
            self._outbox.seen_in_store(kept)
            for message in kept:
                if message.visible_at is None or message.visible_at <= now:
                    live.inbox.setdefault(message.message_id, message)
                else:
                    self.timers.set(instance_id, message.visible_at)
            self._live[instance_id] = live
        for message in self._arrived.pop(instance_id, []):
            live.inbox.setdefault(message.message_id, message)
        return live

    async def _turn(self, live: LiveEntity) -> None:
        """Run the next batch: signals together, a call by itself.

        In a batch the SDK lets an operation's result leak into later ones that set none, and one result that
        cannot be serialised fails them all; signals have no results, so only they are batched.
        """
        batch: list[tuple[int, EntityRequest]] = []
        for message_id, message in live.inbox.items():
            request = message.body
            assert isinstance(request, EntityRequest)
            if batch and not request.is_signal:
                break
            batch.append((message_id, request))
            if not request.is_signal or len(batch) == self._settings.entity_batch_size:
                break
        async with self._slots:
            reply = await self._ask(live.record, [request for _, request in batch])
            while reply is None and len(batch) > 1:  # find the operation that broke the batch
                batch = batch[: len(batch) // 2]
                reply = await self._ask(live.record, [request for _, request in batch], alone=True)
        await self._commit(live, batch, reply or _broken(live.record))

    async def _ask(
        self, record: EntityRecord, requests: Sequence[EntityRequest], *, alone: bool = False
    ) -> EntityReply | None:
        """Run the operations. None: of several, any may have broken the call; the state is as before."""
        try:
            function = self._functions.find("entity", record.entity_id.name)
        except FunctionNotFound as error:
            log.warning("Entity '%s': %s", record.entity_id, error)
            return _broken(record, str(error), len(requests))
        trigger = encode_batch(record.entity_id, exists=record.exists, state=record.state, requests=requests)
        for attempt in range(1, self._settings.poison_limit + 1):
            try:
                result = await self._invoker.invoke(function.name, trigger, alone=alone or attempt > 1)
                break
            except WorkerLost:
                if attempt == self._settings.poison_limit:
                    if len(requests) > 1:
                        return None
                    text = poison_text("operation", attempt)
                    log.warning("Entity '%s': operation '%s': %s", record.entity_id, requests[0].operation, text)
                    return _broken(record, text, len(requests))
        if isinstance(result, Failed):
            return None if len(requests) > 1 else _broken(record, result.message)
        try:
            reply = decode_entity_reply(result.value if isinstance(result.value, str) else "null")
        except EntityReplyError as error:
            return _broken(record, str(error), len(requests))
        return reply

    async def _commit(
        self, live: LiveEntity, batch: Sequence[tuple[int, EntityRequest]], reply: EntityReply
    ) -> None:
        now = self._clock.now()
        record = EntityRecord(
            entity_id=live.record.entity_id, exists=reply.exists, state=reply.state, last_operation_at=now
        )
        answers = []
        for (_, request), result in zip(batch, reply.results, strict=True):
            if request.caller_id is None:
                continue
            raised = EventRaised(timestamp=now, name=request.request_id, input=encode_answer(result))
            answers.append(
                self._outbox.message(request.caller_id, raised, execution_id=request.caller_execution_id)
            )
        await self._outbox.publish(
            Change(
                remove_messages=tuple(message_id for message_id, _ in batch),
                add_messages=tuple(answers),
                put_entities=(record,),
            )
        )
        live.record = record
        for message_id, _ in batch:
            live.inbox.pop(message_id, None)


def _broken(record: EntityRecord, text: str = "the entity's batch failed", count: int = 1) -> EntityReply:
    """The reply of operations that could not run: state as before, an error for each."""
    failure = OperationResult(is_error=True, result=json.dumps(text))
    return EntityReply(exists=record.exists, state=record.state, results=(failure,) * count)
