"""A new app in the hands of its developer: what the dev container and the CI workflow type, typed here.

One app in every run; all of them, and their job on Core Tools, with: nox -s apps
"""

from __future__ import annotations

import itertools
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from scaffolding import pins as version_pins
from scaffolding.repository import programming_models, template_ids
from tests.github_workflows import read
from tests.templates.answer_sets import pythons
from tests.templates.conftest import Bake

RUNNING = "{}.{}".format(*sys.version_info)
IN_EVERY_RUN = ("chaining", "v2")
pytestmark = pytest.mark.skipif(os.name == "nt", reason="what is typed is for sh, as in a container and on GitHub")

every_app = pytest.mark.parametrize(
    ("template_id", "model"),
    [
        pytest.param(*app, marks=[] if app == IN_EVERY_RUN else pytest.mark.matrix)
        for app in itertools.product(template_ids(), programming_models())
        if RUNNING in pythons(app[0])
    ],
)


@pytest.fixture
def app(bake: Bake, template_id: str, model: str) -> Path:
    """An app with everything that can be asked for."""
    everything = {"ci": "github", "devcontainer": "yes", "azure": "scheduler"}
    return bake(template_id, python_version=RUNNING, programming_model=model, slug="an-app", **everything)


@pytest.fixture
def shell(environment: dict[str, str], tmp_path: Path, app: Path) -> Callable[[str], str]:
    """Type commands in the app's folder, as GitHub does, on a computer with Python and the package index.

    The app's .venv is on PATH, as the dev container has it; funchost is in the app's wheels/.
    """
    programs = tmp_path / "programs"
    programs.mkdir()
    for name in ("python", "python3"):
        (programs / name).symlink_to(sys.executable)
    typed_in = {
        name: value for name, value in environment.items() if name not in ("DURABLE_WHEELHOUSE", "VIRTUAL_ENV")
    }
    typed_in["PATH"] = os.pathsep.join([str(app / ".venv" / "bin"), str(programs), environment["PATH"]])
    typed_in["npm_config_prefix"] = str(tmp_path / "npm")
    typed_in["PATH"] += os.pathsep + str(tmp_path / "npm" / "bin")

    def run(commands: str) -> str:
        result = subprocess.run(
            ["bash", "-e", "-c", commands],
            cwd=app,
            env=typed_in,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            encoding="utf-8",
            errors="replace",
            check=False,
            timeout=900,
        )
        assert result.returncode == 0, f"{commands}\n{result.stdout}"
        return result.stdout

    return run


def steps(app: Path, job: str) -> dict[str, str]:
    """What a job of the app's workflow types, by the step's name."""
    workflow = read(app / ".github" / "workflows" / "tests.yml")
    return {step["name"]: step["run"] for step in workflow["jobs"][job]["steps"] if "run" in step}


def make_dev_container(app: Path, shell: Callable[[str], str]) -> None:
    shell(read(app / ".devcontainer" / "devcontainer.json")["postCreateCommand"])


@every_app
def test_what_the_dev_container_and_the_job_on_funchost_type_succeeds(
    app: Path, shell: Callable[[str], str]
) -> None:
    make_dev_container(app, shell)
    assert "funchost" in shell("command -v funchost && funchost --version")

    said = {name: shell(commands) for name, commands in steps(app, "funchost").items()}

    assert "No broken requirements found" in said["Do the packages fit together?"]
    assert "All checks passed!" in said["Check the code"]
    assert "Success: no issues found" in said["Check the code"]
    assert " passed" in said["Test"]
    assert "failed" not in said["Test"]
    audited = said["Vendor the packages as for Azure, and audit them"]
    assert "manylinux_2_28_x86_64" in audited
    assert "Every file is as its package shipped it" in audited
    pinned = version_pins.load().sdk.locked
    assert len([line for line in audited.splitlines() if line.startswith("azure-functions-durable ")]) == 1
    assert any(line.startswith("azure-functions-durable==") for line in pinned)


@pytest.mark.matrix
@every_app
def test_what_the_job_on_core_tools_types_succeeds(app: Path, shell: Callable[[str], str]) -> None:
    if shutil.which("npm") is None:
        pytest.skip("npm is not on PATH, and Core Tools come from npm: install Node.js 22 or newer")
    typed = steps(app, "core-tools")
    install = typed.pop("Install Core Tools and Azurite")
    try:
        shell(install)
    except AssertionError as error:
        if "cdn.functions.azure.com" in str(error):  # the npm package only downloads the program
            pytest.skip(f"Core Tools cannot be had on this machine:\n{error}")
        raise
    shell("python -m venv .venv")
    for commands in typed.values():
        shell(commands)
