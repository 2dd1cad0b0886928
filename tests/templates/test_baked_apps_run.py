"""Every app in both programming models, baked and vendored: its own tests pass, and its README tells the truth.

Real processes, real HTTP, the SDK from the app's own .python_packages. The TensorFlow app, which needs an
environment of its own, has test_tensorflow_app.py.
"""

from __future__ import annotations

import os
import re
import shutil
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


@pytest.mark.skipif(shutil.which("curl") is None or os.name == "nt", reason="the requests need sh and curl")
@pytest.mark.parametrize(("template_id", "model"), APPS)
def test_the_requests_of_its_readme_give_the_answers_of_its_readme(
    template_id: str, model: str, vendored: Callable[..., Path], started: Callable[[Path], str]
) -> None:
    app = vendored(template_id, model)
    address = started(app)
    requests = requests_of((app / "README.md").read_text(encoding="utf-8"))
    assert len(requests) >= 2

    variables: dict[str, str] = {}
    for command, answer in requests:
        local = command.replace("http://localhost:7071", address)
        given = ask_until(local, answer.replace("http://localhost:7071", address), variables)
        if found := re.search(r'"id": "(\w+)"', given):
            variables["id"] = found[1]  # "put the id of the answer into a variable"


def requests_of(readme: str) -> list[tuple[str, str]]:
    """Every block of curl commands in a README, with the answer below it ("" where none is shown)."""
    blocks = re.findall(r"^```(\w+)\n(.*?)^```$", readme, re.MULTILINE | re.DOTALL)
    following = [*blocks[1:], ("", "")]
    return [
        (text, after if kind in ("json", "text") else "")
        for (language, text), (kind, after) in zip(blocks, following, strict=True)
        if language == "sh" and text.startswith("curl")
    ]


def ask_until(command: str, answer: str, variables: dict[str, str]) -> str:
    """Run a command; one that only looks is run again until it answers as the README says."""
    pattern = pattern_of(answer)
    deadline = time.monotonic() + 30
    while True:
        result = subprocess.run(
            ["sh", "-c", command], env={**os.environ, **variables}, capture_output=True, text=True, check=True
        )
        given = "".join(result.stdout.split())
        if pattern.fullmatch(given):
            return result.stdout
        if "-X POST" in command or time.monotonic() > deadline:
            raise AssertionError(f"{command}answers\n{result.stdout}\nand not\n{answer}")
        time.sleep(0.2)


def pattern_of(answer: str) -> re.Pattern[str]:
    """An answer as a README shows it: white space, times, ids and hashes (`0cb1...`), and `...` may differ."""
    text = re.escape("".join(answer.split()))
    text = re.sub(r"\d{4}\\-\d\d\\-\d\dT[\d:.\\]+(Z|\\\+00:00)", r"[-\\dT:.]+\1", text)
    text = re.sub(r"(?<=\")[0-9a-f]{4}\\\.\\\.\\\.", ".*?", text)
    text = re.sub(r"(?<=/)[0-9a-f]{4}\\\.\\\.\\\.", ".*?", text)
    return re.compile(text.replace(r"\.\.\.", ".*?") if answer else ".*")
