"""Every app in both programming models, baked and vendored: its own tests pass, and its README tells the truth.

Real processes, real HTTP, the SDK from the app's own .python_packages. The TensorFlow app, which needs an
environment of its own, has test_tensorflow_app.py.
"""

from __future__ import annotations

import re
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest

from scaffolding import pins as version_pins
from scaffolding.repository import ROOT, programming_models, template_ids
from tests.templates.readmes import answer_as_shown, needs_curl

APPS = [
    (template_id, model)
    for template_id in template_ids()
    if not version_pins.load().app(template_id).locked
    for model in programming_models()
]


def host_environment(environment: dict[str, str]) -> dict[str, str]:
    """Processes that find funchost in this repository, and leave the settings of the app to the app."""
    return {**environment, "PYTHONPATH": str(ROOT), "PYTHONDONTWRITEBYTECODE": "1"}


@pytest.mark.parametrize(("template_id", "model"), APPS)
def test_its_own_tests_pass(
    template_id: str, model: str, vendored: Callable[..., Path], environment: dict[str, str]
) -> None:
    app = vendored(template_id, model)

    # funchost is not always installed where these tests run, so its plugin is named.
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *plugin()]
    result = subprocess.run(
        command,
        cwd=app,
        env=host_environment(environment),
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )

    assert result.returncode == 0, result.stdout + result.stderr
    assert re.search(r"\d+ passed", result.stdout)
    assert not re.search(r"skipped|xfailed", result.stdout)


def plugin() -> list[str]:
    """The option that loads funchost's plugin where its entry point does not."""
    from importlib.metadata import entry_points

    installed = any(point.value == "funchost.testing.plugin" for point in entry_points(group="pytest11"))
    return [] if installed else ["-p", "funchost.testing.plugin"]


# --- The README --------------------------------------------------------------------------------------


@pytest.fixture
def started(environment: dict[str, str]) -> Iterator[Callable[[Path], str]]:
    """Start funchost in an app's folder, as its README says; returns the host's address."""
    processes: list[subprocess.Popen[bytes]] = []

    def start(app: Path) -> str:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        log = app.parent / "host.log"
        command = [sys.executable, "-m", "funchost", "start", "--port", str(port)]
        with log.open("wb") as output:
            process = subprocess.Popen(
                command, cwd=app, env=host_environment(environment), stdout=output, stderr=subprocess.STDOUT
            )
        processes.append(process)
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline and process.poll() is None:
            try:
                if httpx.get(f"http://127.0.0.1:{port}/admin/host/status").json()["state"] == "Running":
                    return f"http://localhost:{port}"
            except httpx.TransportError:
                time.sleep(0.1)
        raise AssertionError(f"funchost did not start:\n{log.read_text(encoding='utf-8')}")

    yield start
    for process in processes:
        process.terminate()
        assert process.wait(timeout=30) == 0


@needs_curl
@pytest.mark.parametrize(("template_id", "model"), APPS)
def test_the_requests_of_its_readme_give_the_answers_of_its_readme(
    template_id: str, model: str, vendored: Callable[..., Path], started: Callable[[Path], str]
) -> None:
    app = vendored(template_id, model)
    address = started(app)
    answer_as_shown((app / "README.md").read_text(encoding="utf-8"), address)
