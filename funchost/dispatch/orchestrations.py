"""Runs orchestration instances: one episode of an instance at a time, many instances at once.

An episode reads in four steps: open, ask the orchestrator, close, commit. Messages that arrive meanwhile wait in
the inbox and are taken together next time.
"""

from __future__ import annotations

import logging
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import replace

from funchost.clock import Clock
from funchost.dispatch.addressees import Addressees
from funchost.dispatch.invoker import UnderWay
from funchost.dispatch.live import LiveInstance
from funchost.dispatch.orchestrators import Orchestrators
from funchost.dispatch.outbox import Outbox
from funchost.dispatch.outgoing import Outgoing
from funchost.dispatch.settings import HubSettings
from funchost.engine.execution import fold
from funchost.engine.intake import Episode, open_episode
from funchost.engine.outcome import Outcome, close_episode, close_without_code
from funchost.engine.versions import VersionFailure
from funchost.errors import StoreError
from funchost.model.actions import OrchestratorReply
from funchost.model.history import TimerFired
from funchost.model.messages import ActivityTask, TaskMessage
from funchost.model.records import InstanceRecord
from funchost.store.base import Change, Store
from funchost.worker.contract import Following

log = logging.getLogger("funchost.orchestrations")


class Orchestrations(Addressees):
    """Every orchestration instance of a task hub that has something to do, and those that had lately."""

    def __init__(
        self,
        *,
        store: Store,
        outbox: Outbox,
        outgoing: Outgoing,
        orchestrators: Orchestrators,
        clock: Clock,
        settings: HubSettings,
        on_finished: Callable[[InstanceRecord], None],
        on_failure: Callable[[StoreError], None],
    ) -> None:
        super().__init__(clock, on_failure)
        self._store = store
        self._outbox = outbox
        self._outgoing = outgoing
        self._orchestrators = orchestrators
        self._settings = settings
        self._on_finished = on_finished
        self._live: OrderedDict[str, LiveInstance] = OrderedDict()
        self._begun: dict[str, InstanceRecord] = {}

    # -- What others may do ---------------------------------------------------------------------------------

    def live(self, instance_id: str) -> LiveInstance | None:
        """The instance, where it is held in memory; as of its last commit."""
        return self._live.get(instance_id)

    def begin(self, record: InstanceRecord) -> None:
        """An instance's row is kept, or being kept, with the first message of its execution; that comes next.

        So nothing of it need be read from the store: there is no history, and every other message comes later. Not
        so where it continues as new, or the one that had its id before is still at work.
        """
        if record.instance_id not in self._live and record.instance_id not in self._running:
            self._begun[record.instance_id] = record

    def following(self, task: ActivityTask) -> Following | None:
        """The episode that an activity's success is to lead to; None where the host must see to that itself."""
        live = self._live.get(task.instance_id)
        if live is None or task.instance_id in self._running:
            return None
        return self._orchestrators.following(live, task)

    def under_way(self, instance_id: str, under_way: UnderWay) -> None:
        """A worker has gone on with an episode; the message that it rests on is delivered next."""
        live = self._live.get(instance_id)
        if live is not None and live.record.execution_id == under_way.following.session.key:
            live.under_way = under_way

    def forget(self, instance_id: str) -> None:
        super().forget(instance_id)
        self._begun.pop(instance_id, None)

    # -- One instance ---------------------------------------------------------------------------------------

    async def _work(self, instance_id: str) -> None:
        """Run episodes until nothing that waits concerns the instance now."""
        self._evict()
        while (live := await self._load(instance_id)) is not None:
            if not await self._turn(live):
                break

    def _let_go(self, instance_id: str) -> None:
        self._live.pop(instance_id, None)

    def _put_off(self, message: TaskMessage) -> None:
        live = self._live.get(message.instance_id)
        if live is not None and isinstance(message.body, TimerFired):
            live.timers[message.body.timer_id] = message

    async def _load(self, instance_id: str) -> LiveInstance | None:
        """The instance with everything that has arrived for it; None where it is finished or unknown."""
        live = self._live.get(instance_id)
        if live is None and (begun := self._begun.pop(instance_id, None)) is not None:
            live = self._live[instance_id] = LiveInstance(record=begun)
        if live is None:
            record = await self._store.instance(instance_id)
            if record is None or record.runtime_status.is_terminal:
                await self._drop_late(instance_id)
                return None
            history = await self._store.history(instance_id, record.execution_id)
            kept = await self._store.messages(instance_id)
            self._outbox.seen_in_store(kept)
            live = LiveInstance(record=record, execution=fold(history), history=history)
            for message in kept:
                if isinstance(message.body, TimerFired):
                    live.timers[message.body.timer_id] = message
                elif message.visible_at is None or message.visible_at <= self._clock.now():
                    live.accept(message)
                else:
                    self.timers.set(instance_id, message.visible_at)
            self._live[instance_id] = live
        self._live.move_to_end(instance_id)
        for message in self._arrived.pop(instance_id, ()):
            live.accept(message)
        if live.timers:
            self._take_due_timers(live)
        return live

    def _take_due_timers(self, live: LiveInstance) -> None:
        now = self._clock.now()
        due = [m for m in live.timers.values() if m.visible_at is None or m.visible_at <= now]
        for message in sorted(due, key=lambda m: (m.visible_at or now, m.message_id)):
            live.accept(message)
        if live.timers:
            earliest = min(m.visible_at for m in live.timers.values() if m.visible_at is not None)
            self.timers.set(live.record.instance_id, earliest)

    async def _drop_late(self, instance_id: str) -> None:
        """A terminal instance stays terminal: what comes too late is dropped, and said.

        So is what a host had not come to drop before it was killed, which only the store knows.
        """
        kept = await self._store.messages(instance_id)
        late = {message.message_id: message for message in (*kept, *self._arrived.get(instance_id, ()))}
        record = await self._store.instance(instance_id)
        if record is not None and not record.runtime_status.is_terminal:
            return  # started anew since; its first message may be among these, and wakes it
        arrived = [m for m in self._arrived.pop(instance_id, []) if m.message_id not in late]
        if arrived:
            self._arrived[instance_id] = arrived
        if late:
            kinds = ", ".join(sorted({type(message.body).__name__ for message in late.values()}))
            log.info("Dropped for instance '%s', which has finished or was purged: %s", instance_id, kinds)
            self._outbox.publish_soon(Change(remove_messages=tuple(late)))

    async def _turn(self, live: LiveInstance) -> bool:
        """Run one episode. False where there is nothing to do."""
        record = live.record
        under_way, episode = self._open(live)
        if episode is None:
            return False
        if episode.is_empty:
            self._outbox.publish_soon(Change(remove_messages=episode.dropped))
            live.forget(episode.dropped)
            return True
        if episode.runs_code:
            refusal = self._settings.versions.refusal(record.version)
            if refusal is not None and self._settings.versions.failure is VersionFailure.REJECT:
                log.warning("Left instance '%s' as it is. %s", record.instance_id, refusal)
                return False
            if refusal is not None:
                reply = OrchestratorReply(is_done=False, actions=None, error=refusal)
            else:
                reply = await self._orchestrators.ask(live, episode, under_way)
            outcome = close_episode(
                live.execution,
                episode,
                reply,
                name=record.name,
                execution_id=record.execution_id,
                custom_status=record.custom_status,
                ended_at=max(self._clock.now(), episode.started_at),
                settings=self._settings.engine,
            )
        else:
            outcome = close_without_code(
                live.execution,
                episode,
                custom_status=record.custom_status,
                ended_at=max(self._clock.now(), episode.started_at),
            )
        await self._commit(live, episode, outcome)
        return not outcome.status.is_terminal

    def _open(self, live: LiveInstance) -> tuple[UnderWay | None, Episode | None]:
        """The next episode; and how far a worker has got with it by itself, if it has."""
        if not live.inbox:
            return None, None
        execution_id = live.record.execution_id
        under_way, live.under_way = live.under_way, None
        if under_way is not None:
            episode = open_episode(live.execution, execution_id, live.inbox.values(), under_way.at)
            if self._orchestrators.is_under_way(live, episode, under_way):
                return under_way, episode
            live.session_events = 0  # the orchestrator that is kept alive has gone another way
        return None, open_episode(live.execution, execution_id, live.inbox.values(), self._clock.now())

    async def _commit(self, live: LiveInstance, episode: Episode, outcome: Outcome) -> None:
        """Keep everything an episode leads to in one change, then let it take effect."""
        record = live.record
        next_record = self._outgoing.next_record(record, outcome)
        change = await self._outgoing.change_for(live, episode, outcome, next_record)
        handled = (*episode.taken, *episode.dropped)
        if outcome.status.is_terminal:  # nothing that still waits will ever be taken
            change = replace(
                change,
                remove_messages=(
                    *change.remove_messages,
                    *(message_id for message_id in live.inbox if message_id not in handled),
                    *(m.message_id for m in live.timers.values()),
                ),
            )
        await self._outbox.publish(change)
        live.forget(handled)
        if outcome.continued is not None:
            live.restart(next_record)
            return
        live.record = next_record
        live.extend(outcome.events)
        for timer_id in live.execution.canceled_timers:
            live.timers.pop(timer_id, None)
        if outcome.status.is_terminal:
            self.timers.cancel(record.instance_id)
            self._live.pop(record.instance_id, None)
            self._on_finished(next_record)

    def _evict(self) -> None:
        """Hold no more idle instances in memory than allowed; the longest idle goes first."""
        surplus = len(self._live) - self._settings.max_idle_instances
        if surplus <= 0:
            return
        idle = [instance_id for instance_id in self._live if instance_id not in self._running]
        for instance_id in idle[:surplus]:
            del self._live[instance_id]
