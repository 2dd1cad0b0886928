"""From an episode's outcome to one change of the store: rows, history, and everything it sends out."""

from __future__ import annotations

import json
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field, replace

from funchost.dispatch.functions import FunctionTable
from funchost.dispatch.live import LiveInstance
from funchost.dispatch.outbox import Outbox
from funchost.engine.instance_ids import check_instance_id
from funchost.engine.intake import Episode
from funchost.engine.outcome import Outcome, answer_to_parent
from funchost.errors import FunctionNotFound, InvalidInstanceId
from funchost.ids import IdSource
from funchost.model.entities import EntityId, EntityRequest
from funchost.model.history import (
    EventRaised,
    EventSent,
    ExecutionStarted,
    ParentInstance,
    SubOrchestrationInstanceCreated,
    SubOrchestrationInstanceFailed,
    TaskScheduled,
    TimerCreated,
    TimerFired,
)
from funchost.model.messages import ActivityTask, TaskMessage
from funchost.model.records import InstanceRecord
from funchost.model.status import RuntimeStatus
from funchost.store.base import Change, HistoryAppend, InstanceUpdate
from funchost.wire.entity_batch import OperationResult, encode_answer

log = logging.getLogger("funchost.orchestrations")

FindRecord = Callable[[str], Awaitable[InstanceRecord | None]]
"""The present row of an instance, from memory or store."""


@dataclass(slots=True)
class _Parts:
    messages: list[TaskMessage] = field(default_factory=list)
    tasks: list[ActivityTask] = field(default_factory=list)
    children: list[InstanceRecord] = field(default_factory=list)
    replaced: list[str] = field(default_factory=list)


