"""The driver of Core Tools, to its edge: with a stand-in for func (see stand_in_func.py), and a real Azurite."""

from __future__ import annotations

import json
import os
import re
import socket
import subprocess
import sys
import textwrap
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from funchost.testing import coretools
from funchost.testing.azurite import Azurite
from funchost.testing.coretools import CoreToolsHost
from funchost.testing.coretools_program import CoreToolsWarning
from funchost.testing.hosts import HostDidNotStart, LiveHost
from tests.funchost.testing.conftest import RollCall, StandIn

ROOT = Path(__file__).parents[3]
EVERYBODY = ("launcher", "host", "worker")


@pytest.fixture
def host(stand_in: StandIn, app: Path, tmp_path: Path) -> Iterator[CoreToolsHost]:
    """A host of the app on the stand-in, not started yet."""
    host = CoreToolsHost(app, tmp_path / "state", start_timeout=30)
    yield host
    host.stop()


def started_with(host: LiveHost) -> dict[str, Any]:
    """How func was started, as it says itself."""
    found: dict[str, Any] = httpx.get(f"{host.url}/started-with", trust_env=False).json()
    return found


def test_once_started_it_answers_on_a_port_of_its_own(host: CoreToolsHost, app: Path) -> None:
    host.start()

    seen = started_with(host)
    assert host.url == f"http://127.0.0.1:{seen['arguments'][1]}"
    assert seen["arguments"][0] == "--port"
    assert Path(seen["folder"]) == app.resolve()
    assert seen["input"] == ""
    assert "Core Tools Version" in host.log()
    assert sorted(path.name for path in app.iterdir()) == ["function_app.py", "host.json"]


def test_its_environment_makes_runs_repeatable(
    host: CoreToolsHost, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("PYTHONPATH", "of-the-test-run")
    monkeypatch.setenv("CONTAINER_NAME", "reserved")
    host.start()

    seen = {name.upper(): value for name, value in started_with(host)["environment"].items()}
    expected = {
        "FUNCTIONS_WORKER_RUNTIME": "python",
        "FUNCTIONS_CORE_TOOLS_TELEMETRY_OPTOUT": "1",
        "AzureFunctionsJobHost__fileWatchingEnabled": "false",
        "AzureFunctionsJobHost__extensions__durableTask__hubName": host.hub_name,
        "AzureFunctionsJobHost__extensions__durableTask__storageProvider__maxQueuePollingInterval": "00:00:01",
        "AzureWebJobsStorage": "DefaultEndpointsProtocol=https;AccountName=elsewhere",
    }
    assert {name: seen.get(name.upper()) for name in expected} == expected
    assert not {"PYTHONPATH", "CONTAINER_NAME"} & seen.keys()


def test_every_host_has_a_task_hub_of_its_own_with_a_name_that_storage_takes(app: Path, tmp_path: Path) -> None:
    one, other = CoreToolsHost(app, tmp_path), CoreToolsHost(app, tmp_path)

    assert one.hub_name != other.hub_name
    assert re.fullmatch(r"[A-Za-z][A-Za-z0-9]{2,44}", one.hub_name)


def test_the_interpreter_is_the_one_in_the_apps_venv(host: CoreToolsHost, app: Path) -> None:
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", app / ".venv"], check=True)
    host.start()

    environment = started_with(host)["environment"]
    folder = app / ".venv" / ("Scripts" if sys.platform == "win32" else "bin")
    assert environment["PATH"].split(os.pathsep)[0] == str(folder)
    assert environment["VIRTUAL_ENV"] == str(app / ".venv")
    interpreter = {name.lower(): value for name, value in environment.items()}[
        "languageworkers:python:defaultexecutablepath"
    ]
    assert Path(interpreter).parent == folder


def test_stopping_ends_launcher_host_and_worker(host: CoreToolsHost, roll_call: RollCall) -> None:
    host.start()
    roll_call.wait_for(*EVERYBODY)

    host.stop()
    host.stop()

    assert roll_call.wait_until_all_are_gone() == sorted(EVERYBODY)
    with pytest.raises(httpx.ConnectError):
        httpx.get(host.url, trust_env=False)


def test_nothing_is_left_when_the_test_run_is_killed(
    stand_in: StandIn, app: Path, tmp_path: Path, roll_call: RollCall
) -> None:
    script = f"""
        import threading
        from pathlib import Path
        from funchost.testing.coretools import CoreToolsHost
        host = CoreToolsHost(Path({str(app)!r}), Path({str(tmp_path / "state")!r}))
        host.start()
        threading.Event().wait()
    """
    test_run = subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(script)], env={**os.environ, "PYTHONPATH": str(ROOT)}
    )
    roll_call.wait_for(*EVERYBODY)

    test_run.kill()
    test_run.wait()

    assert roll_call.wait_until_all_are_gone() == sorted(EVERYBODY)


