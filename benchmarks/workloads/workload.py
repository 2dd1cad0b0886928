"""What a workload is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

FUNCHOST, SDK, DURABLETASK, DBOS, LANGGRAPH = "funchost", "sdk", "durabletask", "dbos", "langgraph"
ENGINES_WITH_STORE = (FUNCHOST, DURABLETASK, DBOS, LANGGRAPH)


@dataclass(frozen=True, slots=True)
class Variant:
    """An engine set up in a certain way. ``name`` is its column in the table."""

    name: str
    engine: str
    options: Mapping[str, Any] = field(default_factory=dict)


def plain(*engines: str) -> tuple[Variant, ...]:
    """Engines as they are."""
    return tuple(Variant(engine, engine) for engine in engines)


@dataclass(frozen=True, slots=True)
class Workload:
    """Something that each of ``variants`` does in every round.

    Attributes:
        key: Its name on the command line and in the JSON.
        method: The contestants' method, called with ``arguments``. ``{"number": None}`` among them becomes the
            number of the round.
        samples: How often it runs in a round, whose figure is the median.
        special: Arguments that replace those of the same name for one engine.
    """

    key: str
    title: str
    method: str
    arguments: Mapping[str, Any]
    variants: tuple[Variant, ...]
    samples: int = 1
    special: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)

    def arguments_for(self, engine: str, round_number: int) -> dict[str, Any]:
        given = {**self.arguments, **self.special.get(engine, {})}
        if "number" in given:
            given["number"] = round_number
        return given
