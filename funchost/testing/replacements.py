"""Stand-ins for activities, sub-orchestrations and durable HTTP calls, and the record of what was called."""

from __future__ import annotations

import inspect
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from funchost.app.index import AppIndex
from funchost.worker.contract import Failed, Invocation, InvocationResult, Succeeded, Workers

ORCHESTRATION = "orchestrationTrigger"
ACTIVITY = "activityTrigger"


@dataclass(frozen=True, slots=True)
class Call:
    """One call that a stand-in answered: the decoded input."""

    input: Any


@dataclass(slots=True)
class Replacement:
    """A stand-in. ``calls`` lists what it was called with, oldest first.

    ``answer`` is a function of the input, a value, an exception (raised), or a list of these, one per call; the
    last entry of a list serves all further calls.
    """

    name: str
    answer: Any
    calls: list[Call] = field(default_factory=list)

    @property
    def inputs(self) -> list[Any]:
        """The inputs of all calls."""
        return [call.input for call in self.calls]

    @property
    def call_count(self) -> int:
        """How often it was called."""
        return len(self.calls)

    def assert_called_with(self, *inputs: Any) -> None:
        """Assert that the calls had exactly these inputs, in this order."""
        assert self.inputs == list(inputs), f"{self.name} was called with {self.inputs}, not {list(inputs)}"

    def assert_not_called(self) -> None:
        """Assert that nothing called it."""
        assert not self.calls, f"{self.name} was called with {self.inputs}"

    def respond(self, value: Any) -> Any:
        """The answer to one call; raises where the answer is an error."""
        self.calls.append(Call(value))
        answer = self.answer
        if isinstance(answer, list):
            answer = answer[min(len(self.calls), len(answer)) - 1]
        if isinstance(answer, BaseException) or (inspect.isclass(answer) and issubclass(answer, BaseException)):
            raise answer
        return _apply(answer, value) if callable(answer) else answer


def _apply(function: Callable[..., Any], value: Any) -> Any:
    return function(value) if inspect.signature(function).parameters else function()


class ReplacingWorkers:
    """Workers that answer for replaced functions themselves and pass the rest on.

    Also keeps, per orchestration instance, how its orchestrator last failed, for whoever explains the failure.
    """

    def __init__(self, inner: Workers) -> None:
        self._inner = inner
        self._index: AppIndex | None = None
        self._replaced: dict[str, Replacement] = {}
        self.failures: dict[str, Failed] = {}

    def replace(self, name: str, answer: Any) -> Replacement:
        """Have ``answer`` stand in for the activity or orchestrator of this name. Raises LookupError."""
        assert self._index is not None, "start() comes first"
        known = {
            key.lower(): function.name
            for function in self._index.functions
            if function.trigger.type in (ACTIVITY, ORCHESTRATION)
            for key in (function.name, function.durable_name)
        }
        if name.lower() not in known:
            raise LookupError(
                f"The app has no activity or orchestrator {name!r} to replace; it has {', '.join(sorted(known))}."
            )
        replacement = Replacement(name, answer)
        self._replaced[known[name.lower()]] = replacement
        return replacement

    def remember_calls(self) -> dict[str, list[Call]]:
        """What every stand-in was called with so far, for ``restore_calls``."""
        return {name: list(replacement.calls) for name, replacement in self._replaced.items()}

    def forget_calls(self) -> None:
        """Have every stand-in begin again: an answer that is a list starts with its first entry."""
        for replacement in self._replaced.values():
            replacement.calls.clear()

    def restore_calls(self, calls: Mapping[str, list[Call]]) -> None:
        for name, replacement in self._replaced.items():
            replacement.calls[:] = calls.get(name, [])

    async def start(self) -> AppIndex:
        self._index = await self._inner.start()
        return self._index

    async def stop(self) -> None:
        await self._inner.stop()

    async def abandon(self, invocation_id: str) -> None:
        await self._inner.abandon(invocation_id)

    async def invoke(self, invocation: Invocation) -> InvocationResult:
        replacement = self._replaced.get(invocation.function_name)
        if replacement is not None and isinstance(invocation.trigger, str):
            return self._stand_in(replacement, invocation)
        result = await self._inner.invoke(invocation)
        if isinstance(result, Failed) and isinstance(invocation.trigger, str):
            self.failures[_instance_id(invocation.trigger)] = result
        return result

    def _stand_in(self, replacement: Replacement, invocation: Invocation) -> InvocationResult:
        assert self._index is not None
        trigger = next(f.trigger.type for f in self._index.functions if f.name == invocation.function_name)
        received = json.loads(str(invocation.trigger))
        if trigger == ORCHESTRATION:
            text = received["input"]
            received = None if text is None else json.loads(text)
        try:
            value: Any = replacement.respond(received)
        except Exception as error:
            return Failed(
                error_type=type(error).__name__, message=str(error), stack=f"(raised by {replacement.name})"
            )
        if trigger == ORCHESTRATION:
            value = {"isDone": True, "actions": [[]], "output": value, "schemaVersion": 2}
        return Succeeded(value=json.dumps(value))


def _instance_id(trigger: str) -> str:
    try:
        context = json.loads(trigger)
    except ValueError:
        return ""
    return str(context.get("instanceId", "")) if isinstance(context, dict) else ""
