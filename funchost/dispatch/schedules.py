"""Runs timer functions: each when its schedule says so, one run of a function at a time.

Where the schedule stands is kept in the task hub after every run, so a host that was off when a run was due makes
up for it once at its next start, with ``past_due`` true. Schedules that come several times a minute are not kept,
as on the real host.

Source: Azure/azure-webjobs-sdk-extensions ``TimerListener.cs``.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, tzinfo

from funchost.app.index import AppIndex, Binding, FunctionInfo, IndexProblem
from funchost.clock import Clock
from funchost.dispatch.invoker import Invoker
from funchost.dispatch.timers import Timers
from funchost.engine.timer_schedule import TimerSchedule, check_status, parse_schedule
from funchost.errors import StoreError
from funchost.model.records import ScheduleStatus
from funchost.store.base import Change, Store
from funchost.wire.timer_info import encode_timer_info, format_local, format_round_trip
from funchost.worker.contract import WorkerLost

TIMER_TRIGGER = "timerTrigger"
OCCURRENCES_TOLD = 5

log = logging.getLogger("funchost.schedules")


@dataclass(frozen=True, slots=True, kw_only=True)
class TimerFunction:
    """A function with a timer trigger. ``is_monitored``: its status is kept, and missed runs are noticed."""

    function: FunctionInfo
    schedule: TimerSchedule
    run_on_startup: bool
    is_monitored: bool

    @property
    def name(self) -> str:
        return self.function.name


def read_timers(index: AppIndex, environ: Mapping[str, str], zone: tzinfo) -> tuple[AppIndex, list[TimerFunction]]:
    """The timer functions that are not disabled; in the index, those whose schedule cannot be read become problems.

    Args:
        environ: The app's settings, in which a schedule such as ``%NIGHTLY%`` is looked up.
    """
    timers: list[TimerFunction] = []
    problems: dict[str, IndexProblem] = {}
    for function in index.functions:
        if function.trigger.type != TIMER_TRIGGER or function.disabled:
            continue
        try:
            timers.append(_read_timer(function, environ, zone))
        except ValueError as error:
            problems[function.name] = IndexProblem(
                function_name=function.name, message=str(error), file=function.script_file
            )
    functions = tuple(function for function in index.functions if function.name not in problems)
    return replace(index, functions=functions, problems=(*index.problems, *problems.values())), timers


class Schedules:
    """The timer functions of an app at work: ``await start()``, ``await close()``.

    With ``run_timers`` false at the start, nothing fires but in ``fire_due`` (virtual time).
    """

    def __init__(
        self,
        timers: list[TimerFunction],
        *,
        store: Store,
        invoker: Invoker,
        clock: Clock,
        zone: tzinfo,
        inputs_for: Callable[[FunctionInfo], Mapping[str, str]],
        on_failure: Callable[[StoreError], None],
    ) -> None:
        """``inputs_for`` gives a text for each durable client binding; ``on_failure`` ends the host."""
        self._timers = {timer.name: timer for timer in timers}
        self._store = store
        self._invoker = invoker
        self._clock = clock
        self._zone = zone
        self._inputs_for = inputs_for
        self._on_failure = on_failure
        self._statuses: dict[str, ScheduleStatus] = {}
        self._due: Timers[str] = Timers(clock, self._fire)
        self._running: dict[str, asyncio.Task[None]] = {}
        self._loop: asyncio.Task[None] | None = None
        self._is_open = True

    async def start(self, *, run_timers: bool = True) -> None:
        """Take up every schedule where it stands; run at once what was missed, or is to run at each start."""
        for timer in self._timers.values():
            await self._take_up(timer)
        if run_timers and self._timers:
            self._loop = asyncio.ensure_future(self._due.run())

    async def close(self) -> None:
        """Stop at once. A run that is cut off counts as not made: it is past due at the next start."""
        self._is_open = False
        stopping = [*self._running.values(), *([self._loop] if self._loop is not None else [])]
        for task in stopping:
            task.cancel()
        await asyncio.gather(*stopping, return_exceptions=True)

    @property
    def is_idle(self) -> bool:
        """Whether no timer function runs."""
        return not self._running

    @property
    def next_due(self) -> datetime | None:
        """When the next run is due; a function that is running has none until it has ended."""
        return self._due.next_due

    def fire_due(self) -> int:
        """Start what is due by the clock; for those who drive the clock themselves."""
        return self._due.fire_due()

    def timer_info(self, function_name: str) -> str:
        """What a timer function is handed when somebody runs it by hand, be it disabled."""
        timer = self._timers.get(function_name)
        if timer is None or function_name not in self._statuses:
            return encode_timer_info(adjusts_for_dst=True, status=None, is_past_due=False, zone=self._zone)
        return self._timer_info(timer, is_past_due=False)

    # -- One function ---------------------------------------------------------------------------------------

    async def _take_up(self, timer: TimerFunction) -> None:
        now = self._clock.now()
        kept = await self._store.schedule(timer.name) if timer.is_monitored else None
        status, is_past_due = check_status(timer.schedule, timer.name, kept, now)
        self._statuses[timer.name] = status
        if timer.is_monitored and status != kept:
            await self._store.commit(Change(put_schedules=(status,)))
        log.info(
            "The next %d occurrences of the '%s' schedule will be: %s",
            OCCURRENCES_TOLD,
            timer.name,
            ", ".join(self._occurrences(timer, now)),
        )
        if is_past_due:
            log.info("Function '%s' is past due on startup. Executing now.", timer.name)
            self._start_run(timer, is_past_due=True, is_scheduled=False)
        elif timer.run_on_startup:
            log.info("Function '%s' is configured to run on startup. Executing now.", timer.name)
            self._start_run(timer, is_past_due=False, is_scheduled=False)
        else:
            self._wait_for_next(timer)

    def _occurrences(self, timer: TimerFunction, now: datetime) -> list[str]:
        told: list[str] = []
        following = timer.schedule.next_after(now)
        while following is not None and len(told) < OCCURRENCES_TOLD:
            told.append(format_local(following, self._zone))
            following = timer.schedule.next_after(following)
        return told

    def _wait_for_next(self, timer: TimerFunction) -> None:
        following = self._statuses[timer.name].next
        if following is not None:
            self._due.set(timer.name, following)

    def _fire(self, name: str) -> None:
        self._start_run(self._timers[name], is_past_due=False, is_scheduled=True)

    def _start_run(self, timer: TimerFunction, *, is_past_due: bool, is_scheduled: bool) -> None:
        run = self._run(timer, is_past_due=is_past_due, is_scheduled=is_scheduled)
        self._running[timer.name] = asyncio.ensure_future(run)

    async def _run(self, timer: TimerFunction, *, is_past_due: bool, is_scheduled: bool) -> None:
        """Invoke the function, keep where its schedule stands, wait for the next time."""
        began = self._clock.now()
        try:
            try:
                await self._invoker.invoke(
                    timer.name,
                    self._timer_info(timer, is_past_due=is_past_due),
                    reason=f"Timer fired at {format_round_trip(began, self._zone)}",
                    inputs=self._inputs_for(timer.function),
                )
            except WorkerLost:  # reported by the invoker; like a function that failed, it has had its run
                if not self._is_open:
                    return
            await self._keep(timer, began, is_scheduled=is_scheduled)
        except StoreError as error:
            self._on_failure(error)
            return
        finally:
            del self._running[timer.name]
        self._wait_for_next(timer)

    def _timer_info(self, timer: TimerFunction, *, is_past_due: bool) -> str:
        return encode_timer_info(
            adjusts_for_dst=timer.schedule.adjusts_for_dst,
            status=self._statuses[timer.name] if timer.is_monitored else None,
            is_past_due=is_past_due,
            zone=self._zone,
        )

    async def _keep(self, timer: TimerFunction, began: datetime, *, is_scheduled: bool) -> None:
        due = self._statuses[timer.name].next
        if is_scheduled and due is not None and due > began:
            began = due  # the clock was set back in between; the same time must not come twice
        status = ScheduleStatus(
            function_name=timer.name,
            last=began,
            next=timer.schedule.next_after(began),
            last_updated=began,
        )
        if timer.is_monitored:
            await self._store.commit(Change(put_schedules=(status,)))
        self._statuses[timer.name] = status


def _read_timer(function: FunctionInfo, environ: Mapping[str, str], zone: tzinfo) -> TimerFunction:
    schedule = parse_schedule(_looked_up(str(function.trigger.properties.get("schedule") or ""), environ), zone)
    return TimerFunction(
        function=function,
        schedule=schedule,
        run_on_startup=_flag(function.trigger, "runOnStartup", default=False),
        is_monitored=_flag(function.trigger, "useMonitor", default=True) and not schedule.is_within_minutes,
    )


def _looked_up(expression: str, environ: Mapping[str, str]) -> str:
    """``%NAME%``, alone, stands for a setting. Names ignore case, and ``:`` may be written ``__``."""
    if not (len(expression) > 2 and expression.startswith("%") and expression.endswith("%")):
        return expression
    name = expression.strip("%").lower().replace("__", ":")
    found = next((value for key, value in environ.items() if key.lower().replace("__", ":") == name), None)
    if not found:
        raise ValueError(
            f"'{expression}' does not resolve to a value. Its schedule is the setting {expression.strip('%')}: add "
            "that to the Values of local.settings.json or to the environment."
        )
    return found


def _flag(trigger: Binding, name: str, *, default: bool) -> bool:
    value = trigger.properties.get(name)
    return default if value is None else str(value).lower() == "true"
