"""Timer functions: when they run, what they are handed, and what a stopped host makes up for."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from azure.functions.meta import Datum
from azure.functions.timer import TimerRequest, TimerRequestConverter

from funchost.app.index import AppIndex, Binding, FunctionInfo
from funchost.dispatch.invoker import Executing, InvocationEvent, Invoker
from funchost.dispatch.schedules import Schedules, read_timers
from funchost.errors import StoreError
from funchost.ids import RandomIds
from funchost.store.sqlite import SqliteStore
from funchost.worker.contract import Failed, Invocation, InvocationResult, Succeeded, WorkerLost
from tests.funchost.dispatch.conftest import ManualClock

BERLIN = ZoneInfo("Europe/Berlin")  # two hours ahead of UTC in May


def timer(name: str, schedule: str, *, disabled: bool = False, **properties: Any) -> FunctionInfo:
    trigger = Binding(
        name="timer", type="timerTrigger", direction="IN", properties={"schedule": schedule, **properties}
    )
    client = Binding(name="client", type="durableClient", direction="IN")
    return FunctionInfo(
        name=name,
        trigger=trigger,
        bindings=(trigger, client),
        script_file="function_app.py",
        entry_point=name,
        directory=".",
        disabled=disabled,
    )


def index_of(*functions: FunctionInfo) -> AppIndex:
    return AppIndex(programming_model="v2", python_version="3.11", functions=functions)


async def until(condition: Callable[[], bool]) -> None:
    """Give others their turn until the condition holds; it is bounded, so that a defect fails and does not hang."""
    for _ in range(1_000_000):
        if condition():
            return
        await asyncio.sleep(0)
    raise AssertionError("this never came about")


@dataclass
class TimerWorkers:
    """Runs timer functions by noting when and with what. ``hold`` names those that do not end until released."""

    clock: ManualClock
    runs: list[tuple[str, datetime, TimerRequest]] = field(default_factory=list)
    inputs: list[dict[str, str]] = field(default_factory=list)
    infos: list[dict[str, Any]] = field(default_factory=list)
    results: list[InvocationResult | Exception] = field(default_factory=list)
    hold: dict[str, asyncio.Event] = field(default_factory=dict)
    held: set[str] = field(default_factory=set)

    async def start(self) -> AppIndex:
        return index_of()

    async def stop(self) -> None:
        pass

    async def abandon(self, invocation_id: str) -> None:
        pass

    async def invoke(self, invocation: Invocation) -> InvocationResult:
        assert isinstance(invocation.trigger, str)
        request = TimerRequestConverter.decode(Datum(invocation.trigger, "json"), trigger_metadata={})
        self.runs.append((invocation.function_name, self.clock.now(), request))
        self.infos.append(json.loads(invocation.trigger))
        self.inputs.append(dict(invocation.inputs))
        if invocation.function_name in self.hold:
            self.held.add(invocation.function_name)
            await self.hold[invocation.function_name].wait()
            self.held.remove(invocation.function_name)
        result = self.results.pop(0) if self.results else Succeeded(value=None)
        if isinstance(result, Exception):
            raise result
        return result

    def times(self, name: str = "tick") -> list[str]:
        return [f"{at:%d %H:%M:%S}" for function, at, _ in self.runs if function == name]

    @property
    def past_due(self) -> list[bool]:
        return [request.past_due for _, _, request in self.runs]


@dataclass
class RunningSchedules:
    schedules: Schedules
    workers: TimerWorkers
    clock: ManualClock
    reasons: list[str]

    async def settle(self) -> None:
        """Let every run get as far as it can without time passing."""
        await until(lambda: self.schedules.is_idle or bool(self.workers.held))

    async def release(self, name: str) -> None:
        """Let a function end that was held, and hold it no more."""
        self.workers.hold.pop(name).set()
        await until(lambda: not self.workers.held)
        await self.settle()

    async def advance(self, **delta: float) -> None:
        """Move time, firing what comes due on the way."""
        target = self.clock.time + timedelta(**delta)
        await self.settle()
        while (due := self.schedules.next_due) is not None and due <= target:
            self.clock.time = max(self.clock.time, due)
            self.schedules.fire_due()
            await self.settle()
        self.clock.time = target


@asynccontextmanager
async def running(
    *functions: FunctionInfo,
    clock: ManualClock | None = None,
    path: Path | None = None,
    results: list[InvocationResult | Exception] | None = None,
    hold: tuple[str, ...] = (),
    run_timers: bool = False,
) -> AsyncIterator[RunningSchedules]:
    """Timer functions at work over a store, in memory or in a file that a later one can take up again."""
    clock = clock or ManualClock()
    workers = TimerWorkers(clock, results=results or [], hold={name: asyncio.Event() for name in hold})
    reasons: list[str] = []

    def note(event: InvocationEvent) -> None:
        if isinstance(event, Executing):
            reasons.append(event.reason)

    failures: list[StoreError] = []
    index, timers = read_timers(index_of(*functions), {}, BERLIN)
    assert not index.problems
    store = SqliteStore(path, hub_name="TestHub")
    await store.open()
    schedules = Schedules(
        timers,
        store=store,
        invoker=Invoker(workers, RandomIds(), on_invocation=note, function_timeout=None),
        clock=clock,
        zone=BERLIN,
        inputs_for=lambda function: {binding.name: "{}" for binding in function.client_bindings},
        on_failure=failures.append,
    )
    await schedules.start(run_timers=run_timers)
    try:
        yield RunningSchedules(schedules, workers, clock, reasons)
    finally:
        await schedules.close()
        await store.close()
    assert not failures


pytestmark = pytest.mark.anyio


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture
def hub_path(tmp_path: Path) -> Path:
    return tmp_path / "TestHub.db"


async def test_a_timer_function_runs_when_its_schedule_says_so_and_not_at_the_start() -> None:
    async with running(timer("tick", "0 */10 * * * *")) as host:
        await host.advance(minutes=25)
        assert host.workers.times() == ["01 10:10:00", "01 10:20:00"]
        assert host.workers.past_due == [False, False]


async def test_each_function_keeps_its_own_time() -> None:
    async with running(timer("tick", "0 */10 * * * *"), timer("tock", "00:15:00")) as host:
        await host.advance(minutes=31)
        assert host.workers.times("tick") == ["01 10:10:00", "01 10:20:00", "01 10:30:00"]
        assert host.workers.times("tock") == ["01 10:15:00", "01 10:30:00"]


async def test_a_schedule_is_read_in_the_time_zone_of_the_app() -> None:
    async with running(timer("tick", "0 30 12 * * *")) as host:
        await host.advance(hours=24)
        assert host.workers.times() == ["01 10:30:00"]  # 12:30 in Berlin


async def test_run_on_startup_runs_at_once_and_then_on_schedule() -> None:
    async with running(timer("tick", "0 */10 * * * *", runOnStartup=True)) as host:
        await host.advance(minutes=11)
        assert host.workers.times() == ["01 10:00:00", "01 10:10:00"]
        assert host.workers.past_due == [False, False]


async def test_a_disabled_function_never_runs() -> None:
    async with running(timer("tick", "* * * * *", runOnStartup=True, disabled=True)) as host:
        await host.advance(hours=1)
        assert host.workers.runs == []


async def test_the_log_says_that_the_timer_fired_and_when() -> None:
    async with running(timer("tick", "0 30 * * * *")) as host:
        await host.advance(hours=1)
        assert host.reasons == ["Timer fired at 2024-05-01T12:30:00.0000000+02:00"]


async def test_the_function_is_handed_what_the_real_host_hands_it() -> None:
    async with running(timer("tick", "0 30 * * * *")) as host:
        await host.advance(hours=1)
        host.clock.time += timedelta(microseconds=500)
        await host.advance(hours=1)
        first, second = host.workers.infos
        assert first == {
            "Schedule": {"AdjustForDST": True},
            "ScheduleStatus": {
                "Last": "0001-01-01T00:00:00+00:00",
                "Next": "2024-05-01T12:30:00+02:00",
                "LastUpdated": "2024-05-01T12:00:00+02:00",
            },
            "IsPastDue": False,
        }
        assert second["ScheduleStatus"] == {
            "Last": "2024-05-01T12:30:00+02:00",
            "Next": "2024-05-01T13:30:00+02:00",
            "LastUpdated": "2024-05-01T12:30:00+02:00",
        }
        _, _, request = host.workers.runs[0]
        assert request.schedule == {"AdjustForDST": True}
        assert request.schedule_status["Next"] == "2024-05-01T12:30:00+02:00"


async def test_a_durable_client_is_bound_so_that_a_timer_can_start_orchestrations() -> None:
    async with running(timer("tick", "* * * * *")) as host:
        await host.advance(minutes=1)
        assert host.workers.inputs == [{"client": "{}"}]


async def test_a_run_missed_while_the_host_was_off_is_made_up_for_once(hub_path: Path) -> None:
    clock = ManualClock()
    hourly = timer("tick", "0 0 * * * *")
    async with running(hourly, clock=clock, path=hub_path) as host:
        await host.advance(hours=1)
    clock.time += timedelta(hours=5, minutes=20)  # 16:20
    async with running(hourly, clock=clock, path=hub_path) as host:
        await host.advance(hours=1)
        assert host.workers.times() == ["01 16:20:00", "01 17:00:00"]
        assert host.workers.past_due == [True, False]
        assert host.workers.infos[0]["ScheduleStatus"]["Next"] == "2024-05-01T14:00:00+02:00"  # the first missed


async def test_a_restart_between_two_runs_makes_nothing_past_due(hub_path: Path) -> None:
    clock = ManualClock()
    hourly = timer("tick", "0 0 * * * *")
    async with running(hourly, clock=clock, path=hub_path) as host:
        await host.advance(minutes=70)
    async with running(hourly, clock=clock, path=hub_path) as host:
        await host.advance(minutes=60)
        assert host.workers.times() == ["01 12:00:00"]
        assert host.workers.past_due == [False]


async def test_past_due_wins_over_run_on_startup(hub_path: Path) -> None:
    clock = ManualClock()
    hourly = timer("tick", "0 0 * * * *", runOnStartup=True)
    async with running(hourly, clock=clock, path=hub_path) as host:
        await host.settle()
    clock.time += timedelta(hours=3)
    async with running(hourly, clock=clock, path=hub_path) as host:
        await host.settle()
        assert host.workers.past_due == [True]


@pytest.mark.parametrize(
    "unmonitored",
    [timer("tick", "0 0 * * * *", useMonitor=False), timer("tick", "*/30 * * * * *"), timer("tick", "00:00:30")],
    ids=["useMonitor=false", "several times a minute", "an interval below a minute"],
)
async def test_a_schedule_without_monitor_has_no_status_and_misses_nothing(
    unmonitored: FunctionInfo, hub_path: Path
) -> None:
    clock = ManualClock()
    async with running(unmonitored, clock=clock, path=hub_path) as host:
        await host.advance(hours=1)
        assert host.workers.infos[-1]["ScheduleStatus"] is None
    clock.time += timedelta(days=1)
    async with running(unmonitored, clock=clock, path=hub_path) as host:
        await host.settle()
        assert host.workers.runs == []


async def test_a_changed_schedule_starts_afresh(hub_path: Path) -> None:
    clock = ManualClock()
    async with running(timer("tick", "0 0 * * * *"), clock=clock, path=hub_path) as host:
        await host.advance(hours=1)
    clock.time += timedelta(hours=5)
    async with running(timer("tick", "0 15 * * * *"), clock=clock, path=hub_path) as host:
        await host.advance(minutes=30)
        assert host.workers.times() == ["01 16:15:00"]
        assert host.workers.past_due == [False]


async def test_a_run_never_overlaps_the_one_before_and_follows_it_when_it_was_due_meanwhile() -> None:
    async with running(timer("tick", "0 */10 * * * *"), hold=("tick",)) as host:
        await host.advance(minutes=35)
        assert host.workers.times() == ["01 10:10:00"]
        await host.release("tick")
        await host.advance(minutes=6)
        assert host.workers.times() == ["01 10:10:00", "01 10:35:00", "01 10:40:00"]
        assert host.workers.past_due == [False, False, False]


@pytest.mark.parametrize(
    "result",
    [Failed(error_type="ValueError", message="boom", stack=""), WorkerLost("tick")],
    ids=["an exception", "a lost worker"],
)
async def test_a_failed_run_is_not_repeated_and_the_next_comes_on_time(
    result: InvocationResult | Exception,
) -> None:
    async with running(timer("tick", "0 */10 * * * *"), results=[result]) as host:
        await host.advance(minutes=20)
        assert host.workers.times() == ["01 10:10:00", "01 10:20:00"]


async def test_a_run_that_is_cut_off_by_the_end_of_the_host_counts_as_missed(hub_path: Path) -> None:
    clock = ManualClock()
    hourly = timer("tick", "0 0 * * * *")
    async with running(hourly, clock=clock, path=hub_path, hold=("tick",)) as host:
        await host.advance(hours=1)
        assert host.workers.held == {"tick"}
    clock.time += timedelta(seconds=1)
    async with running(hourly, clock=clock, path=hub_path) as host:
        await host.settle()
        assert host.workers.past_due == [True]


async def test_a_clock_that_is_set_back_during_a_run_does_not_bring_the_same_time_twice() -> None:
    async with running(timer("tick", "0 */10 * * * *"), hold=("tick",)) as host:
        host.clock.time = host.schedules.next_due or host.clock.time
        host.schedules.fire_due()
        host.clock.time -= timedelta(seconds=2)  # before the function is called
        await host.release("tick")
        assert host.schedules.next_due == datetime(2024, 5, 1, 10, 20, tzinfo=timezone.utc)


async def test_on_the_system_clock_it_fires_by_itself() -> None:
    async with running(timer("tick", "0 */10 * * * *"), run_timers=True, hold=("tick",)) as host:
        host.clock.time += timedelta(minutes=10)
        await until(lambda: bool(host.workers.held))
        assert host.workers.times() == ["01 10:10:00"]


def test_a_schedule_can_be_a_setting() -> None:
    for spelling in ("%Nightly:At%", "%NIGHTLY__AT%"):
        _, timers = read_timers(index_of(timer("tick", spelling)), {"nightly__at": "0 0 2 * * *"}, BERLIN)
        after = timers[0].schedule.next_after(datetime(2024, 5, 1, tzinfo=timezone.utc))
        assert after == datetime(2024, 5, 2, 0, 0, tzinfo=timezone.utc)


def test_a_setting_that_is_not_there_leaves_only_its_function_out() -> None:
    good = timer("good", "* * * * *")
    index, timers = read_timers(index_of(timer("bad", "%NIGHTLY%"), good), {}, BERLIN)
    assert [found.name for found in timers] == ["good"]
    assert index.functions == (good,)
    (problem,) = index.problems
    assert problem.function_name == "bad"
    assert problem.message.startswith("'%NIGHTLY%' does not resolve to a value.")
    assert "local.settings.json" in problem.message


def test_an_expression_that_is_none_leaves_only_its_function_out() -> None:
    index, timers = read_timers(index_of(timer("bad", "every night"), timer("none", "")), {}, BERLIN)
    assert timers == []
    assert [problem.function_name for problem in index.problems] == ["bad", "none"]
    assert "'every night' was not recognized as a valid cron expression or timespan" in index.problems[0].message


async def test_a_run_by_hand_is_handed_where_the_schedule_stands() -> None:
    async with running(timer("tick", "0 0 * * * *"), timer("off", "0 0 * * * *", disabled=True)) as host:
        await host.advance(minutes=5)
        by_hand = json.loads(host.schedules.timer_info("tick"))
        assert by_hand["IsPastDue"] is False
        assert by_hand["ScheduleStatus"]["Next"] == "2024-05-01T13:00:00+02:00"
        assert json.loads(host.schedules.timer_info("off"))["ScheduleStatus"] is None
