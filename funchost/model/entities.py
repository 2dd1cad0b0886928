"""Entity identity and the request an entity is sent."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from funchost.record import record


@dataclass(frozen=True, slots=True)
class EntityId:
    """Addressable state, written ``@name@key``; ``name`` is always lower case, ``key`` is case-sensitive.

    Source: Azure/azure-functions-durable-extension ``EntityScheduler/EntityId.cs``.
    """

    name: str
    key: str

    def __post_init__(self) -> None:
        object.__setattr__(self, "name", self.name.lower())

    def __str__(self) -> str:
        return f"@{self.name}@{self.key}"

    @classmethod
    def parse(cls, instance_id: str) -> EntityId:
        """Read ``@name@key``; the key may itself contain ``@``. Raises ValueError on any other text."""
        if not instance_id.startswith("@") or "@" not in instance_id[1:]:
            raise ValueError(f"not an entity id: {instance_id!r}")
        name, key = instance_id[1:].split("@", 1)
        return cls(name, key)


@record
class EntityRequest:
    """An operation for an entity.

    ``input`` is the text handed to the entity's function: JSON text of JSON text, or None.
    ``request_id`` names the answer; ``caller_id`` and ``caller_execution_id`` say who waits for it, and are
    None for a signal.
    """

    timestamp: datetime
    operation: str
    input: str | None
    request_id: str
    is_signal: bool
    caller_id: str | None = None
    caller_execution_id: str | None = None
