"""Which category a log line belongs to, as ``host.json``'s ``logging.logLevel`` names them.

Source: functions-host reference B.8. Imported by worker processes: standard library only.
"""

from __future__ import annotations

CONSOLE = "Host.Function.Console"
"""What user code prints, and what its process writes to its standard error."""

USER = "Function.User"
"""Records logged outside any invocation, by user code or a library."""

SYSTEM_PREFIX = "Worker."
"""The SDK's and the worker's own loggers: hidden below Warning unless asked for."""

_SYSTEM_LOGGERS = ("azure.functions", "azure_functions_worker", "proxy_worker", "azure_functions_runtime")


def category_of(logger_name: str, function_name: str | None) -> str:
    """The category of a record, by its logger and the function that was running."""
    if logger_name.startswith(_SYSTEM_LOGGERS):
        return SYSTEM_PREFIX + logger_name
    return f"Function.{function_name}.User" if function_name else USER


def is_system(category: str) -> bool:
    """Whether lines of this category are the machinery's own rather than the app's."""
    return not (category.startswith("Function.") or category == CONSOLE)
