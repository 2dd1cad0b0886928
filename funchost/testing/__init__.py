"""The pytest plugin and the drivers for every host an app can be tested on."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from funchost.testing.client import FunctionAppClient as FunctionAppClient

__all__ = ["FunctionAppClient"]


def __getattr__(name: str) -> Any:
    """Import on demand: pytest loads this package in every run, whether or not an app is tested."""
    if name == "FunctionAppClient":
        from funchost.testing.client import FunctionAppClient

        return FunctionAppClient
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
