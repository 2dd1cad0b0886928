"""The TensorFlow app, with its real network: in an environment of its own, which is built once and kept.

That environment takes 1.8 GB and, where nothing is cached, a minute to install. It is kept below .nox, under
a name made from the Python it is for and the pins; new pins make a new one and remove the old.
"""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

import pytest
from packaging.requirements import Requirement

from funchost.testing.hosts import EmbeddedHost
from scaffolding import pins as version_pins
from scaffolding.repository import ROOT, SAMPLES, programming_models
from tests.templates.answer_sets import pythons
from tests.templates.conftest import Bake
from tests.templates.readmes import answer_as_shown, needs_curl

TEMPLATE = "fan_out_tensorflow"
RUNNING = "{}.{}".format(*sys.version_info)
PINS = version_pins.load()

needs_tensorflow = pytest.mark.skipif(
    RUNNING not in pythons(TEMPLATE), reason=f"TensorFlow has no wheel for Python {RUNNING}"
)


def pip(python: Path | str, *arguments: str) -> None:
    command = [str(python), "-m", "pip", *arguments, "--quiet", "--disable-pip-version-check"]
    subprocess.run(command, check=True, timeout=900)


def build_environment(folder: Path, pinned: list[str], funchost: Path) -> None:
    """A virtual environment with all that the app needs, and the SDK's wheels to vendor without a network."""
    subprocess.run([sys.executable, "-m", "venv", str(folder)], check=True, timeout=120)
    lines = folder / "requirements.txt"
    lines.write_text("\n".join(pinned) + "\n", encoding="utf-8")
    pip(interpreter(folder), "install", "-r", str(lines), str(funchost))
    lines.write_text("\n".join(PINS.sdk.locked) + "\n", encoding="utf-8")
    pip(interpreter(folder), "download", "--no-deps", "-r", str(lines), "--dest", str(folder / "wheelhouse"))


def interpreter(environment: Path) -> Path:
    return environment / ("Scripts/python.exe" if os.name == "nt" else "bin/python")


@pytest.fixture(scope="session")
def tensorflow_environment(funchost_wheel: Path) -> Path:
    """The folder of the virtual environment, with today's funchost in it."""
    app = PINS.app(TEMPLATE)
    pinned = [*PINS.sdk.locked, *app.locked, *PINS.development.locked, *app.development.locked]
    key = hashlib.sha256("\n".join([sys.version, sys.platform, *pinned]).encode()).hexdigest()[:12]
    kept = ROOT / ".nox" / f"tensorflow-{RUNNING}-{key}"
    if not kept.exists():
        for outdated in kept.parent.glob(f"tensorflow-{RUNNING}-*"):
            shutil.rmtree(outdated)
        kept.parent.mkdir(exist_ok=True)
        # Built beside its place and moved there when it is whole. Only `python -m` is used, which can be moved.
        scratch = Path(tempfile.mkdtemp(prefix="new-tensorflow-", dir=kept.parent))
        try:
            build_environment(scratch, pinned, funchost_wheel)
            scratch.rename(kept)
        except FileExistsError:  # another run was quicker
            pass
        finally:
            shutil.rmtree(scratch, ignore_errors=True)
    pip(interpreter(kept), "install", "--no-deps", "--force-reinstall", str(funchost_wheel))
    return kept


@pytest.fixture
def environment_of_app(tensorflow_environment: Path) -> dict[str, str]:
    """The variables of a terminal in which that environment is activated."""
    return {
        **os.environ,
        "VIRTUAL_ENV": str(tensorflow_environment),
        "DURABLE_WHEELHOUSE": str(tensorflow_environment / "wheelhouse"),
        "PIP_CONFIG_FILE": os.devnull,
    }


@pytest.fixture
def run_in(tensorflow_environment: Path, environment_of_app: dict[str, str]) -> Callable[..., str]:
    """Run Python in an app's folder; returns what it printed."""

    def run(app: Path, *arguments: str) -> str:
        result = subprocess.run(
            [interpreter(tensorflow_environment), *arguments],
            cwd=app,
            env=environment_of_app,
            capture_output=True,
            text=True,
            check=False,
            timeout=300,
        )
        assert result.returncode == 0, result.stdout + result.stderr
        return result.stdout

    return run