# -- Failing -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("prints", "reason"),
    [
        ("Unable to find or download extension bundle", "extensionBundle in host.json"),
        ("Could not find a Python version. 3.10.x is recommended.", "do not run the app's Python"),
        (
            "Worker failed to index functions\nResult: Failure\nException: ImportError: no such thing",
            "Worker failed to index functions: ImportError: no such thing",
        ),
        ("The listener for function 'Functions.hello' was unable to start. Refused.", "does not answer"),
    ],
)
def test_a_hopeless_start_is_given_up_at_once_with_the_reason_from_the_log(
    host: CoreToolsHost, stand_in: StandIn, roll_call: RollCall, prints: str, reason: str
) -> None:
    """func itself would hang on, without functions."""
    stand_in.does(prints=prints, then="serve", state="Starting")

    with pytest.raises(HostDidNotStart) as failed:
        host.start()

    assert reason in str(failed.value)
    assert "Its log:" in str(failed.value)
    assert prints.splitlines()[0] in str(failed.value)


def test_a_func_that_ends_has_failed_whatever_its_exit_code(host: CoreToolsHost, stand_in: StandIn) -> None:
    """npm's launcher exits with 0 when func was killed."""
    stand_in.does(prints="Out of memory.", then="exit", exit_code=0)

    with pytest.raises(HostDidNotStart, match=r"(?s)exit code 0.*Out of memory"):
        host.start()


def test_an_error_that_the_host_reports_is_the_reason(host: CoreToolsHost, stand_in: StandIn) -> None:
    stand_in.does(state="Error", errors=["The worker is broken."])

    with pytest.raises(HostDidNotStart, match=r"func reports an error: The worker is broken\."):
        host.start()


