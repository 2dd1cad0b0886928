"""Runs entities: one operation at a time each, state and answers kept together."""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from funchost.clock import Clock
from funchost.dispatch.addressees import Addressees
from funchost.dispatch.functions import FunctionTable
from funchost.dispatch.invoker import Invoker, poison_text
from funchost.dispatch.outbox import Outbox
from funchost.dispatch.settings import HubSettings
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


class Entities(Addressees):
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
        on_failure: Callable[[StoreError], None],
    ) -> None:
        super().__init__(clock, on_failure)
        self._store = store
        self._outbox = outbox
        self._invoker = invoker
        self._functions = functions
        self._settings = settings
        self._live: dict[str, LiveEntity] = {}
        self._slots = asyncio.Semaphore(settings.max_concurrent_entities)

    async def _work(self, instance_id: str) -> None:
        while (live := await self._load(instance_id)).inbox:
            await self._turn(live)
        if len(self._live) > self._settings.max_idle_instances:
            self._let_go(instance_id)

    def _let_go(self, instance_id: str) -> None:
        self._live.pop(instance_id, None)

    def _put_off(self, message: TaskMessage) -> None:
        self._let_go(message.instance_id)  # it finds the message in the store when it is due

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
