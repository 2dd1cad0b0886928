"""Extended sessions for SDK 1.x: orchestrators that stay alive between episodes and are fed only what is new.

The SDK replays the whole history in every episode, and nine tenths of that is building event objects. A session
keeps the SDK's own executor with the user's generator in it, hands it the events that came since, and takes from
it the actions that came since. What the user's code can see is as if it had replayed; only that code which runs
again in a replay does not run again here. The host asks for full replays from time to time.
Imported by worker processes: standard library and the app's SDK only.
"""

from __future__ import annotations

import json
import sys
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime
from typing import Any

from funchost.worker.contract import Invocation, Session, Succeeded
from funchost.worker.parsed import MOST_EVENTS, ParsedHistories, context_with

MOST_SESSIONS = 1000
"""Orchestrators kept alive in one process; the one used longest ago goes first."""

IDLE_SECONDS = 60.0
"""How long one is kept that is fed nothing: nobody says which were terminated, and those that wait are replayed."""

NOT_HELD = Succeeded(value=None)

_HISTORY_EVENT = "azure.durable_functions.models.history.HistoryEvent"


class Sessions:
    """The orchestrators kept alive in this process. From any thread; one execution is never in two threads."""

    def __init__(
        self,
        limit: int = MOST_SESSIONS,
        clock: Callable[[], float] = time.monotonic,
        *,
        most_events: int = MOST_EVENTS,
    ) -> None:
        self._limit, self._clock = limit, clock
        self._kept: OrderedDict[str, Kept] = OrderedDict()
        self._lock = threading.Lock()
        self._parsed = ParsedHistories(most_events)

    def __len__(self) -> int:
        """How many are kept alive now."""
        return len(self._kept)

    def run(self, function: Callable[..., Any], invocation: Invocation) -> Succeeded:
        """Run one episode of an orchestrator. Raises what the SDK raises for a failed orchestrator."""
        session, trigger = invocation.session, invocation.trigger
        assert session is not None
        assert isinstance(trigger, str)
        if session.replays:
            return self._replay_parsed(function, trigger, session)
        kept = self.take(session)
        if session.known_events == 0:
            return self._replay(function, trigger, session)
        return NOT_HELD if kept is None else self.feed(session, kept, lambda: json.loads(trigger))

    def take(self, session: Session) -> Kept | None:
        """The orchestrator of a session, which is then not here any more; None where exactly this is not kept."""
        with self._lock:
            kept = self._kept.pop(session.key, None)
        return kept if kept is not None and kept.is_at(session) else None

    def feed(self, session: Session, kept: Kept, events: Callable[[], list[dict[str, Any]]]) -> Succeeded:
        """Run an orchestrator that was taken over what it is to be told of, and keep it again."""
        try:
            text = kept.feed(events(), session.events)
        except Exception:
            # The failure's text must list every action, and cancelled timers: a replay gives both.
            return NOT_HELD
        canceled = kept.newly_canceled_timers()
        if not kept.is_over:
            self._keep(session.key, kept)
        return Succeeded(value=text, session_kept=True, canceled_timers=canceled)

    def _replay(self, function: Callable[..., Any], trigger: str, session: Session) -> Succeeded:
        replayed = _replay(function, trigger, [])
        if replayed is None:
            return Succeeded(value=str(function(trigger)))
        text, executor, context = replayed
        if not _can_be_kept(executor, context):
            return Succeeded(value=text)
        self._keep(session.key, Kept(executor, context))
        return Succeeded(value=text, session_kept=True)

    def _replay_parsed(self, function: Callable[..., Any], trigger: str, session: Session) -> Succeeded:
        events = self._parsed.take(session.key, session.known_events)
        if events is None:
            return NOT_HELD
        replayed = _replay(function, trigger, events)
        if replayed is None:
            return Succeeded(value=str(function(trigger)))
        text, executor, context = replayed
        if not _can_be_kept(executor, context):
            return Succeeded(value=text)
        self._parsed.keep(session.key, context._histories)
        return Succeeded(value=text, session_kept=True)

    def _keep(self, key: str, kept: Kept) -> None:
        now = self._clock()
        kept.used_at = now
        with self._lock:
            self._kept[key] = kept
            while self._kept and (
                len(self._kept) > self._limit or next(iter(self._kept.values())).used_at < now - IDLE_SECONDS
            ):
                self._kept.popitem(last=False)


