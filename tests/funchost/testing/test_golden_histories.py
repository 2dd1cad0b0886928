"""Saved histories: written by the fixture, collected by pytest, and telling where today's code parts from them."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from funchost.testing.durable import DurableApp
from funchost.testing.histories import HistoryDeparted, check_history
from funchost.testing.subjects import Orchestration
from funchost.wire.golden import GoldenError

pytest_plugins = ["pytester"]
GOLDEN = Path(__file__).parents[2] / "apps" / "golden"
EXPORTED = "showHistory=true&showHistoryOutput=true&showInput=true&code=virtual"


class App:
    """A copy of the app ``golden`` that a test may change."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.durable = DurableApp(root)
        self.durable.replace_http({"content": "1.08"})
        self.durable.replace("remind", [RuntimeError("busy"), RuntimeError("busy"), "reminded"])

    @property
    def source(self) -> Path:
        return self.root / "function_app.py"

    def save(self, orchestration: Orchestration) -> Path:
        return orchestration.save_history(self.root / "tests" / "histories")

    def export(self, orchestration: Orchestration) -> Path:
        """What the management API of a deployment tells about an instance."""
        url = f"/runtime/webhooks/durabletask/instances/{orchestration.instance_id}?{EXPORTED}"
        file = self.root / "tests" / "histories" / f"exported-{orchestration.instance_id}.json"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(self.durable.get(url).text, encoding="utf-8")
        return file

    def change(self, before: str, after: str) -> None:
        """Edit the app's code, as a developer does between two deployments."""
        text = self.source.read_text()
        assert before in text
        self.source.write_text(text.replace(before, after, 1))

    def departure(self, file: Path) -> str:
        """What a replay says. Asserts that it says something."""
        with pytest.raises(HistoryDeparted) as caught:
            check_history(file, self.root)
        return str(caught.value)


