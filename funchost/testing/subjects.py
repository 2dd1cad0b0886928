"""What a test holds in its hands: one orchestration, one entity, and how either can go wrong."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from funchost.model.entities import EntityId
from funchost.model.history import HistoryEvent
from funchost.testing.history_files import save_history

if TYPE_CHECKING:
    from funchost.testing.durable import DurableApp


REAL_SECONDS = 30.0
"""How long user code may keep a test waiting before it counts as hanging."""


class OrchestrationFailed(AssertionError):
    """The orchestration did not complete; the text is its failure, the user's traceback, and its last steps."""


class OrchestrationHangs(AssertionError):
    """Nothing can happen any more, or user code does not return; the text lists what is waited for."""


class OrchestrationDiffers(AssertionError):
    """After a crash the orchestration ended in another way; the text says at which commit, and how."""


class Orchestration:
    """One orchestration instance under test."""

    def __init__(self, app: DurableApp, instance_id: str) -> None:
        self._app = app
        self.instance_id = instance_id

    def result(self) -> Any:
        """Let it run to its end, time jumping from timer to timer as nothing else is to do; return its output.

        Raises OrchestrationFailed where it ends in another way, and OrchestrationHangs where it never can.
        """
        return self._app._result(self.instance_id)

    @property
    def runtime_status(self) -> str:
        """``Running``, ``Completed``, …; as it is now, without time passing."""
        return self._app._record(self.instance_id).runtime_status.value

    @property
    def output(self) -> Any:
        """The output, or the text of a failure or termination; None while it runs."""
        return decoded(self._app._record(self.instance_id).output)

    @property
    def custom_status(self) -> Any:
        """What the orchestrator has last said about itself; None where it has said nothing."""
        return decoded(self._app._record(self.instance_id).custom_status)

    @property
    def history(self) -> list[HistoryEvent]:
        """The events of its current execution, oldest first."""
        return self._app._call(self._app._parts.hub.get_history(self.instance_id))

    def save_history(self, path: str | Path) -> Path:
        """Write its history as a golden history, to a file ``….json`` or a new file in a folder; returns the file.

        Values go through the hook ``pytest_funchost_scrub`` first.
        """
        return save_history(self._app._record(self.instance_id), self.history, Path(path), scrub=self._app.scrub)

    def raise_event(self, name: str, data: Any = None) -> None:
        """Raise an external event with ``data`` as its value, and let what follows run without time passing."""
        self._app._do(self._app._parts.hub.raise_event(self.instance_id, name, json.dumps(data)))

    def terminate(self, reason: str = "") -> None:
        """End it, whatever it does; ``reason`` becomes its output."""
        self._app._do(self._app._parts.hub.terminate(self.instance_id, reason))

    def suspend(self, reason: str = "") -> None:
        """Have it stand still until it is resumed; what happens meanwhile waits."""
        self._app._do(self._app._parts.hub.suspend(self.instance_id, reason))

    def resume(self, reason: str = "") -> None:
        """Have it go on, and let what follows run without time passing."""
        self._app._do(self._app._parts.hub.resume(self.instance_id, reason))

    def __repr__(self) -> str:
        return f"<orchestration {self.instance_id!r}: {self.runtime_status}>"


class Entity:
    """One entity under test."""

    def __init__(self, app: DurableApp, entity_id: EntityId) -> None:
        self._app = app
        self.entity_id = entity_id

    def signal(self, operation: str, input: Any = None) -> None:
        """Send an operation, and let what follows run without time passing."""
        text = None if input is None else json.dumps(json.dumps(input))
        self._app._do(self._app._parts.hub.signal_entity(self.entity_id, operation, text))

    @property
    def exists(self) -> bool:
        """Whether it has a state: an operation has set one, and none has deleted it since."""
        record = self._app._call(self._app._parts.hub.get_entity(self.entity_id))
        return record is not None and record.exists

    @property
    def state(self) -> Any:
        """The state as of its last operation; None where it has none."""
        record = self._app._call(self._app._parts.hub.get_entity(self.entity_id))
        return None if record is None else decoded(record.state)


def decoded(text: str | None) -> Any:
    """A stored JSON text as a value."""
    return None if text is None else json.loads(text)