def _replay(function: Callable[..., Any], trigger: str, events: list[Any]) -> tuple[str, Any, Any] | None:
    """Run an orchestrator from its beginning: the SDK's reply, executor and context; None where it has no such."""
    user_code = getattr(function, "orchestrator_function", None)
    orchestrator_type = getattr(sys.modules.get("azure.durable_functions"), "Orchestrator", None)
    if user_code is None or orchestrator_type is None:
        return None
    _read_times_quickly()
    context = context_with(trigger, events)
    context._input_expected_type = getattr(function, "_df_input_type", None)
    orchestrator = orchestrator_type(user_code)
    text = str(orchestrator.handle(context))
    return text, getattr(orchestrator, "task_orchestration_executor", None), context


class Kept:
    """One orchestrator between two episodes."""

    def __init__(self, executor: Any, context: Any) -> None:
        self._executor = executor
        self._context = context
        self.used_at = 0.0
        self._known_events = len(context._histories)
        self._sent_actions = 0
        self._timers_seen = 0
        self._open_timers: list[tuple[int, Any]] = []
        context._histories = []  # replayed by now, and never read again
        self._take_timers()

    @property
    def is_over(self) -> bool:
        """Whether the orchestrator has returned, so that nobody will feed it again."""
        return bool(self._executor.has_execution_completed)

    def is_at(self, session: Session) -> bool:
        return (session.known_events, session.known_actions) == (self._known_events, self._sent_actions)

    def feed(self, events: list[dict[str, Any]], known_events: int) -> str:
        """Run user code on new events; the SDK's reply with only the actions that came of them.

        With those that tell it nothing, and are left out, it has then seen ``known_events``.
        """
        executor, context = self._executor, self._context
        event_type = sys.modules[_HISTORY_EVENT].HistoryEvent
        executor._is_processing_new_events = True
        for event in events:
            executor.process_event(event_type(**event))
            if executor.has_execution_completed:
                break
        self._known_events = known_events
        actions = context._action_payload_v2
        context._action_payload_v2 = actions[self._sent_actions :]
        try:
            return str(executor.get_orchestrator_state_str())
        finally:
            context._action_payload_v2 = actions

    def newly_canceled_timers(self) -> tuple[int, ...]:
        """Timers reported before as running that user code has cancelled since; then looks at the new ones."""
        canceled = tuple(number for number, action in self._open_timers if action.is_cancelled)
        self._open_timers = [(n, action) for n, action in self._open_timers if not action.is_cancelled]
        self._take_timers()
        return canceled

    def _take_timers(self) -> None:
        actions = self._context._action_payload_v2
        for action in _timers(actions[self._sent_actions :]):
            if not action.is_cancelled:
                self._open_timers.append((self._timers_seen, action))
            self._timers_seen += 1
        self._sent_actions = len(actions)


def _can_be_kept(executor: Any, context: Any) -> bool:
    """Whether this SDK has what a session needs, and the orchestrator is a generator that is not at its end."""
    return (
        hasattr(executor, "generator")
        and hasattr(executor, "process_event")
        and hasattr(executor, "_is_processing_new_events")
        and hasattr(context, "_action_payload_v2")
        and not context._action_payload_v1
        and not executor.has_execution_completed
    )


def _timers(actions: Iterable[Any]) -> Iterator[Any]:
    for action in actions:
        if hasattr(action, "compound_tasks"):
            yield from _timers(action.compound_tasks)
        elif hasattr(action, "is_cancelled"):
            yield action


def _read_times_quickly() -> None:
    """Have the SDK read the host's timestamps, whose one shape is known, without ``dateutil``'s guessing.

    The values are the same, down to the time zone object.
    """
    module = sys.modules[_HISTORY_EVENT]
    general = getattr(module, "dt_parse", None)
    if general is None or getattr(general, "is_quick", False):
        return
    zone = general("2024-05-01T10:00:00.000000Z").tzinfo

    def quick(text: str) -> datetime:
        if len(text) == 27 and text[-1] == "Z":  # 2024-05-01T10:00:00.000000Z
            return datetime.fromisoformat(text[:26]).replace(tzinfo=zone)
        return general(text)  # type: ignore[no-any-return]

    quick.is_quick = True  # type: ignore[attr-defined]
    module.dt_parse = quick  # type: ignore[attr-defined]
