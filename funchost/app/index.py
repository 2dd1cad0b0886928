"""The index of an app: its functions, their bindings, and what is wrong with those left out.

Built where the app's code can be imported (a worker), read by the host; ``encode`` and ``decode`` carry it
between them as JSON.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

TRIGGERS_RUN = frozenset(
    {"httpTrigger", "orchestrationTrigger", "activityTrigger", "entityTrigger", "timerTrigger", "warmupTrigger"}
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Binding:
    """One binding as in ``function.json``: ``properties`` holds every key but name, type and direction."""

    name: str
    type: str
    direction: str
    properties: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class FunctionInfo:
    """One function that can run.

    ``durable_name`` is the name by which orchestrations, activities and entities are called: the binding's
    ``orchestration``, ``activity`` or ``entityName`` where set, else the function's name. ``has_retry_policy``: the
    app asks for runs that fail to be repeated, which the real host does for some triggers.
    """

    name: str
    trigger: Binding
    bindings: tuple[Binding, ...]
    script_file: str
    entry_point: str
    directory: str
    disabled: bool = False
    has_retry_policy: bool = False

    @property
    def durable_name(self) -> str:
        for key in ("orchestration", "activity", "entityName"):
            if value := self.trigger.properties.get(key):
                return str(value)
        return self.name

    @property
    def client_bindings(self) -> tuple[Binding, ...]:
        return tuple(b for b in self.bindings if b.type in ("durableClient", "orchestrationClient"))


@dataclass(frozen=True, slots=True, kw_only=True)
class IndexProblem:
    """A function, or the whole app (``function_name`` None), that cannot be indexed, and where and why."""

    function_name: str | None
    message: str
    file: str | None = None
    line: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class AppIndex:
    """Everything the host needs to know of an app.

    ``programming_model`` is ``v1`` or ``v2``; versions are as installed, None where the package is missing.
    """

    programming_model: str
    python_version: str
    functions: tuple[FunctionInfo, ...]
    problems: tuple[IndexProblem, ...] = ()
    azure_functions_version: str | None = None
    durable_sdk_version: str | None = None


def encode(index: AppIndex) -> str:
    """The index as JSON text."""
    return json.dumps(asdict(index))


def decode(text: str) -> AppIndex:
    """The index out of ``encode``'s text. Raises ``ValueError``, ``KeyError`` or ``TypeError`` for any other."""
    fields = json.loads(text)
    functions = tuple(
        FunctionInfo(
            **{
                **function,
                "trigger": Binding(**function["trigger"]),
                "bindings": tuple(Binding(**binding) for binding in function["bindings"]),
            }
        )
        for function in fields["functions"]
    )
    problems = tuple(IndexProblem(**problem) for problem in fields["problems"])
    return AppIndex(**{**fields, "functions": functions, "problems": problems})
