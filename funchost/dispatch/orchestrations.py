"""Runs orchestration instances: one episode of an instance at a time, many instances at once.

An episode reads in four steps: open, ask the orchestrator, close, commit. Messages that arrive meanwhile wait in
the inbox and are taken together next time.
"""

from __future__ import annotations

import asyncio
import logging
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import replace

from funchost.clock import Clock
from funchost.dispatch.addressees import Addressees
from funchost.dispatch.functions import FunctionTable
from funchost.dispatch.invoker import Begun, Invoker, poison_text
from funchost.dispatch.live import LiveInstance
from funchost.dispatch.outbox import Outbox
from funchost.dispatch.outgoing import Outgoing
from funchost.dispatch.settings import HubSettings
from funchost.engine.execution import fold
from funchost.engine.intake import TICK, Episode, open_episode
from funchost.engine.outcome import Outcome, close_episode, close_without_code
from funchost.engine.versions import VersionFailure
from funchost.errors import FunctionNotFound, StoreError
from funchost.model.actions import OrchestratorReply
from funchost.model.history import TimerFired
from funchost.model.messages import ActivityTask, TaskMessage
from funchost.model.records import InstanceRecord
from funchost.store.base import Change, Store
from funchost.wire.out_of_proc import (
    ReplyError,
    decode_failure,
    decode_reply,
    encode_context,
    encode_event,
    encode_following,
    encode_news,
)
from funchost.wire.out_of_proc import trigger_input as sdk_input
from funchost.wire.timestamps import format_time
from funchost.worker.contract import Failed, Following, InvocationResult, Session, Succeeded, WorkerLost

log = logging.getLogger("funchost.orchestrations")


SHORTEST_TO_REPLAY = 64
"""Events up to which a history that is kept alive is not replayed."""