@pytest.fixture
def app(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[App]:
    monkeypatch.setenv("COLUMNS", "120")  # the two columns are cut where the terminal is narrow
    root = tmp_path / "app"
    shutil.copytree(GOLDEN, root, ignore=shutil.ignore_patterns("__pycache__"))
    app = App(root)
    yield app
    app.durable.close()


def paid_order(durable: DurableApp) -> Orchestration:
    order = durable.start("order", ["pen", "paper", "ink"])
    order.raise_event("Paid", {"by": "card"})
    return order


def overdue_order(durable: DurableApp) -> Orchestration:
    """One whose timer fires, whose reminder fails twice and then succeeds."""
    order = durable.start("order", ["pen", "ink"])
    durable.advance(hours=25)
    return order


def waiting_order(durable: DurableApp) -> Orchestration:
    return durable.start("order", ["pen"])


def family(durable: DurableApp) -> Orchestration:
    """A sub-orchestration, an entity call and a durable HTTP call."""
    started = durable.start("family")
    durable.advance(hours=25)
    return started


def failed(durable: DurableApp) -> Orchestration:
    return durable.start("refuses")


def third_round(durable: DurableApp) -> Orchestration:
    """One that has continued as new twice."""
    started = durable.start("rounds", 2)
    durable.advance(hours=1)
    return started


def terminated(durable: DurableApp) -> Orchestration:
    order = durable.start("order", ["pen"])
    order.suspend("wait")
    order.resume("go on")
    order.terminate("enough")
    return order


RUNS: list[Callable[[DurableApp], Orchestration]] = [
    paid_order,
    overdue_order,
    waiting_order,
    family,
    failed,
    third_round,
    terminated,
]


@pytest.mark.parametrize("run", RUNS)
def test_unchanged_code_does_what_it_did(app: App, run: Callable[[DurableApp], Orchestration]) -> None:
    orchestration = run(app.durable)
    check_history(app.save(orchestration), app.root)
    check_history(app.export(orchestration), app.root)


SHIP = 'context.call_activity("ship"'
CHANGES = [
    pytest.param(SHIP, 'context.call_activity("send"', "activity ship", "activity send", 19, id="another activity"),
    pytest.param(
        "    shipped = ", "    return 3\n    shipped = ", "activity ship", "cancel of timer 1", 27, id="early"
    ),
    pytest.param(
        '    context.signal_entity(COUNTER, "add", len(items))\n',
        "",
        "signal of add to @counter@all",
        "any of (external event Paid, timer)",
        25,
        id="no signal",
    ),
    pytest.param(
        '"add"', '"sub"', "signal of add to @counter@all", "signal of sub to @counter@all", 17, id="signal"
    ),
    pytest.param(
        "[payment, timeout]", "[timeout, payment]", "event Paid, timer", "timer, external", 26, id="order"
    ),
    pytest.param('"Paid"', '"Payed"', "external event Paid", "external event Payed", 26, id="another event"),
    pytest.param("        timeout.cancel()\n", "", "cancel of timer 1", "returns", 20, id="timer left open"),
]


@pytest.mark.parametrize(("before", "after", "recorded", "actual", "line"), CHANGES)
def test_changed_code_is_shown_beside_the_record_with_its_line(
    app: App, before: str, after: str, recorded: str, actual: str, line: int
) -> None:
    file = app.save(paid_order(app.durable))
    app.change(before, after)
    text = app.departure(file)
    row = next(row for row in text.splitlines() if row.startswith("  > "))
    left, right, where = (cell.strip() for cell in row[4:].split("  | "))
    verdict = next(part for part in text.splitlines() if part.startswith("Recorded is"))
    assert recorded in verdict.partition("but the code")[0]
    assert actual in verdict.partition("but the code")[2]
    assert where == f"function_app.py:{line}"
    assert left != right
    assert f"{app.source}:{line} in " in text


def test_the_departure_reads_like_this(app: App) -> None:
    order = app.durable.start("order", ["pen"])
    app.durable.advance(hours=25)
    file = app.save(order)
    app.change(SHIP, 'context.call_activity("price"')
    text = re.sub(r" +\n", "\n", app.departure(file))
    assert text.splitlines()[2:17] == [
        "    recorded                                | today's code                            | line",
        "    ----------------------------------------+-----------------------------------------+"
        "--------------------",
        "    1: all of (activity price)              | 1: all of (activity price)              | "
        "function_app.py:16",
        "    2: signal of add to @counter@all        | 2: signal of add to @counter@all        | "
        "function_app.py:17",
        "    2: any of (external event Paid, timer)  | 2: any of (external event Paid, timer)  | "
        "function_app.py:26",
        "    3: all of (activity remind)             | 3: all of (activity remind)             | "
        "function_app.py:30",
        "  > 8: activity ship                        | 8: activity price                       | "
        "function_app.py:19",
        "    9: returns                              | 9: returns                              | "
        "function_app.py:20",
        "",
        "Recorded is 'activity ship', but the code has 'activity price' at function_app.py:19.",
        "",
        f"{app.source}:19 in order",
        '      17 |     context.signal_entity(COUNTER, "add", len(items))',
        "      18 |     paid = yield from pay(context, sum(prices))",
        '  >   19 |     shipped = yield context.call_activity("price", {"items": items, "paid": paid})',
    ]


def test_a_helper_s_line_is_shown_with_the_line_that_called_it(app: App) -> None:
    file = app.save(overdue_order(app.durable))
    app.change('call_activity_with_retry("remind"', 'call_activity_with_retry("price"')
    text = app.departure(file)
    assert f"{app.source}:30 in pay" in text
    assert f"called by {app.source}:18 in order" in text


def test_code_that_now_fails_shows_its_traceback(app: App) -> None:
    file = app.save(paid_order(app.durable))
    app.change("    shipped = ", '    raise KeyError("stock")\n    shipped = ')
    text = app.departure(file)
    assert "the code has 'fails' at function_app.py:19" in text or "the code has 'cancel of timer 1'" in text
    assert "KeyError: 'stock'" in text


def test_code_that_asks_for_more_at_the_end_is_shown(app: App) -> None:
    file = app.save(paid_order(app.durable))
    app.change("    return shipped\n", '    yield context.call_activity("price", "x")\n    return shipped\n')
    assert "Recorded is 'returns', but the code has 'activity price' at function_app.py:20." in app.departure(file)


def test_code_that_no_longer_fails_is_shown(app: App) -> None:
    file = app.save(failed(app.durable))
    app.change('    raise ValueError("not for sale")\n', "    return 1\n")
    assert "Recorded is 'fails', but the code has 'returns' at function_app.py:45." in app.departure(file)


def test_inputs_deadlines_and_outputs_may_change(app: App) -> None:
    file = app.save(paid_order(app.durable))
    app.change("hours=24", "hours=240")
    app.change('{"items": items, "paid": paid}', '{"items": items}')
    app.change("    return shipped\n", '    return {"shipped": shipped}\n')
    check_history(file, app.root)


def test_a_waiting_instance_is_checked_up_to_where_it_waits(app: App) -> None:
    file = app.save(waiting_order(app.durable))
    app.change(SHIP, 'context.call_activity("send"')
    check_history(file, app.root)
    app.change("hours=24))", "hours=24))\n    yield context.create_timer(context.current_utc_datetime)")
    assert "function_app.py:25" in app.departure(file)


def test_an_orchestrator_that_is_gone_is_named(app: App) -> None:
    file = app.save(failed(app.durable))
    app.change("def refuses(", "def accepts(")
    text = app.departure(file)
    assert "'refuses', which the app no longer has" in text
    assert "accepts, family, order, rounds" in text


def test_an_export_shows_departures_too(app: App) -> None:
    file = app.export(overdue_order(app.durable))
    app.change(SHIP, 'context.call_activity("price"')
    text = app.departure(file)
    assert "Recorded is 'activity ship', but the code has 'activity price' at function_app.py:19." in text


def test_an_export_does_not_tell_in_which_order_equal_times_came_so_the_code_decides(app: App) -> None:
    """All three prices were asked for at one moment, and their answers come in another order."""
    file = app.export(paid_order(app.durable))
    content = json.loads(file.read_text())
    items = content["historyEvents"]
    prices = [n for n, item in enumerate(items) if item.get("FunctionName") == "price"]
    assert len(prices) == 3
    items[prices[0]], items[prices[2]] = items[prices[2]], items[prices[0]]
    file.write_text(json.dumps(content))
    check_history(file, app.root)
    app.change("    paid = ", "    if prices != [3, 5, 3]:\n        return 0\n    paid = ")
    check_history(file, app.root)


def test_a_long_timer_of_a_deployment_is_several_timers(app: App) -> None:
    """The extension has the SDK cut timers of more than six days into pieces of three."""
    start = "2026-01-02T03:04:05Z"
    days = ["2026-01-05T03:04:05Z", "2026-01-08T03:04:05Z", "2026-01-09T03:04:05Z"]
    events = [{"EventType": "ExecutionStarted", "Timestamp": start, "FunctionName": "rounds", "Input": "0"}]
    for created, fired in zip([start, *days], days, strict=False):
        events.append({"EventType": "TimerCreated", "Timestamp": created, "FireAt": fired})
        events.append({"EventType": "TimerFired", "Timestamp": fired, "FireAt": fired})
    done = {"EventType": "ExecutionCompleted", "OrchestrationStatus": "Completed", "Result": "done"}
    events.append({**done, "Timestamp": days[-1]})
    app.change("timedelta(minutes=1)", "timedelta(days=7)")
    file = app.root / "long.json"
    status = {"name": "rounds", "instanceId": "a", "runtimeStatus": "Completed", "input": 0, "output": "done"}
    file.write_text(json.dumps({**status, "historyEvents": events}))
    check_history(file, app.root)
    app.change("timedelta(days=7)", "timedelta(days=5)")
    assert "timer" in app.departure(file)


@pytest.mark.parametrize(("text", "complaint"), [("{", "cannot be read"), ("{}", "neither a saved history")])
def test_a_file_that_is_no_history_is_refused_with_what_to_do(app: App, text: str, complaint: str) -> None:
    file = app.root / "x.json"
    file.write_text(text)
    with pytest.raises(GoldenError, match=complaint):
        check_history(file, app.root)


def test_pytest_collects_histories_by_itself_and_scrubs_by_a_hook(pytester: pytest.Pytester) -> None:
    shutil.copytree(GOLDEN, pytester.path, dirs_exist_ok=True, ignore=shutil.ignore_patterns("__pycache__"))
    tests = pytester.mkdir("tests")
    (tests / "conftest.py").write_text(
        "import re\n\n"
        "def pytest_funchost_scrub(value):\n"
        '    return re.sub(r"\\d{4} \\d{4}", "***", value) if isinstance(value, str) else None\n'
    )
    (tests / "test_order.py").write_text(
        "def test_order(durable):\n"
        '    order = durable.start("order", ["pen"], instance_id="paid")\n'
        '    order.raise_event("Paid", {"by": "4929 1234"})\n'
        '    order.save_history("tests/histories")\n'
    )
    arguments = ("-p", "no:cacheprovider", "-W", "ignore::DeprecationWarning")
    pytester.runpytest_subprocess(*arguments).assert_outcomes(passed=1)
    saved = (tests / "histories" / "order-paid.json").read_text()
    assert '"by": "***"' in saved
    assert "4929" not in saved
    pytester.runpytest_subprocess(*arguments).assert_outcomes(passed=2)
    source = pytester.path / "function_app.py"
    source.write_text(source.read_text().replace(SHIP, 'context.call_activity("price"'))
    changed = pytester.runpytest_subprocess(*arguments, "tests/histories")
    changed.assert_outcomes(failed=1)
    changed.stdout.fnmatch_lines(
        ["*replay of order-paid.json*", "*  > 3: activity ship *|*3: activity price*|*function_app.py:19*"]
    )
    assert "funchost/testing" not in changed.stdout.str()


def test_histories_outside_an_app_are_left_alone(pytester: pytest.Pytester) -> None:
    (pytester.mkdir("histories") / "rome.json").write_text("{}")
    assert pytester.runpytest_subprocess("-p", "no:cacheprovider").ret == pytest.ExitCode.NO_TESTS_COLLECTED


@pytest.mark.filterwarnings("ignore::Warning")
def test_an_app_of_the_function_json_model_is_replayed_too(tmp_path: Path) -> None:
    root = tmp_path / "v1"
    shutil.copytree(GOLDEN.parent / "worker_v1", root, ignore=shutil.ignore_patterns("__pycache__"))
    durable = DurableApp(root)
    file = durable.start("chain").save_history(tmp_path)
    durable.close()
    check_history(file, root)
    source = root / "chain" / "__init__.py"
    source.write_text(source.read_text().replace('"say_hello"', '"Hello"'))
    with pytest.raises(HistoryDeparted, match=r"the code has 'activity Hello' at __init__\.py:5"):
        check_history(file, root)
