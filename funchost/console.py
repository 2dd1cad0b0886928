"""What the terminal shows: the banner, the functions, and log lines in the shapes of Core Tools.

Source: Core Tools 4.14 ``DisplayFunctionsInfoUtilities`` and its console logger.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import sys
from collections.abc import Iterable, Mapping
from functools import lru_cache
from time import perf_counter
from typing import Any, TextIO, cast

import click

from funchost import __version__
from funchost.app.index import AppIndex, FunctionInfo, IndexProblem
from funchost.clock import Clock
from funchost.dispatch.invoker import TIMEOUT_ERROR, Executed, Executing, InvocationEvent, TimedOut
from funchost.http.routing import methods_of, url_template
from funchost.prompt import Ending, at_end_of_turn
from funchost.wire.timestamps import format_time_span
from funchost.worker.categories import is_system
from funchost.worker.contract import LogLine

HOST_CATEGORY = "Host.General"
_UNHEARD = "\a\b"
"""What a log line may do to a terminal but must not; ``splitlines`` takes out the other controls."""


class LogLevels:
    """Which lines are shown: the level of the longest matching category of ``logging.logLevel``."""

    def __init__(self, configured: Mapping[str, int], *, verbose: bool) -> None:
        self._by_category = {name: level for name, level in configured.items() if name.lower() != "default"}
        self._default = next((v for name, v in configured.items() if name.lower() == "default"), None)
        self._verbose = verbose
        self._threshold = lru_cache(maxsize=1000)(self._longest_match)

    def shows(self, category: str, level: int) -> bool:
        return level >= self._threshold(category)

    def lowest(self) -> int:
        """The lowest level that any line of user code is shown at."""
        thresholds = [v for k, v in self._by_category.items() if k.startswith("Function")]
        return min([self._threshold("Function.User"), *thresholds])

    def _longest_match(self, category: str) -> int:
        matching = [known for known in self._by_category if f"{category}.".startswith(f"{known}.")]
        if matching:
            return self._by_category[max(matching, key=len)]
        if self._default is not None:
            return self._default
        return logging.WARNING if is_system(category) and not self._verbose else logging.INFO


class _PatientStream:
    """A stream that loses what cannot be written: work goes on when a log's disk is full or its reader gone."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._is_broken = False

    def write(self, text: str) -> int:
        try:
            return self._stream.write(text)
        except (OSError, ValueError):
            self._is_broken = True
            return len(text)

    def flush(self) -> None:
        try:
            self._stream.flush()
        except (OSError, ValueError):
            self._is_broken = True

    def close_if_broken(self) -> None:
        if self._is_broken:
            with contextlib.suppress(OSError, ValueError):
                self._stream.close()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)