class Outgoing:
    """Works out what an outcome puts into the store and sends to others."""

    def __init__(self, *, outbox: Outbox, functions: FunctionTable, ids: IdSource, find_record: FindRecord) -> None:
        self._outbox = outbox
        self._functions = functions
        self._ids = ids
        self._find_record = find_record

    def next_record(self, record: InstanceRecord, outcome: Outcome) -> InstanceRecord:
        """The instance's row after an episode."""
        ended_at = outcome.events[-1].timestamp
        if outcome.continued is not None:
            return replace(
                record,
                execution_id=self._ids.next(),
                runtime_status=RuntimeStatus.RUNNING,
                input=outcome.continued.result,
                custom_status=outcome.custom_status,
                created_at=ended_at,
                last_updated_at=ended_at,
            )
        return InstanceRecord(  # spelled out, as ``replace`` takes several times as long
            instance_id=record.instance_id,
            execution_id=record.execution_id,
            name=record.name,
            version=record.version,
            runtime_status=outcome.status,
            input=record.input,
            output=outcome.output,
            custom_status=outcome.custom_status,
            created_at=record.created_at,
            last_updated_at=ended_at,
            parent=record.parent,
        )

    async def change_for(
        self, live: LiveInstance, episode: Episode, outcome: Outcome, next_record: InstanceRecord
    ) -> Change:
        """Everything an episode leads to, as one atomic change."""
        record = live.record
        parts = _Parts()
        canceled = live.execution.canceled_timers.union(outcome.events[-1].canceled_timers)  # type: ignore[union-attr]
        for event in outcome.events:
            match event:
                case TaskScheduled():
                    parts.tasks.append(self._outbox.task(record.instance_id, record.execution_id, event))
                case TimerCreated() if event.event_id not in canceled:
                    parts.messages.append(self._timer(record, event))
                case SubOrchestrationInstanceCreated():
                    await self._start_child(record, event, parts)
                case EventSent():
                    self._send(record, event, parts)
                case _:
                    pass
        parent = record.parent
        answer = answer_to_parent(parent, outcome)
        if answer is not None and parent is not None:
            parts.messages.append(
                self._outbox.message(parent.instance_id, answer, execution_id=parent.execution_id)
            )
        timers_gone = [
            live.timers[timer_id].message_id
            for timer_id in canceled
            if timer_id in live.timers and timer_id not in live.execution.canceled_timers
        ]
        handled = (*episode.taken, *episode.dropped, *timers_gone)
        if outcome.continued is not None:
            return self._continued(live, next_record, parts, handled)
        return Change(
            purge_instances=tuple(parts.replaced),
            put_instances=tuple(parts.children),
            update_instances=(
                InstanceUpdate(
                    instance_id=record.instance_id,
                    runtime_status=next_record.runtime_status,
                    output=next_record.output,
                    custom_status=next_record.custom_status,
                    last_updated_at=next_record.last_updated_at,
                ),
            ),
            append_history=(
                HistoryAppend(
                    instance_id=record.instance_id,
                    execution_id=record.execution_id,
                    first_sequence=len(live.history),
                    events=outcome.events,
                ),
            ),
            remove_messages=handled,
            add_messages=tuple(parts.messages),
            add_tasks=tuple(parts.tasks),
        )

    def _continued(
        self, live: LiveInstance, record: InstanceRecord, parts: _Parts, handled: tuple[int, ...]
    ) -> Change:
        """A new execution in place of the old; what waits for the old one goes with it."""
        stale = tuple(
            m.message_id
            for m in (*live.inbox.values(), *live.timers.values())
            if m.execution_id is not None and m.message_id not in handled
        )
        started = self.started(record)
        return Change(
            purge_instances=tuple(parts.replaced),
            drop_histories=((record.instance_id, live.record.execution_id),),
            put_instances=(record, *parts.children),
            remove_messages=(*handled, *stale),
            add_messages=(*parts.messages, started),
            add_tasks=tuple(parts.tasks),
        )

    def started(self, record: InstanceRecord) -> TaskMessage:
        """The first message of an execution."""
        event = ExecutionStarted(
            timestamp=record.created_at,
            name=record.name,
            version=record.version,
            input=record.input,
            instance_id=record.instance_id,
            execution_id=record.execution_id,
            parent=record.parent,
        )
        return self._outbox.message(record.instance_id, event, execution_id=record.execution_id)

    def _timer(self, record: InstanceRecord, event: TimerCreated) -> TaskMessage:
        fired = TimerFired(timestamp=event.fire_at, timer_id=event.event_id, fire_at=event.fire_at)
        return self._outbox.message(
            record.instance_id, fired, execution_id=record.execution_id, visible_at=event.fire_at
        )

    async def _start_child(
        self, parent: InstanceRecord, event: SubOrchestrationInstanceCreated, parts: _Parts
    ) -> None:
        """Start a sub-orchestration; where that cannot be, its parent is told instead of left waiting."""
        refusal = self._refusal(parent, event)
        before = None
        if refusal is None and not event.instance_id.startswith(f"{parent.execution_id}:"):
            before = await self._find_record(event.instance_id)
            if before is not None and not before.runtime_status.is_terminal:
                refusal = f"An Orchestration instance with the status {before.runtime_status.value} already exists."
        if refusal is not None:
            failed = SubOrchestrationInstanceFailed(
                timestamp=event.timestamp, task_scheduled_id=event.event_id, reason=refusal, details=""
            )
            parts.messages.append(
                self._outbox.message(parent.instance_id, failed, execution_id=parent.execution_id)
            )
            return
        child = InstanceRecord(
            instance_id=event.instance_id,
            execution_id=self._ids.next(),
            name=event.name,
            version=event.version,
            runtime_status=RuntimeStatus.PENDING,
            input=json.dumps(event.input),  # as the SDK's client stores one: JSON text as a JSON string
            output=None,
            custom_status=None,
            created_at=event.timestamp,
            last_updated_at=event.timestamp,
            parent=ParentInstance(
                name=parent.name,
                instance_id=parent.instance_id,
                execution_id=parent.execution_id,
                task_scheduled_id=event.event_id,
            ),
        )
        if before is not None:
            parts.replaced.append(before.instance_id)
        parts.children.append(child)
        parts.messages.append(self.started(child))

    def _refusal(self, parent: InstanceRecord, event: SubOrchestrationInstanceCreated) -> str | None:
        if event.instance_id in (parent.instance_id, parent.parent and parent.parent.instance_id):
            return (
                "The instance ID of a sub-orchestration must be different than the instance ID of a parent "
                "orchestration."
            )
        try:
            check_instance_id(event.instance_id)
            self._functions.find("orchestrator", event.name)
        except (InvalidInstanceId, FunctionNotFound) as error:
            return str(error)
        return None

    def _send(self, record: InstanceRecord, event: EventSent, parts: _Parts) -> None:
        """A call of an entity or a signal to one; an unknown entity answers a call with a failure."""
        entity_id = EntityId.parse(event.instance_id)
        try:
            self._functions.find("entity", entity_id.name)
        except FunctionNotFound as error:
            if event.is_signal:
                log.warning("Signal from '%s' to '%s' dropped: %s", record.instance_id, entity_id, error)
                return
            answer = encode_answer(OperationResult(is_error=True, result=json.dumps(str(error))))
            raised = EventRaised(timestamp=event.timestamp, name=event.request_id, input=answer)
            parts.messages.append(
                self._outbox.message(record.instance_id, raised, execution_id=record.execution_id)
            )
            return
        request = EntityRequest(
            timestamp=event.timestamp,
            operation=event.operation,
            input=event.input,
            request_id=event.request_id,
            is_signal=event.is_signal,
            caller_id=None if event.is_signal else record.instance_id,
            caller_execution_id=None if event.is_signal else record.execution_id,
        )
        parts.messages.append(self._outbox.message(str(entity_id), request, visible_at=event.fire_at))
