"""Every error funchost raises on purpose. Each says what happened, to what, and what to do next.

Two families. ``StartError`` and its kin end a command: the text goes to stderr and the exit code is 1.
``DurableError`` and its kin answer a request: ``funchost.http`` turns each into the status code and body of
the Durable HTTP API. Texts that clients compare are the extension's own, word for word.
"""

from __future__ import annotations

from collections.abc import Iterable

from funchost.model.status import RuntimeStatus


class FuncHostError(Exception):
    """Base of every error raised on purpose."""


# -- Starting -----------------------------------------------------------------------------------------------


class StartError(FuncHostError):
    """The host cannot start or go on; the text names the cause and the next step."""


class TaskHubLocked(StartError):
    """Another host has this task hub open."""

    def __init__(self, path: str, owner: str) -> None:
        super().__init__(path, owner)
        self.path, self.owner = path, owner

    def __str__(self) -> str:
        return (
            f"The task hub in {self.path} is already open in another host ({self.owner}). "
            "Stop that host first, or give this one its own state folder: funchost start --state DIR"
        )


class StoreError(StartError):
    """The task hub's database cannot be used: unreadable, read-only, corrupt, too new, or the disk is full."""


class WorkerStartFailed(StartError):
    """A worker process did not come up, so the app cannot run."""


# -- Commands -----------------------------------------------------------------------------------------------


class CommandFailed(FuncHostError):
    """A command other than ``start`` cannot be carried out; the text says why and what to type next."""


# -- Answering ----------------------------------------------------------------------------------------------


class DurableError(FuncHostError):
    """A request to the durable engine that cannot be carried out."""


class InstanceNotFound(DurableError, LookupError):
    """No orchestration instance has this id."""

    def __init__(self, instance_id: str) -> None:
        super().__init__(instance_id)
        self.instance_id = instance_id

    def __str__(self) -> str:
        return f"No instance with ID '{self.instance_id}' found."


class InstanceFinished(DurableError):
    """The instance is in a terminal status and takes no more messages."""

    def __init__(self, instance_id: str, status: RuntimeStatus) -> None:
        super().__init__(instance_id, status)
        self.instance_id, self.status = instance_id, status

    def __str__(self) -> str:
        return f"Instance '{self.instance_id}' has already finished: it is {self.status.value}."


class InstanceNotFinished(DurableError):
    """Only a finished instance can be purged. Source: extension 3.9.1 and later, HTTP 412."""

    def __init__(self, instance_id: str, status: RuntimeStatus) -> None:
        super().__init__(instance_id, status)
        self.instance_id, self.status = instance_id, status

    def __str__(self) -> str:
        return (
            "Only orchestrations in a terminal state can be purged, but the orchestration with instance ID "
            f"{self.instance_id} has status {self.status.value}"
        )


class InstanceExists(DurableError):
    """A live instance already has this id. Source: ``OrchestrationAlreadyExistsException``."""

    def __init__(self, instance_id: str, status: RuntimeStatus) -> None:
        super().__init__(instance_id, status)
        self.instance_id, self.status = instance_id, status

    def __str__(self) -> str:
        return f"An Orchestration instance with the status {self.status.value} already exists."


class InvalidInstanceId(DurableError, ValueError):
    """The id breaks a rule for instance ids; ``str()`` is the extension's sentence for that rule."""


class InvalidTransition(DurableError):
    """The verb is not legal in the instance's present status."""

    def __init__(self, verb: str, instance_id: str, status: RuntimeStatus) -> None:
        super().__init__(verb, instance_id, status)
        self.verb, self.instance_id, self.status = verb, instance_id, status

    def __str__(self) -> str:
        return (
            f"Cannot {self.verb} the orchestration instance {self.instance_id} because instance is in the "
            f"{self.status.value} state."
        )


class RewindRefused(DurableError):
    """The instance is not failed, or rewinding it would give a task another task's result."""

    def __init__(self, instance_id: str, status: RuntimeStatus, text: str) -> None:
        super().__init__(instance_id, status, text)
        self.instance_id, self.status, self.text = instance_id, status, text

    def __str__(self) -> str:
        return self.text


class FunctionNotFound(DurableError, LookupError):
    """No function of this kind has this name. ``kind`` is orchestrator, activity or entity."""

    def __init__(self, kind: str, name: str, known: Iterable[str]) -> None:
        self.kind, self.name, self.known = kind, name, tuple(sorted(known))
        super().__init__(kind, name, self.known)

    def __str__(self) -> str:
        if self.known:
            listed = ", ".join(f"'{name}'" for name in self.known)
            hint = f"The following are the known {self.kind} functions: {listed}."
        else:
            hint = f"No {self.kind} functions are currently registered!"
        return (
            f"The function '{self.name}' doesn't exist, is disabled, or is not an {self.kind} function. "
            f"Additional info: {hint}"
        )