class Console:
    """Prints. Results and logs go to stdout, errors that end the command to stderr."""

    def __init__(self, clock: Clock, levels: LogLevels, *, out: TextIO | None = None) -> None:
        self._clock = clock
        self._levels = levels
        self._out = _PatientStream(out or sys.stdout)
        self._unwritten: list[str] = []
        self._prefixed_at, self._prefix = 0.0, ""
        self._is_coloured = self._out.isatty() and not os.environ.get("NO_COLOR")

    def close(self) -> None:
        """Let go of a stream that takes nothing more; Python itself would fail on it at the end of the process."""
        self._flush()
        self._out.close_if_broken()

    # -- At the start ---------------------------------------------------------------------------------------

    def banner(self, runtime_version: str, environment: str) -> None:
        self._write(
            f"\nfunchost {__version__}, an embedded host for Durable Functions (development and tests)\n"
            f"Function Runtime Version: {runtime_version}\n{environment}\n",
            dim=True,
        )

    def functions(self, index: AppIndex, route_prefix: str, base_url: str) -> None:
        """The block that Core Tools prints once the app is ready."""
        enabled = [function for function in index.functions if not function.disabled]
        if enabled:
            self._write("\nFunctions:\n")
        ordered = sorted(index.functions, key=lambda f: (f.trigger.type != "httpTrigger", f.name.lower()))
        for function in ordered:
            if function.disabled:
                self._write(f"Function {function.name} is disabled.")
            else:
                self._write(f"\t{_describe(function, route_prefix, base_url)}\n", colour="yellow")

    def dashboard(self, url: str, hidden_by: str | None) -> None:
        """Where the dashboard is, or the function whose route hides it."""
        if hidden_by is None:
            self._write(f"Dashboard: {url}\n")
        else:
            self._write(f"Dashboard: none, as the function {hidden_by} answers {url}\n")

    def problems(self, problems: Iterable[IndexProblem]) -> None:
        """Functions left out, each with the place and the reason."""
        for problem in problems:
            self.error(describe_problem(problem))

    # -- While it runs --------------------------------------------------------------------------------------

    def info(self, text: str, category: str = HOST_CATEGORY) -> None:
        self._log(category, logging.INFO, text)

    def notice(self, text: str) -> None:
        """A line that is shown whatever the levels."""
        self._print(text, None)

    def warn(self, text: str) -> None:
        self._log(HOST_CATEGORY, logging.WARNING, text)

    def error(self, text: str) -> None:
        self._log(HOST_CATEGORY, logging.ERROR, text)

    def on_log(self, line: LogLine) -> None:
        """A line of user code."""
        self._log(line.category, line.level, line.message)

    def on_invocation(self, event: InvocationEvent) -> None:
        """A function begins, ends or runs out of time."""
        category, name = f"Function.{event.function_name}", f"'Functions.{event.function_name}'"
        match event:
            case Executing():
                text = f"Executing {name} (Reason='{event.reason}', Id={event.invocation_id})"
                self._log(category, logging.INFO, text)
            case Executed() if event.failure is None:
                text = f"Executed {name} (Succeeded, Id={event.invocation_id}, Duration={event.duration_ms:.0f}ms)"
                self._log(category, logging.INFO, text)
            case Executed():
                self._failed(event, category, name)
            case TimedOut():
                self._log(
                    category,
                    logging.ERROR,
                    f"Timeout value of {format_time_span(event.limit)} exceeded by function {name} "
                    f"(Id: '{event.invocation_id}'). Initiating cancellation.",
                )

    def _failed(self, event: Executed, category: str, name: str) -> None:
        failure = event.failure
        assert failure is not None
        # What follows the label is for the engine; a reader wants the failure.
        text = failure.text.partition("\n\n$OutOfProcData$:")[0]
        if failure.error_type == TIMEOUT_ERROR:
            shown = f"Microsoft.Azure.WebJobs.Host: {failure.message}."
        else:
            shown = (
                f"System.Private.CoreLib: Exception while executing function: {name[1:-1]}. "
                f"System.Private.CoreLib: Result: Failure\nException: {text}\nStack: {failure.stack}"
            )
        self._log(
            category,
            logging.ERROR,
            f"Executed {name} (Failed, Id={event.invocation_id}, Duration={event.duration_ms:.0f}ms)\n{shown}",
        )

    def _log(self, category: str, level: int, text: str) -> None:
        if self._levels.shows(category, level):
            colour = "red" if level >= logging.ERROR else "yellow" if level >= logging.WARNING else None
            self._print(text, colour)

    def _print(self, text: str, colour: str | None) -> None:
        prefix = self._time()
        if text.isprintable():  # one line, and most are
            self._write(prefix + text, colour=colour)
            return
        for control in _UNHEARD:
            text = text.replace(control, "")
        lines = text.splitlines() or [""]
        self._write("\n".join([prefix + line for line in lines]), colour=colour)

    def _write(self, text: str, *, colour: str | None = None, dim: bool = False) -> None:
        """Print a text and an end of line; plain text, as there is much of it, at the end of the loop's turn."""
        if self._is_coloured and (colour or dim):
            self._flush()
            styled = click.style(text, fg=colour, dim=dim or None)
            click.echo(styled, file=cast(TextIO, self._out), color=True)
            return
        self._unwritten.append(f"{text}\n")
        if len(self._unwritten) > 1:
            return
        try:
            loop = asyncio.get_running_loop()
        except RuntimeError:
            self._flush()
        else:  # once for all that this turn of the loop prints
            at_end_of_turn(loop, Ending.SHOW, self._flush)

    def _flush(self) -> None:
        if self._unwritten:
            self._out.write("".join(self._unwritten))
            self._unwritten.clear()
            self._out.flush()

    def _time(self) -> str:
        """The time in brackets; spelled once for all that a turn of the loop prints within a millisecond."""
        at = perf_counter()
        if not self._unwritten or at - self._prefixed_at > 0.001:
            self._prefixed_at = at
            self._prefix = f"[{self._clock.now().isoformat(timespec='milliseconds')[:23]}Z] "
        return self._prefix


class ConsoleHandler(logging.Handler):
    """Shows what the host's own modules log."""

    def __init__(self, console: Console, levels: LogLevels) -> None:
        super().__init__()
        self._console = console
        self._levels = levels

    def emit(self, record: logging.LogRecord) -> None:
        if self._levels.shows("Host.Triggers.DurableTask", record.levelno):
            self._console.notice(self.format(record))


def describe_problem(problem: IndexProblem) -> str:
    """One sentence with the place, then the reason."""
    place = ""
    if problem.file is not None:
        place = f" ({problem.file}{'' if problem.line is None else f':{problem.line}'})"
    if problem.function_name is None:
        return f"{place.strip(' ()')}: {problem.message}" if place else problem.message
    return f"The '{problem.function_name}' function is in error{place}: {problem.message}"


def _describe(function: FunctionInfo, route_prefix: str, base_url: str) -> str:
    if function.trigger.type != "httpTrigger":
        return f"{function.name}: {function.trigger.type}"
    methods = methods_of(function)
    listed = f"[{','.join(methods)}]" if methods else ""
    return f"{function.name}: {listed} {url_template(function, route_prefix, base_url)}"
