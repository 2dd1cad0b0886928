"""The pytest plugin and the drivers for every host an app can be tested on."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from funchost.testing.client import FunctionAppClient as FunctionAppClient
    from funchost.testing.durable import DurableApp as DurableApp
    from funchost.testing.subjects import Entity as Entity
    from funchost.testing.subjects import Orchestration as Orchestration
    from funchost.testing.subjects import OrchestrationDiffers as OrchestrationDiffers
    from funchost.testing.subjects import OrchestrationFailed as OrchestrationFailed
    from funchost.testing.subjects import OrchestrationHangs as OrchestrationHangs

_HOMES = {
    "FunctionAppClient": "client",
    "DurableApp": "durable",
    "Entity": "subjects",
    "Orchestration": "subjects",
    "OrchestrationDiffers": "subjects",
    "OrchestrationFailed": "subjects",
    "OrchestrationHangs": "subjects",
}
__all__ = [
    "DurableApp",
    "Entity",
    "FunctionAppClient",
    "Orchestration",
    "OrchestrationDiffers",
    "OrchestrationFailed",
    "OrchestrationHangs",
]


def __getattr__(name: str) -> Any:
    """Import on demand: pytest loads this package in every run, whether or not an app is tested."""
    if name in _HOMES:
        return getattr(importlib.import_module(f"{__name__}.{_HOMES[name]}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
