"""Calls orchestrators: by replay, in extended sessions, and by waiting for what a worker has gone on with.

Replay stays the truth. It is done at each start, after a crash, when a session was given up, and each time a
history has doubled, so that code which differs from one replay to the next is still found, at a cost that grows in
a straight line.
"""

from __future__ import annotations

import asyncio
from dataclasses import replace

from funchost.dispatch.functions import FunctionTable
from funchost.dispatch.invoker import Invoker, UnderWay, poison_text
from funchost.dispatch.live import LiveInstance
from funchost.dispatch.settings import HubSettings
from funchost.engine.intake import TICK, Episode
from funchost.errors import FunctionNotFound
from funchost.model.actions import OrchestratorReply
from funchost.model.messages import ActivityTask
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

SHORTEST_TO_REPLAY = 64
"""Events up to which a history that is kept alive is not replayed."""


class Orchestrators:
    """The orchestrator functions of an app, as instances call them."""

    def __init__(self, *, invoker: Invoker, functions: FunctionTable, settings: HubSettings) -> None:
        self._invoker, self._functions, self._settings = invoker, functions, settings
        self._slots = asyncio.Semaphore(settings.max_concurrent_orchestrators)

    async def ask(self, live: LiveInstance, episode: Episode, under_way: UnderWay | None) -> OrchestratorReply:
        """Run the orchestrator over its history and this episode's events."""
        record = live.record
        try:
            function = self._functions.find("orchestrator", record.name)
        except FunctionNotFound as error:
            return OrchestratorReply(is_done=False, actions=None, error=str(error))
        for attempt in range(1, self._settings.poison_limit + 1):
            try:
                # What is under way takes no slot: its activity has one.
                if under_way is not None and (reply := await self._take_up(live, under_way)) is not None:
                    return reply
                async with self._slots:
                    reply = await self._feed(live, function.name, episode)
                    return reply or await self._replay(live, function.name, episode, alone=attempt > 1)
            except WorkerLost:
                live.session_events, under_way = 0, None
                if attempt == self._settings.poison_limit:
                    break
        return OrchestratorReply(is_done=False, actions=None, error=poison_text("orchestrator", attempt))

    def following(self, live: LiveInstance, task: ActivityTask) -> Following | None:
        """The episode that the success of an activity is to lead to; None where the host must see to that itself.

        Only of an orchestrator that is kept alive and that nothing but this activity can set going, so that hardly
        ever a worker goes on with an episode that is another one by then; such a one is given up, and replayed.
        """
        last_episode_at = live.execution.last_episode_at
        if last_episode_at is None or not self._may_follow(live, task):
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

    def is_under_way(self, live: LiveInstance, episode: Episode | None, under_way: UnderWay) -> bool:
        """Whether an episode is the one that a worker has gone on with."""
        session = under_way.following.session
        return (
            episode is not None
            and episode.taken == (under_way.message_id,)
            and not episode.dropped
            and session.known_events == live.session_events
            and session.known_actions == len(live.execution.actions)
        )

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

    async def _feed(self, live: LiveInstance, function: str, episode: Episode) -> OrchestratorReply | None:
        """Tell an orchestrator kept alive what is new; None where it is to be replayed."""
        if not self._is_in_session(live):
            return None
        session = self._session(live, len(live.history) + len(episode.new_events))
        news = encode_news([*live.history[session.known_events :], *episode.new_events])
        return self._fed(live, session, await self._invoker.invoke(function, news, session=session))

    async def _take_up(self, live: LiveInstance, under_way: UnderWay) -> OrchestratorReply | None:
        """Wait for what a worker has gone on with; None where it is to be replayed."""
        return self._fed(live, under_way.following.session, await self._invoker.wait_for(under_way))

    @staticmethod
    def _fed(live: LiveInstance, session: Session, result: InvocationResult) -> OrchestratorReply | None:
        live.session_events = 0
        if not isinstance(result, Succeeded) or result.value is None:
            return None
        live.session_events = session.events
        return _read_reply(result, first_action=session.known_actions, first_timer=len(live.execution.timer_ids))


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