class Orchestrations(Addressees):
    """Every orchestration instance of a task hub that has something to do, and those that had lately."""

    def __init__(
        self,
        *,
        store: Store,
        outbox: Outbox,
        outgoing: Outgoing,
        invoker: Invoker,
        functions: FunctionTable,
        clock: Clock,
        settings: HubSettings,
        on_finished: Callable[[InstanceRecord], None],
        on_failure: Callable[[StoreError], None],
    ) -> None:
        super().__init__(clock, on_failure)
        self._store = store
        self._outbox = outbox
        self._outgoing = outgoing
        self._invoker = invoker
        self._functions = functions
        self._settings = settings
        self._on_finished = on_finished
        self._live: OrderedDict[str, LiveInstance] = OrderedDict()
        self._begun: dict[str, InstanceRecord] = {}
        self._slots = asyncio.Semaphore(settings.max_concurrent_orchestrators)

    # -- What others may do ---------------------------------------------------------------------------------

    def live(self, instance_id: str) -> LiveInstance | None:
        """The instance, where it is held in memory; as of its last commit."""
        return self._live.get(instance_id)

    def begin(self, record: InstanceRecord) -> None:
        """An instance's row has been kept with the first message of its execution, which is delivered next.

        So nothing of it need be read from the store: there is no history, and every other message comes later. Not
        so where it continues as new, or the one that had its id before is still at work.
        """
        if record.instance_id not in self._live and record.instance_id not in self._running:
            self._begun[record.instance_id] = record

    def following(self, task: ActivityTask) -> Following | None:
        """The episode that the success of an activity is to lead to; None where the host must see to that itself.

        Only of an orchestrator that is kept alive and that nothing but this activity can set going, so that hardly
        ever a worker goes on with an episode that is another one by then; such a one is given up, and replayed.
        """
        live = self._live.get(task.instance_id)
        if live is None or task.instance_id in self._running or not self._may_follow(live, task):
            return None
        last_episode_at = live.execution.last_episode_at
        if last_episode_at is None:
            return None
        not_before = last_episode_at + TICK
        return Following(
            invocation_id=self._invoker.new_id(),
            function_name=self._functions.find("orchestrator", live.record.name).name,
            session=self._session(live, len(live.history) + 2),
            events=encode_following(live.history[live.session_events :], task.event_id),
            not_before=format_time(not_before),
        )

    def _may_follow(self, live: LiveInstance, task: ActivityTask) -> bool:
        execution = live.execution
        return (
            self._is_in_session(live)
            and live.record.execution_id == task.execution_id
            and len(execution.open_tasks) == 1
            and task.event_id in execution.open_tasks
            and not execution.is_suspended
            and not any(execution.waits.values())
            and not live.inbox
            and not live.timers
            # The limit on orchestrators is that of the episodes which the host sets going.
            and self._settings.max_concurrent_orchestrators >= self._settings.max_concurrent_activities
        )

    def begun(self, instance_id: str, begun: Begun) -> None:
        """A worker has gone on with an episode; the message that it rests on is delivered next."""
        live = self._live.get(instance_id)
        if live is not None and live.record.execution_id == begun.following.session.key:
            live.begun = begun

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
        for message in self._arrived.pop(instance_id, []):
            live.accept(message)
        self._take_due_timers(live)
        return live

    def _take_due_timers(self, live: LiveInstance) -> None:
        if not live.timers:
            return
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
        begun, episode = self._open(live)
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
                async with self._slots:
                    reply = await self._ask(live, episode, begun)
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

    def _open(self, live: LiveInstance) -> tuple[Begun | None, Episode | None]:
        """The next episode; and how far a worker has got with it by itself, if it has."""
        if not live.inbox:
            return None, None
        execution_id = live.record.execution_id
        begun, live.begun = live.begun, None
        if begun is not None:
            episode = open_episode(live.execution, execution_id, live.inbox.values(), begun.at)
            is_that_one = episode is not None and episode.taken == (begun.message_id,) and not episode.dropped
            session = begun.following.session
            if is_that_one and (session.known_events, session.known_actions) == (
                live.session_events,
                len(live.execution.actions),
            ):
                return begun, episode
            live.session_events = 0  # the orchestrator that is kept alive has gone another way
        return None, open_episode(live.execution, execution_id, live.inbox.values(), self._clock.now())

    async def _ask(self, live: LiveInstance, episode: Episode, begun: Begun | None) -> OrchestratorReply:
        """Run the orchestrator over its history and this episode's events."""
        record = live.record
        try:
            function = self._functions.find("orchestrator", record.name)
        except FunctionNotFound as error:
            return OrchestratorReply(is_done=False, actions=None, error=str(error))
        for attempt in range(1, self._settings.poison_limit + 1):
            try:
                reply = await self._ask_session(live, function.name, episode, begun)
                return reply or await self._replay(live, function.name, episode, alone=attempt > 1)
            except WorkerLost:
                live.session_events, begun = 0, None
                if attempt == self._settings.poison_limit:
                    break
        return OrchestratorReply(is_done=False, actions=None, error=poison_text("orchestrator", attempt))

    async def _replay(
        self, live: LiveInstance, function: str, episode: Episode, *, alone: bool
    ) -> OrchestratorReply:
        """Run an orchestrator over its whole history."""
        new_events = [encode_event(event) for event in episode.new_events]
        keeps_alive, replays = self._settings.extended_sessions, self._settings.parsed_histories
        session = None
        if (keeps_alive or replays) and not alone:  # a process for one invocation keeps nothing
            known_events = 0 if keeps_alive else live.session_events
            session = Session(key=live.record.execution_id, known_events=known_events, replays=not keeps_alive)
        result = await self._invoke(live, function, new_events, session, alone=alone)
        if session is not None and session.known_events and isinstance(result, Succeeded) and result.value is None:
            session = replace(session, known_events=0)  # the worker has let go of what it knew
            result = await self._invoke(live, function, new_events, session, alone=alone)
        live.session_events = 0
        if isinstance(result, Failed):
            return decode_failure(result.message)
        if isinstance(result, Succeeded) and result.session_kept:
            live.session_events = len(live.history) + len(new_events)
            live.replay_at = max(SHORTEST_TO_REPLAY, 2 * live.session_events)
        return _read_reply(result)

    async def _invoke(
        self, live: LiveInstance, function: str, new_events: list[str], session: Session | None, *, alone: bool
    ) -> InvocationResult:
        """Call an orchestrator with its history, but for those events that the session's worker knows."""
        record, known = live.record, session.known_events if session else 0
        trigger = encode_context(
            instance_id=record.instance_id,
            parent_instance_id=record.parent.instance_id if record.parent else None,
            input_text=sdk_input(record.input),
            encoded_history=[*live.encoded_history()[known:], *new_events],
        )
        return await self._invoker.invoke(function, trigger, session=session, alone=alone)

    def _is_in_session(self, live: LiveInstance) -> bool:
        """Whether the orchestrator is kept alive, and it is not time to replay it."""
        return (
            self._settings.extended_sessions
            and live.session_events > 0
            and not live.execution.has_returned
            and len(live.history) < live.replay_at
        )

    @staticmethod
    def _session(live: LiveInstance, events: int) -> Session:
        return Session(
            key=live.record.execution_id,
            known_events=live.session_events,
            known_actions=len(live.execution.actions),
            events=events,
        )

    async def _ask_session(
        self, live: LiveInstance, function: str, episode: Episode, begun: Begun | None
    ) -> OrchestratorReply | None:
        """Feed an orchestrator kept alive what is new; None where it is to be replayed.

        Replay stays the truth: it is done again each time the history has doubled, so that code which differs from
        one replay to the next is still found, at a cost that grows in a straight line.
        """
        if not self._is_in_session(live):
            return None
        if begun is None:
            session = self._session(live, len(live.history) + len(episode.new_events))
            news = encode_news([*live.history[session.known_events :], *episode.new_events])
        else:
            session, news = begun.following.session, ""
        result = await self._invoker.invoke(function, news, session=session, begun=begun)
        live.session_events = 0
        if not isinstance(result, Succeeded) or result.value is None:
            return None
        live.session_events = session.events
        return _read_reply(result, first_action=session.known_actions, first_timer=len(live.execution.timer_ids))

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


def _read_reply(result: InvocationResult, *, first_action: int = 0, first_timer: int = 0) -> OrchestratorReply:
    value = result.value if isinstance(result, Succeeded) else None
    try:
        return decode_reply(
            value if isinstance(value, str) else "null",
            first_action=first_action,
            first_timer=first_timer,
            canceled_timers=result.canceled_timers if isinstance(result, Succeeded) else (),
        )
    except ReplyError as error:
        return OrchestratorReply(is_done=False, actions=None, error=str(error))
