"""The eight runtime statuses of an orchestration instance."""

from __future__ import annotations

from enum import Enum


class RuntimeStatus(str, Enum):
    """Spelled as the management API spells them (one l in ``Canceled``)."""

    RUNNING = "Running"
    COMPLETED = "Completed"
    CONTINUED_AS_NEW = "ContinuedAsNew"
    FAILED = "Failed"
    CANCELED = "Canceled"
    TERMINATED = "Terminated"
    PENDING = "Pending"
    SUSPENDED = "Suspended"

    @property
    def is_terminal(self) -> bool:
        """Whether an instance in this status has finished and takes no more messages."""
        return self in TERMINAL


TERMINAL = frozenset(
    {RuntimeStatus.COMPLETED, RuntimeStatus.FAILED, RuntimeStatus.CANCELED, RuntimeStatus.TERMINATED}
)
