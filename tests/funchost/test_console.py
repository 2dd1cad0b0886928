"""What the terminal shows, in the shapes of Core Tools."""

from __future__ import annotations

import asyncio
import io
import logging
from datetime import datetime, timedelta, timezone

import pytest

from funchost.app.index import AppIndex, Binding, FunctionInfo, IndexProblem
from funchost.console import Console, LogLevels, describe_problem
from funchost.dispatch.invoker import TIMEOUT_ERROR, Executed, Executing, TimedOut
from funchost.testing.virtual_clock import VirtualClock
from funchost.worker.contract import Failed, LogLine

NOON = datetime(2026, 1, 2, 3, 4, 5, 678_000, tzinfo=timezone.utc)


def function(name: str, trigger: str, **properties: object) -> FunctionInfo:
    binding = Binding(name="x", type=trigger, direction="IN", properties=properties)
    return FunctionInfo(
        name=name, trigger=binding, bindings=(binding,), script_file="a.py", entry_point=name, directory="."
    )


def printed(configured: dict[str, int] | None = None, *, verbose: bool = False) -> tuple[Console, io.StringIO]:
    out = io.StringIO()
    return Console(VirtualClock(NOON), LogLevels(configured or {}, verbose=verbose), out=out), out


def test_functions_are_listed_as_core_tools_lists_them() -> None:
    console, out = printed()
    functions = (
        function("say_hello", "activityTrigger"),
        function("Zeta", "httpTrigger", methods=["GET", "POST"], route="z/{id}"),
        function("alpha", "httpTrigger"),
    )
    console.functions(
        AppIndex(programming_model="v2", python_version="3.11", functions=functions), "api", "http://localhost:7071"
    )
    assert out.getvalue() == (
        "\nFunctions:\n\n"
        "\talpha:  http://localhost:7071/api/alpha\n\n"
        "\tZeta: [GET,POST] http://localhost:7071/api/z/{id}\n\n"
        "\tsay_hello: activityTrigger\n\n"
    )


def test_every_line_of_a_message_has_the_time_before_it() -> None:
    console, out = printed()
    line = LogLine(
        invocation_id=None,
        function_name="f",
        level=logging.INFO,
        category="Function.f.User",
        message="one\ntwo [x]",
    )
    console.on_log(line)
    assert out.getvalue() == "[2026-01-02T03:04:05.678Z] one\n[2026-01-02T03:04:05.678Z] two [x]\n"


def test_an_invocation_is_told_as_core_tools_tells_it() -> None:
    console, out = printed()
    console.on_invocation(Executing(function_name="f", invocation_id="id", reason="(null)"))
    console.on_invocation(Executed(function_name="f", invocation_id="id", duration_ms=12.3, failure=None))
    assert [line[27:] for line in out.getvalue().splitlines()] == [
        "Executing 'Functions.f' (Reason='(null)', Id=id)",
        "Executed 'Functions.f' (Succeeded, Id=id, Duration=12ms)",
    ]


def test_a_failure_shows_its_text_and_traceback_but_not_the_engine_s_data() -> None:
    console, out = printed()
    failure = Failed(error_type="ValueError", message='boom\n\n$OutOfProcData$:{"a": 1}', stack='  File "x.py"')
    console.on_invocation(Executed(function_name="f", invocation_id="id", duration_ms=1, failure=failure))
    text = out.getvalue()
    assert "Executed 'Functions.f' (Failed, Id=id, Duration=1ms)" in text
    assert "Result: Failure" in text
    assert "Exception: ValueError: boom" in text
    assert 'File "x.py"' in text
    assert "OutOfProcData" not in text


@pytest.mark.parametrize(
    ("configured", "verbose", "category", "level", "shown"),
    [
        ({}, False, "Function.f.User", logging.INFO, True),
        ({}, False, "Function.f.User", logging.DEBUG, False),
        ({}, False, "Host.General", logging.INFO, False),
        ({}, False, "Host.General", logging.WARNING, True),
        ({}, True, "Host.General", logging.INFO, True),
        ({"default": logging.ERROR}, False, "Function.f.User", logging.WARNING, False),
        ({"Function": logging.WARNING}, False, "Function.f", logging.INFO, False),
        ({"Function": logging.WARNING, "Function.f": logging.DEBUG}, False, "Function.f.User", logging.DEBUG, True),
        ({"Function.f": logging.ERROR}, False, "Function.fine", logging.INFO, True),
    ],
)
def test_the_longest_matching_category_decides(
    configured: dict[str, int], verbose: bool, category: str, level: int, shown: bool
) -> None:
    assert LogLevels(configured, verbose=verbose).shows(category, level) is shown


def test_a_problem_names_the_function_the_place_and_the_reason() -> None:
    problem = IndexProblem(function_name="f", message="no trigger", file="function_app.py", line=3)
    assert describe_problem(problem) == "The 'f' function is in error (function_app.py:3): no trigger"


def test_a_function_that_runs_out_of_time_is_told_as_core_tools_tells_it() -> None:
    console, out = printed()
    console.on_invocation(TimedOut(function_name="f", invocation_id="id", limit=timedelta(minutes=1)))
    failure = Failed(
        error_type=TIMEOUT_ERROR,
        message="Timeout value of 00:01:00 was exceeded by function: Functions.f",
        stack="",
    )
    console.on_invocation(Executed(function_name="f", invocation_id="id", duration_ms=60_066, failure=failure))
    assert [line.partition("] ")[2] for line in out.getvalue().splitlines()] == [
        "Timeout value of 00:01:00 exceeded by function 'Functions.f' (Id: 'id'). Initiating cancellation.",
        "Executed 'Functions.f' (Failed, Id=id, Duration=60066ms)",
        "Microsoft.Azure.WebJobs.Host: Timeout value of 00:01:00 was exceeded by function: Functions.f.",
    ]


class _ScreenOfItsOwn(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_warnings_and_errors_are_coloured_on_a_terminal_only(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NO_COLOR", raising=False)
    screen = _ScreenOfItsOwn()
    console = Console(VirtualClock(NOON), LogLevels({}, verbose=False), out=screen)
    console.notice("plain")
    console.error("bad")
    console.warn("odd")
    assert screen.getvalue().splitlines() == [
        "[2026-01-02T03:04:05.678Z] plain",
        "\x1b[31m[2026-01-02T03:04:05.678Z] bad\x1b[0m",
        "\x1b[33m[2026-01-02T03:04:05.678Z] odd\x1b[0m",
    ]


def test_no_color_is_honoured(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    screen = _ScreenOfItsOwn()
    Console(VirtualClock(NOON), LogLevels({}, verbose=False), out=screen).error("bad")
    assert screen.getvalue() == "[2026-01-02T03:04:05.678Z] bad\n"


class _Flushed(io.StringIO):
    """Counts how often it is flushed."""

    count = 0

    def flush(self) -> None:
        self.count += 1


def test_what_one_turn_of_the_event_loop_prints_is_flushed_once_and_at_once() -> None:
    out = _Flushed()
    console = Console(VirtualClock(NOON), LogLevels({}, verbose=False), out=out)

    async def prints() -> None:
        for _ in range(3):
            console.notice("line")
        assert out.count == 0
        await asyncio.sleep(0)
        assert out.count == 1

    asyncio.run(prints())
    console.notice("outside any loop")
    assert out.count == 2
