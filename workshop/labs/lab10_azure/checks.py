"""What lab 10 asks for: what runs here has to run in Azure, too."""

import ast
import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from funchost.model.history import TaskCompleted
from funchost.testing import DurableApp

AZURE = "manylinux_2_28_x86_64"
SITE_PACKAGES = Path(".python_packages", "lib", "site-packages")
IN_EVERY_APP = {"azure"}  # a namespace of several packages, all in requirements.txt from the start
UNREACHABLE = 3  # what tools/vendor.py ends with


def imported() -> dict[str, str]:
    """Every module that the app imports and does not bring along itself, and a file that does so."""
    own = {path.stem for path in Path().glob("*.py")}
    found: dict[str, str] = {}
    for path in sorted(Path().glob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            if isinstance(node, ast.ImportFrom) and node.module and not node.level:
                names = [node.module]
            found.update({name.split(".")[0]: path.name for name in names})
    known = own | IN_EVERY_APP | set(sys.stdlib_module_names)
    return {name: file for name, file in found.items() if name not in known}


@pytest.fixture
def packages_for_azure(tmp_path: Path) -> Path:
    """What would be deployed beside the app: everything in requirements.txt, for Azure's Linux."""
    copy = tmp_path / "app"
    shutil.copytree(Path(), copy, ignore=shutil.ignore_patterns(".funchost", ".python_packages", "__pycache__"))
    command = [sys.executable, "tools/vendor.py", "--what", "all", "--platform", AZURE]
    vendored = subprocess.run(command, cwd=copy, capture_output=True, text=True, check=False)
    if vendored.returncode == UNREACHABLE:
        pytest.fail(
            "There is no network, and DURABLE_WHEELHOUSE is not set. Let it name the folder of wheels: the "
            "README of the workshop says how.",
            pytrace=False,
        )
    assert vendored.returncode == 0, f"tools/vendor.py --what all --platform {AZURE} failed:\n{vendored.stderr}"
    return copy / SITE_PACKAGES


def test_imports(packages_for_azure: Path) -> None:
    """Everything that the app imports is deployed with it"""
    there = {path.stem for path in packages_for_azure.iterdir()}
    absent = [f"{file} imports {name}" for name, file in imported().items() if name not in there]
    assert not absent, (
        f"{'; '.join(absent)}, which requirements.txt does not name. It is here only because something else "
        "brought it. Pin it under the heading [app]; python -m pip show jinja2 tells the version."
    )


def test_other_machines(durable: DurableApp) -> None:
    """Activities hand each other values, not files of one machine"""
    hello = durable.start("hello_cities")
    hello.result()
    results = [json.loads(event.result or "null") for event in hello.history if isinstance(event, TaskCompleted)]
    paths = [result for result in results if isinstance(result, str) and Path(result).exists()]
    assert not paths, (
        f"An activity returned {paths[0]!r}, a file on this machine. The next activity may run on another. Return "
        "what is in it; what is too large for a history belongs into a storage that all machines reach."
    )


def test_extension_bundle() -> None:
    """host.json names the extension bundle"""
    settings = json.loads(Path("host.json").read_text(encoding="utf-8"))
    bundle = settings.get("extensionBundle", {})
    assert bundle.get("id") == "Microsoft.Azure.Functions.ExtensionBundle", (
        "The real host is told by host.json where the Durable extension comes from, and knows no durable triggers "
        "without it. The app of any other lab shows the four lines."
    )
    assert str(bundle.get("version", "")).startswith("[4."), (
        f'The version of the bundle is {bundle.get("version")!r}; "[4.*, 5.0.0)" is the current range.'
    )


def test_still_works(durable: DurableApp) -> None:
    """It still greets three cities"""
    output = durable.run("hello_cities")
    assert output == ["Hello Tokyo!", "Hello Seattle!", "Hello London!"], f"The output is {output}."
