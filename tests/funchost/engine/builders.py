"""Short ways to write histories and messages, starting at a fixed date."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone

from funchost.engine.execution import Execution
from funchost.engine.intake import Episode, open_episode
from funchost.engine.outcome import EngineSettings, Outcome, close_episode, close_without_code
from funchost.model.actions import OrchestratorAction, OrchestratorReply
from funchost.model.history import ExecutionStarted, HistoryEvent
from funchost.model.messages import MessageBody, TaskMessage

START = datetime(2024, 1, 1, tzinfo=timezone.utc)
EXECUTION = "e" * 32


def at(seconds: float) -> datetime:
    return START + timedelta(seconds=seconds)


def started(name: str = "orch") -> ExecutionStarted:
    return ExecutionStarted(
        timestamp=START, name=name, version="", input=None, instance_id="i", execution_id=EXECUTION
    )


@dataclass
class Instance:
    """An instance driven by hand: put messages in, answer for the orchestrator, look at the outcome."""

    execution: Execution = field(default_factory=Execution)
    history: list[HistoryEvent] = field(default_factory=list)
    inbox: list[TaskMessage] = field(default_factory=list)
    actions: list[OrchestratorAction] = field(default_factory=list)
    seconds: float = 0
    settings: EngineSettings = field(default_factory=EngineSettings)
    custom_status: str | None = None
    _ids: int = 0

    def receive(self, body: MessageBody, *, execution_id: str | None = EXECUTION) -> TaskMessage:
        self._ids += 1
        message = TaskMessage(message_id=self._ids, instance_id="i", body=body, execution_id=execution_id)
        self.inbox.append(message)
        return message

    def open(self) -> Episode | None:
        self.seconds += 1
        return open_episode(self.execution, EXECUTION, self.inbox, at(self.seconds))

    def turn(self, *new_actions: OrchestratorAction, **reply: object) -> Outcome:
        """One episode in which the orchestrator asks for ``new_actions`` more."""
        episode = self.open()
        assert episode is not None
        self.actions.extend(new_actions)
        if episode.runs_code:
            answer = OrchestratorReply(**{"is_done": False, "actions": tuple(self.actions), **reply})  # type: ignore[arg-type]
            outcome = close_episode(
                self.execution,
                episode,
                answer,
                name="orch",
                execution_id=EXECUTION,
                custom_status=self.custom_status,
                ended_at=at(self.seconds),
                settings=self.settings,
            )
        else:
            outcome = close_without_code(
                self.execution, episode, custom_status=self.custom_status, ended_at=at(self.seconds)
            )
        for event in outcome.events:
            self.execution.apply(event)
        self.history.extend(outcome.events)
        handled = {*episode.taken, *episode.dropped}
        self.inbox = [message for message in self.inbox if message.message_id not in handled]
        self.custom_status = outcome.custom_status
        return outcome


def running_instance(*actions: OrchestratorAction) -> Instance:
    """An instance whose first episode asked for ``actions``."""
    instance = Instance()
    instance.receive(started())
    instance.turn(*actions)
    return instance


def kinds(events: tuple[HistoryEvent, ...]) -> list[str]:
    return [type(event).__name__ for event in events]