def test_a_host_that_runs_without_functions_has_not_started(
    host: CoreToolsHost, stand_in: StandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(coretools, "EMPTY_SECONDS", 0.2)
    stand_in.does(functions=[])

    with pytest.raises(HostDidNotStart, match="func runs, but without any function"):
        host.start()


def test_in_model_v1_each_folder_must_have_become_a_function(
    host: CoreToolsHost, stand_in: StandIn, app: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(coretools, "EMPTY_SECONDS", 0.2)
    (app / "function_app.py").unlink()
    for name in ("hello", "lost"):
        (app / name).mkdir()
        (app / name / "function.json").write_text('{"bindings": []}', encoding="utf-8")

    with pytest.raises(HostDidNotStart, match=r"func runs, but without lost\."):
        host.start()


def test_a_host_that_never_answers_is_given_up_after_the_time_out_and_ended(
    stand_in: StandIn, app: Path, tmp_path: Path, roll_call: RollCall
) -> None:
    stand_in.does(then="hang", prints="Azure.Core: Connection refused (127.0.0.1:10000)")
    host = CoreToolsHost(app, tmp_path / "state", start_timeout=3)

    with pytest.raises(HostDidNotStart, match=r"(?s)not ready in 3 s \(state: no answer\).*does not answer"):
        host.start()

    roll_call.wait_for("launcher", "host")
    assert {"launcher", "host"} <= set(roll_call.wait_until_all_are_gone())


@pytest.fixture
def taken_port() -> Iterator[int]:
    """A port that another program has bound."""
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        yield other.getsockname()[1]


def test_a_port_taken_meanwhile_is_replaced_by_another(
    host: CoreToolsHost, taken_port: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    really_free = coretools.free_port
    offered = iter([taken_port])
    monkeypatch.setattr(coretools, "free_port", lambda: next(offered, None) or really_free())

    host.start()

    assert host.url != f"http://127.0.0.1:{taken_port}"


def test_ports_that_are_taken_again_and_again_are_an_error(
    host: CoreToolsHost, taken_port: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(coretools, "free_port", lambda: taken_port)

    with pytest.raises(HostDidNotStart, match=f"Port {taken_port} is unavailable"):
        host.start()


def test_a_fixed_port_that_is_taken_is_an_error(
    stand_in: StandIn, taken_port: int, app: Path, tmp_path: Path
) -> None:
    host = CoreToolsHost(app, tmp_path / "state", port=taken_port)

    with pytest.raises(HostDidNotStart, match=f"Port {taken_port} is unavailable"):
        host.start()


def test_too_old_a_func_is_refused_before_anything_is_started(host: CoreToolsHost, stand_in: StandIn) -> None:
    stand_in.does(version="2.7.3188")

    with pytest.raises(HostDidNotStart, match=r"3\.0\.2630 or higher is needed"):
        host.start()


def test_a_func_that_lacks_something_is_used_with_a_warning(host: CoreToolsHost, stand_in: StandIn) -> None:
    stand_in.does(version="4.0.5000")

    with pytest.warns(CoreToolsWarning) as warned:
        host.start()

    assert any("only behind a flag" in str(warning.message) for warning in warned)
    assert started_with(host)["environment"]["AzureWebJobsFeatureFlags"] == "EnableWorkerIndexing"


# -- Storage -------------------------------------------------------------------------------------------------


@pytest.fixture
def own_azurite(azurite_command: tuple[str, ...], monkeypatch: pytest.MonkeyPatch, stand_in: StandIn) -> None:
    """Azurite can be had, and nothing in the environment says where the storage is."""
    monkeypatch.setattr("funchost.testing.azurite.find_azurite", lambda: azurite_command)
    monkeypatch.delenv("AzureWebJobsStorage")


@pytest.mark.usefixtures("own_azurite")
def test_an_app_on_development_storage_gets_an_azurite_of_its_own(host: CoreToolsHost, app: Path) -> None:
    values = {"AzureWebJobsStorage": "UseDevelopmentStorage=true", "Orders": "UseDevelopmentStorage=true"}
    (app / "local.settings.json").write_text(json.dumps({"IsEncrypted": False, "Values": values}), encoding="utf-8")
    host.start()

    environment = {name.upper(): value for name, value in started_with(host)["environment"].items()}
    assert environment["AZUREWEBJOBSSTORAGE"] == environment["ORDERS"]
    endpoint = re.search(r"TableEndpoint=(http://127\.0\.0\.1:\d+)/devstoreaccount1;", environment["ORDERS"])
    assert endpoint is not None
    assert not endpoint[1].endswith(":10002")
    assert httpx.get(endpoint[1]).headers["server"].startswith("Azurite-Table")

    host.stop()

    with pytest.raises(httpx.ConnectError):
        httpx.get(endpoint[1])


@pytest.mark.parametrize(
    "settings",
    [
        {"AzureWebJobsStorage": "DefaultEndpointsProtocol=https;AccountName=real"},
        {"AzureWebJobsStorage__accountName": "real"},
    ],
    ids=["connection string", "identity"],
)
def test_an_app_whose_storage_is_elsewhere_gets_none(
    host: CoreToolsHost, app: Path, monkeypatch: pytest.MonkeyPatch, settings: dict[str, str]
) -> None:
    monkeypatch.delenv("AzureWebJobsStorage")
    monkeypatch.setattr(Azurite, "start", lambda _: pytest.fail("Azurite was started"))
    (app / "local.settings.json").write_text(
        json.dumps({"IsEncrypted": False, "Values": settings}), encoding="utf-8"
    )

    host.start()

    assert "AZUREWEBJOBSSTORAGE" not in {name.upper() for name in started_with(host)["environment"]}


def host_json(app: Path, **storage_provider: str) -> None:
    """Write a host.json that names a back end."""
    durable = {"storageProvider": storage_provider}
    text = json.dumps({"version": "2.0", "extensions": {"durableTask": durable}})
    (app / "host.json").write_text(text, encoding="utf-8")


BACK_END = "AzureFunctionsJobHost__extensions__durableTask__storageProvider__"


def back_end_overrides(host: LiveHost) -> dict[str, str]:
    """What of host.json's storageProvider the environment of func replaces, besides the polling interval."""
    environment = {name.upper(): value for name, value in started_with(host)["environment"].items()}
    prefix = BACK_END.upper()
    found = {name.removeprefix(prefix): value for name, value in environment.items() if name.startswith(prefix)}
    return {name: value for name, value in found.items() if name != "MAXQUEUEPOLLINGINTERVAL"}


@pytest.mark.parametrize("key", ["connectionStringName", "connectionName"])
def test_an_app_for_the_durable_task_scheduler_keeps_its_orchestrations_in_storage_here(
    host: CoreToolsHost, app: Path, key: str
) -> None:
    host_json(app, **{"type": "azureManaged", key: "DURABLE_TASK_SCHEDULER_CONNECTION_STRING"})

    host.start()

    assert back_end_overrides(host) == {
        "TYPE": "AzureStorage",
        "CONNECTIONSTRINGNAME": "Storage",
        "CONNECTIONNAME": "Storage",
    }


def test_where_its_scheduler_is_named_here_it_uses_that(
    host: CoreToolsHost, app: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    host_json(app, type="azureManaged", connectionStringName="SCHEDULER")
    monkeypatch.setenv("SCHEDULER", "Endpoint=http://127.0.0.1:8080;Authentication=None")

    host.start()

    assert back_end_overrides(host) == {}


def test_an_app_on_azure_storage_keeps_its_own_settings(host: CoreToolsHost, app: Path) -> None:
    host_json(app, type="azurestorage", connectionName="Orders")

    host.start()

    assert back_end_overrides(host) == {}


@pytest.mark.filterwarnings("ignore:Core Tools .* do not run Python")
def test_the_model_is_the_one_that_the_worker_sees(
    host: CoreToolsHost, app: Path, stand_in: StandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    """PYTHON_SCRIPT_FILE_NAME names the file of an app in model v2."""
    (app / "function_app.py").rename(app / "main.py")
    monkeypatch.setenv("PYTHON_SCRIPT_FILE_NAME", "main.py")
    stand_in.does(version="4.0.5000")

    with pytest.warns(CoreToolsWarning, match="only behind a flag"):
        host.start()


# -- In a test run ---------------------------------------------------------------------------------------------


def test_the_fixture_function_app_runs_on_it(
    stand_in: StandIn, app: Path, tmp_path: Path, roll_call: RollCall
) -> None:
    tests = tmp_path / "scenarios"
    tests.mkdir()
    (tests / "test_it.py").write_text(
        "def test_it_is_asked_over_http(function_app):\n"
        "    assert function_app.get('/started-with').json()['arguments'][0] == '--port'\n"
        "def test_a_failure_shows_the_log(function_app):\n"
        "    assert function_app.get('/no-such-route').status_code == 200\n",
        encoding="utf-8",
    )
    command = [sys.executable, "-m", "pytest", "-p", "funchost.testing.plugin", "-p", "no:cacheprovider"]
    run = subprocess.run(
        [*command, "--functions-host=coretools", "--functions-app", str(app), str(tests)],
        cwd=tests,
        env={**os.environ, "PYTHONPATH": str(ROOT), "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )

    assert "1 failed, 1 passed" in run.stdout, run.stdout + run.stderr
    assert "stand-in: nothing at /no-such-route" in run.stdout
    roll_call.wait_for(*EVERYBODY)
    assert roll_call.wait_until_all_are_gone() == sorted(EVERYBODY)