@pytest.fixture
def baked(bake: Bake, run_in: Callable[..., str]) -> Callable[[str], Path]:
    """Bake the app in a programming model and vendor its SDK; returns its folder."""

    def run(model: str) -> Path:
        app = bake(TEMPLATE, programming_model=model, python_version=RUNNING)
        run_in(app, "tools/vendor.py", "--what", "sdk")
        return app

    return run


# Its other tests are of modules that the models share, the network among them.
OF_FUNCTIONS = ["tests/test_classification.py", "tests/test_virtual_time.py"]


@needs_tensorflow
@pytest.mark.parametrize(("model", "tests"), [("v2", []), ("v1", OF_FUNCTIONS)], ids=["v2", "v1"])
def test_the_app_passes_its_own_tests_on_the_embedded_host(
    baked: Callable[[str], Path], run_in: Callable[..., str], model: str, tests: list[str]
) -> None:
    """The network recognises the sample photos, over HTTP too, with the vendored SDK."""
    summary = run_in(baked(model), "-m", "pytest", "-q", "-p", "no:cacheprovider", *tests).strip().splitlines()[-1]

    assert re.fullmatch(r"\d+ passed(, \d+ warnings?)? in .*", summary)


@needs_tensorflow
@needs_curl
@pytest.mark.parametrize("model", programming_models())
def test_the_requests_of_its_readme_give_the_answers_of_its_readme(
    baked: Callable[[str], Path],
    environment_of_app: dict[str, str],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    model: str,
) -> None:
    app = baked(model)
    monkeypatch.setenv("VIRTUAL_ENV", environment_of_app["VIRTUAL_ENV"])
    host = EmbeddedHost(app, tmp_path / "state")
    host.start()
    try:
        answer_as_shown((app / "README.md").read_text(encoding="utf-8"), host.url, patience=180)
    finally:
        host.stop()


@needs_tensorflow
def test_the_app_measures_itself(baked: Callable[[str], Path], run_in: Callable[..., str]) -> None:
    """`tools/measure.py`, whose numbers stand in the README, on two worker processes."""
    settings = ["--workers", "2", "--activities", "2", "--batch-sizes", "4", "--images", "8", "--repeat", "1"]

    table = run_in(baked("v2"), "tools/measure.py", *settings)

    assert re.search(r"^\| 2 \| 1 \| 2 \| 4 \| [1-9]\d* \|$", table, re.MULTILINE), table


@pytest.mark.parametrize("python_version", ["3.9", "3.14"])
def test_a_python_without_a_tensorflow_wheel_is_refused(
    cookiecutter: Callable[..., subprocess.CompletedProcess[str]], output: Path, python_version: str
) -> None:
    answers = ["--no-input", "-o", output, f"python_version={python_version}"]

    result = cookiecutter(f"templates/{TEMPLATE}", *answers, check=False)

    assert result.returncode != 0
    assert f"python_version '{python_version}'" in result.stderr
    assert "(3.10, 3.11, 3.12, 3.13). Type, for example: python_version=3.12" in result.stderr
    assert list(output.iterdir()) == []


@pytest.mark.parametrize(
    ("sys_platform", "platform_machine", "package"),
    [
        ("linux", "x86_64", "tensorflow-cpu"),
        ("linux", "aarch64", "tensorflow"),
        ("darwin", "arm64", "tensorflow"),
        ("win32", "AMD64", "tensorflow"),
    ],
)
def test_every_platform_gets_one_tensorflow(sys_platform: str, platform_machine: str, package: str) -> None:
    platform = {"sys_platform": sys_platform, "platform_machine": platform_machine}
    requirements = [Requirement(line) for line in PINS.app(TEMPLATE).locked]

    chosen = [
        requirement.name
        for requirement in requirements
        if requirement.name.startswith("tensorflow")
        and requirement.marker is not None
        and requirement.marker.evaluate(platform)
    ]

    assert chosen == [package]


def test_weights_and_photos_are_packages_and_not_in_the_sample() -> None:
    large = [path for path in (SAMPLES / TEMPLATE).rglob("*") if path.is_file() and path.stat().st_size > 50_000]

    assert [path for path in large if not {".python_packages", ".venv", "wheels"} & set(path.parts)] == []
