"""What the host asks of a worker and what comes back. Imported by worker processes: standard library only."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import field
from typing import Protocol, TypeAlias

from funchost.app.index import AppIndex
from funchost.record import record


@record
class HttpRequestData:
    """A request as the host received it. ``url`` is absolute, with query; header names keep their case."""

    method: str
    url: str
    headers: tuple[tuple[str, str], ...]
    route_params: Mapping[str, str]
    body: bytes


@record
class HttpResponseData:
    """The response a function gave, ready to send."""

    status_code: int
    headers: tuple[tuple[str, str], ...]
    body: bytes


TriggerValue: TypeAlias = HttpRequestData | str
"""HTTP functions get a request; durable functions get JSON text; a timer gets its JSON text."""


@record
class Session:
    """An execution whose orchestrator a worker may keep alive between episodes (an *extended session*).

    ``key`` names the execution. With ``known_events`` 0 the trigger holds the whole history, and the worker keeps
    the orchestrator afterwards where it can. Otherwise the trigger is a JSON list of what an orchestrator that has
    seen ``known_events`` events and asked for ``known_actions`` top-level actions is to be told of; it has seen
    ``events`` then, and the reply holds only the actions that came of it. A worker that does not hold exactly this
    answers without a value.

    With ``replays`` the orchestrator is not kept but its parsed history: the trigger is a whole one whose history
    lacks the first ``known_events`` events, and the reply is that of a replay, with every action.
    """

    key: str
    known_events: int = 0
    known_actions: int = 0
    events: int = 0
    replays: bool = False


@record
class Following:
    """The episode of an orchestrator that is to follow the success of an activity, in the same process and at once.

    For one that is kept alive and waits for nothing but this activity: what the host would send next is known
    before, but for the activity's result and the time. ``events`` is a trigger of the ``session``; its last two
    events have no ``Timestamp`` yet, and the last, ``TaskCompleted``, no ``Result``. ``not_before`` is the earliest
    time of the episode, in the shape of those timestamps.
    """

    invocation_id: str
    function_name: str
    session: Session
    events: str
    not_before: str


@record
class Invocation:
    """One call of one function. ``inputs`` holds a text per further input binding (``durableClient``).

    ``alone`` asks for a process in which nothing else runs: for what ran in a process that died, and may be why.
    ``following`` may be run by the worker after an activity has succeeded, if it holds the session.
    """

    invocation_id: str
    function_name: str
    trigger: TriggerValue
    inputs: Mapping[str, str] = field(default_factory=dict)
    session: Session | None = None
    alone: bool = False
    following: Following | None = None


@record
class Succeeded:
    """The function returned. ``value``: a response for HTTP, JSON text for durable functions, else None.

    ``session_kept``: the orchestrator, or its history, is kept under the invocation's session.
    ``canceled_timers``: numbers, in order of creation, of timers created before what this reply lists and cancelled
    since the last reply.
    ``followed_at``: the time of the episode that follows, where the worker has gone on with it; ``episode`` then
    gives that one's result, and raises as ``Workers.invoke`` does.
    """

    value: HttpResponseData | str | None
    session_kept: bool = False
    canceled_timers: tuple[int, ...] = ()
    followed_at: str | None = None
    episode: Awaitable[InvocationResult] | None = field(default=None, compare=False)


@record
class Failed:
    """User code raised. ``message`` is ``str(exception)``, ``stack`` the traceback text without the message.

    ``error_type`` is empty where the exception could not be put into words.
    """

    error_type: str
    message: str
    stack: str

    @property
    def text(self) -> str:
        """``ValueError: boom``, as the worker tells the host."""
        return f"{self.error_type}: {self.message}" if self.error_type else self.message


InvocationResult: TypeAlias = Succeeded | Failed


@record
class LogLine:
    """A record logged, or text printed, by user code. ``level`` is a ``logging`` level number."""

    invocation_id: str | None
    function_name: str | None
    level: int
    category: str
    message: str


OnLog: TypeAlias = Callable[[LogLine], None]


class WorkerLost(Exception):
    """The worker process died while it held this invocation; nothing is known about how far it got."""


class Workers(Protocol):
    """One or more places that run the app's functions.

    ``invoke`` may be called many times at once; implementations spread calls over their processes and threads
    (activities and HTTP functions never keep an orchestrator waiting). They replace a process that dies.
    """

    async def start(self) -> AppIndex:
        """Bring the workers up and index the app. Raises ``errors.WorkerStartFailed`` with the cause."""
        ...

    def invoke(self, invocation: Invocation) -> Awaitable[InvocationResult]:
        """Run one function. Raises ``WorkerLost`` where its process died under it. To be awaited at once."""
        ...

    async def abandon(self, invocation_id: str) -> None:
        """End the process that runs this invocation, and replace it; nothing happens where none does."""
        ...

    async def stop(self) -> None:
        """End every process; running invocations raise ``WorkerLost``. Idempotent."""
        ...
