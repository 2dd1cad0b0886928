"""A logger for orchestrators.

An orchestrator is run again from its first line whenever something it waited for has happened. Lines that
are reached again were logged when they were reached first.
"""

import logging

import azure.durable_functions as df


class ReplaySafeLogger:
    """Logs what happens now, and keeps quiet about what is only replayed."""

    def __init__(self, context: df.DurableOrchestrationContext, name: str) -> None:
        self._context = context
        self._logger = logging.getLogger(name)

    def info(self, message: str, *args: object) -> None:
        self._log(logging.INFO, message, *args)

    def warning(self, message: str, *args: object) -> None:
        self._log(logging.WARNING, message, *args)

    def _log(self, level: int, message: str, *args: object) -> None:
        if not self._context.is_replaying:
            self._logger.log(level, f"[{self._context.instance_id}] {message}", *args)
