"""The pytest plugin: any Durable Functions app, tested with ``pip install funchost pytest`` and no set-up.

Adds the fixtures ``durable`` (the app in this process, on virtual time) and ``function_app`` (the app on a live
host), collects saved histories (``tests/histories/*.json``), and adds two options. It changes nothing else of a
test run; ``-p no:funchost`` leaves it out.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:  # imported where they are used: every pytest run loads this module
    from funchost.testing.client import FunctionAppClient
    from funchost.testing.durable import DurableApp
    from funchost.testing.histories import HistoryFile
    from funchost.testing.hosts import LiveHost

_HOST = pytest.StashKey["LiveHost"]()
_SHOWN = pytest.StashKey[int]()


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("funchost", "Azure Functions apps")
    group.addoption(
        "--functions-host",
        default="embedded",
        metavar="HOST",
        help="what the fixture function_app runs the app on: embedded (funchost, the default), coretools "
        "(func, with Azurite), or the http:// address of a host that runs already",
    )
    group.addoption(
        "--functions-app",
        metavar="DIR",
        help="the app's folder; by default the nearest folder with a host.json, from pytest's root directory up",
    )


def pytest_addhooks(pluginmanager: pytest.PytestPluginManager) -> None:
    from funchost.testing import hookspecs

    pluginmanager.add_hookspecs(hookspecs)


def pytest_collect_file(file_path: Path, parent: pytest.Collector) -> HistoryFile | None:
    """Each file in a folder ``histories`` of the app is a test: it is replayed against today's code."""
    if file_path.suffix != ".json" or file_path.parent.name != "histories":
        return None
    from funchost.testing.histories import collect_history

    start = _named_app(parent.config) or file_path.parent
    return collect_history(file_path, parent, _app_above(start))


def _named_app(config: pytest.Config) -> Path | None:
    named = config.getoption("--functions-app")
    return Path(named) if named else None


def _app_above(start: Path) -> Path | None:
    """The nearest folder of an app, from ``start`` up."""
    folders = (start.resolve(), *start.resolve().parents)
    return next((folder for folder in folders if (folder / "host.json").is_file()), None)


@pytest.fixture(scope="session")
def function_app_folder(pytestconfig: pytest.Config) -> Path:
    """The folder of the app under test."""
    start = _named_app(pytestconfig) or pytestconfig.rootpath
    folder = _app_above(start)
    if folder is not None:
        return folder
    raise pytest.UsageError(
        f"No Azure Functions app in {start}: there is no host.json. Run pytest in the app's folder, or name it: "
        "pytest --functions-app DIR"
    )


@pytest.fixture
def durable(function_app_folder: Path, request: pytest.FixtureRequest) -> Iterator[DurableApp]:
    """The app in this process, its engine in memory, time in the test's hands."""
    from funchost.testing.durable import DurableApp

    def scrub(value: Any, key: str | None) -> Any:
        return request.config.hook.pytest_funchost_scrub(value=value, key=key)

    app = DurableApp(function_app_folder, scrub=scrub)
    try:
        for line in app.refused_functions():
            request.node.warn(pytest.PytestWarning(line))
        yield app
        for line in app.open_timers():
            request.node.warn(pytest.PytestWarning(line))
    finally:
        app.close()


@pytest.fixture(scope="session")
def function_app(
    function_app_folder: Path, pytestconfig: pytest.Config, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[FunctionAppClient]:
    """The app on a live host, reached over HTTP."""
    from funchost.testing.client import FunctionAppClient
    from funchost.testing.hosts import HostDidNotStart

    host = _host(
        str(pytestconfig.getoption("--functions-host")),
        function_app_folder,
        tmp_path_factory.mktemp("functions-host"),
    )
    try:
        host.start()
    except HostDidNotStart as error:
        pytest.fail(f"The app in {function_app_folder} did not start: {error}", pytrace=False)
    pytestconfig.stash[_HOST] = host
    try:
        with FunctionAppClient(host.url) as client:
            yield client
    finally:
        host.stop()


def _host(kind: str, app: Path, state: Path) -> LiveHost:
    from funchost.testing.hosts import EmbeddedHost, RunningHost

    if kind == "embedded":
        # As on Azure: code that only works because it is not run again must not pass.
        return EmbeddedHost(app, state, arguments=("--no-extended-sessions",))
    if kind == "coretools":
        from funchost.testing.coretools import CoreToolsHost

        return CoreToolsHost(app, state)
    if kind.startswith(("http://", "https://")):
        return RunningHost(kind)
    raise pytest.UsageError(f"--functions-host={kind}: choose embedded, coretools or an http:// address")


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Iterator[None]:
    """Show what the host printed during a test that failed."""
    outcome = yield
    host = item.config.stash.get(_HOST, None)
    if host is None:
        return
    log = host.log()
    shown = item.config.stash.get(_SHOWN, 0)
    report = outcome.get_result()  # type: ignore[attr-defined]
    if report.failed and len(log) > shown:
        report.sections.append(("functions host", log[shown:]))
    if report.when == "teardown":
        item.config.stash[_SHOWN] = len(log)
