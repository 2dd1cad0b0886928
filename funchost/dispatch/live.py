"""What the host holds in memory of an instance it is working on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from funchost.dispatch.invoker import UnderWay
from funchost.engine.execution import Execution
from funchost.model.history import HistoryEvent, TimerFired
from funchost.model.messages import TaskMessage
from funchost.model.records import InstanceRecord
from funchost.wire.out_of_proc import encode_event


@dataclass(slots=True)
class LiveInstance:
    """An instance as of its last commit: row, history, folded state, and the messages that wait.

    ``inbox`` holds visible messages by message id, in order of arrival; ``timers`` those that become visible later,
    by the event id of their timer. ``session_events`` is how many events the orchestrator kept alive in a worker
    has seen, or how many of its events a worker keeps parsed; 0 where neither. Once history has ``replay_at``
    events, an orchestrator that is kept alive is replayed all the same. ``under_way`` is the next episode, where a
    worker has gone on with it by itself.
    """

    record: InstanceRecord
    execution: Execution = field(default_factory=Execution)
    history: list[HistoryEvent] = field(default_factory=list)
    encoded: list[str] = field(default_factory=list)
    inbox: dict[int, TaskMessage] = field(default_factory=dict)
    timers: dict[int, TaskMessage] = field(default_factory=dict)
    session_events: int = 0
    replay_at: int = 0
    under_way: UnderWay | None = None

    def extend(self, events: Sequence[HistoryEvent]) -> None:
        """Fold committed events."""
        for event in events:
            self.execution.apply(event)
        self.history.extend(events)

    def restart(self, record: InstanceRecord) -> None:
        """Begin a new execution with an empty history; what waits for no execution in particular stays."""
        self.record = record
        self.execution = Execution()
        self.history, self.encoded = [], []
        self.session_events = self.replay_at = 0
        self.under_way = None
        self.inbox = {key: message for key, message in self.inbox.items() if message.execution_id is None}
        self.timers = {}

    def encoded_history(self) -> list[str]:
        """The history as the SDK reads it; each event is encoded once."""
        self.encoded.extend(encode_event(event) for event in self.history[len(self.encoded) :])
        return self.encoded

    def accept(self, message: TaskMessage) -> None:
        """Put a message where it belongs; one that is already there is not put twice."""
        if isinstance(message.body, TimerFired):
            self.timers.pop(message.body.timer_id, None)
        self.inbox.setdefault(message.message_id, message)

    def forget(self, message_ids: Sequence[int]) -> None:
        """Remove handled messages."""
        for message_id in message_ids:
            self.inbox.pop(message_id, None)
