"""What ``funchost start`` refuses: exit code 1, the cause, and what to do next, on stderr."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
from pathlib import Path

import pytest

APPS = Path(__file__).parents[1] / "apps"


def start(app: Path, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    known = {key: value for key, value in os.environ.items() if key != "VIRTUAL_ENV"}
    return subprocess.run(
        [sys.executable, "-m", "funchost", "start", *arguments],
        cwd=app,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
        env={**known, "NO_COLOR": "1", **environment},
    )


def copy_of(name: str, tmp_path: Path) -> Path:
    return Path(shutil.copytree(APPS / name, tmp_path / name))


def refused(result: subprocess.CompletedProcess[str]) -> str:
    assert result.returncode == 1
    assert "Traceback" not in result.stderr
    return result.stderr


def test_a_folder_without_an_app(tmp_path: Path) -> None:
    text = refused(start(tmp_path))
    assert "Expecting to find host.json" in text
    assert "--script-root DIR" in text


def test_an_argument_that_belongs_to_no_option(tmp_path: Path) -> None:
    result = start(tmp_path, "everything")
    assert result.returncode == 2
    assert "Got unexpected extra argument (everything)" in result.stderr


def test_functions_that_the_app_does_not_have(tmp_path: Path) -> None:
    text = refused(
        start(copy_of("approvals", tmp_path), "--port", "0", "--functions", "nope", VIRTUAL_ENV=sys.prefix)
    )
    assert "only these are to be loaded, by --functions or host.json: nope" in text


def test_an_app_that_cannot_be_imported_is_shown_at_its_own_line(tmp_path: Path) -> None:
    app = copy_of("worker_import_error", tmp_path)
    text = refused(start(app, "--port", "0", VIRTUAL_ENV=sys.prefix))
    assert text.startswith(f"{app / 'helper.py'}:2: function_app.py could not be imported: ValueError: ")
    assert "importlib" not in text


def test_two_functions_of_one_name(tmp_path: Path) -> None:
    text = refused(start(copy_of("worker_duplicates", tmp_path), "--port", "0", VIRTUAL_ENV=sys.prefix))
    assert "Function twice does not have a unique function name." in text
    assert "declared at blueprint.py:6 and function_app.py:10" in text


def test_a_port_in_use(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        text = refused(
            start(copy_of("slow_chain", tmp_path), "--port", str(port), VIRTUAL_ENV=sys.prefix, MARKS="unused")
        )
    assert f"Port {port} is unavailable. Close the process using that port" in text


def test_an_sdk_that_is_missing(tmp_path: Path) -> None:
    text = refused(start(copy_of("slow_chain", tmp_path), "--port", "0"))
    assert "The app needs the package azure-functions" in text
    assert "pip install -r requirements.txt --target" in text


def test_packages_vendored_for_another_python(tmp_path: Path) -> None:
    app = copy_of("slow_chain", tmp_path)
    (app / ".python_packages" / "lib" / "site-packages").mkdir(parents=True)
    (app / ".python_packages" / "manifest.json").write_text('{"python": "3.2"}')
    text = refused(start(app, "--port", "0"))
    assert "were vendored for Python 3.2" in text
    assert "funchost start --python python3.2" in text


def test_a_trigger_that_is_not_run_is_named_and_the_rest_works(tmp_path: Path) -> None:
    from funchost.testing.hosts import EmbeddedHost

    host = EmbeddedHost(APPS / "worker_one_bad", tmp_path, arguments=("--python", sys.executable))
    host.start()
    host.stop()
    assert "its trigger is of type 'queueTrigger', which funchost does not run" in host.log()
    assert "\tworks: activityTrigger" in host.log()
    assert host.process.returncode == 0


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["--port", "70000"], "--port"),
        (["--workers", "0"], "--workers"),
        (["--in-process", "--workers", "2"], "leave --workers and --python out"),
        (["--script-root", "nowhere"], "nowhere"),
    ],
)
def test_arguments_that_make_no_sense_exit_with_two(tmp_path: Path, arguments: list[str], says: str) -> None:
    result = start(tmp_path, *arguments)
    assert result.returncode == 2
    assert says in result.stderr
