"""What an orchestrator asks for: the actions of its reply, in neutral form.

``input`` is JSON text as the SDK wrote it. A reply lists *every* action since the execution began, oldest
first, and only ever grows from one episode to the next (``azure.durable_functions`` ``OrchestratorState``).
"""

from __future__ import annotations

from datetime import datetime
from typing import TypeAlias

from funchost.model.history import RetryOptions
from funchost.record import record


@record
class CallActivity:
    name: str
    input: str | None
    retry: RetryOptions | None = None


@record
class CallSubOrchestrator:
    """``instance_id`` None: the host derives one."""

    name: str
    input: str | None
    instance_id: str | None
    version: str | None
    retry: RetryOptions | None = None


@record
class CallHttp:
    """``request`` is the JSON text of the request the host is to make."""

    request: str


@record
class CreateTimer:
    """The only action that may change later: ``is_canceled`` can turn true."""

    fire_at: datetime
    is_canceled: bool


@record
class WaitForExternalEvent:
    name: str


@record
class CallEntity:
    instance_id: str
    operation: str
    input: str | None


@record
class SignalEntity:
    """``fire_at`` None: now."""

    instance_id: str
    operation: str
    input: str | None
    fire_at: datetime | None = None


@record
class ContinueAsNewAction:
    input: str | None


@record
class WhenAll:
    children: tuple[OrchestratorAction, ...]


@record
class WhenAny:
    children: tuple[OrchestratorAction, ...]


OrchestratorAction: TypeAlias = (
    CallActivity
    | CallSubOrchestrator
    | CallHttp
    | CreateTimer
    | WaitForExternalEvent
    | CallEntity
    | SignalEntity
    | ContinueAsNewAction
    | WhenAll
    | WhenAny
)


@record
class OrchestratorReply:
    """What came of running the orchestrator over its history.

    ``actions`` are all since the execution began, or, where ``first_action`` says so, those from that one on. None:
    the run broke before the SDK could say what was asked for; then ``error`` is set.
    ``canceled_timers`` are the numbers, in order of creation from 0, of timers that are cancelled; of earlier ones
    only those cancelled since the last reply need to be in it. ``output`` and ``custom_status`` are JSON texts;
    ``error`` is the user's failure text.
    """

    is_done: bool
    actions: tuple[OrchestratorAction, ...] | None
    first_action: int = 0
    canceled_timers: tuple[int, ...] = ()
    output: str | None = None
    custom_status: str | None = None
    error: str | None = None
