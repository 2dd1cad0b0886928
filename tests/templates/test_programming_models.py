"""Each app in both programming models: the same functions, the same code, one task hub."""

from __future__ import annotations

import ast
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from funchost.app.index import AppIndex, Binding, FunctionInfo, decode
from funchost.testing import FunctionAppClient
from funchost.testing.hosts import EmbeddedHost
from scaffolding.repository import ROOT, SAMPLES, programming_models, sample, template_ids
from tests.templates.conftest import link_packages

INDEX = """
import sys
from pathlib import Path
from funchost.app.index import encode
from funchost.app.loader import load_app
print(encode(load_app(Path(sys.argv[1])).index))
"""


def python(code: str, *arguments: str, cwd: Path) -> str:
    """What a program prints that runs in an app's folder, with this environment's SDK."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "PYTHONDONTWRITEBYTECODE": "1"}
    command = [sys.executable, "-c", code, *arguments]
    ran = subprocess.run(command, cwd=cwd, env=environment, capture_output=True, text=True, check=True, timeout=60)
    return ran.stdout


def index_of(app: Path) -> AppIndex:
    return decode(python(INDEX, str(app), cwd=app))


def promise(function: FunctionInfo) -> dict[str, Any]:
    """What a function is to its callers: everything but how it was declared, and what it calls its client."""

    def settings(binding: Binding) -> dict[str, Any]:
        values = {key: value for key, value in binding.properties.items() if value is not None}
        if methods := values.get("methods"):
            values["methods"] = sorted(str(method).upper() for method in methods)
        if level := values.get("authLevel"):
            values["authLevel"] = str(level).upper()
        return values

    bindings = {
        (b.type, b.direction.upper(), b.name if b.type != "durableClient" else "") for b in function.bindings
    }
    return {
        "durable name": function.durable_name,
        "bindings": sorted(bindings),
        "trigger": settings(function.trigger),
    }


@pytest.mark.parametrize("template_id", template_ids())
def test_the_functions_are_the_same_to_their_callers(template_id: str) -> None:
    """Names, routes, methods, keys: what decorators say in one and function.json in the other."""
    v2, v1 = (index_of(sample(template_id, model)) for model in ["v2", "v1"])

    assert (list(v2.problems), list(v1.problems)) == ([], [])
    assert {each.name: promise(each) for each in v1.functions} == {
        each.name: promise(each) for each in v2.functions
    }


@pytest.mark.parametrize("template_id", template_ids())
@pytest.mark.parametrize("model", programming_models())
def test_names_of_bindings_work_on_every_core_tools(template_id: str, model: str) -> None:
    """Hosts before 4.1038 take letters and digits only."""
    index = index_of(sample(template_id, model))

    names = {binding.name for function in index.functions for binding in function.bindings} - {"$return"}
    assert names
    assert [name for name in names if not (name.isascii() and name.isalnum() and name[0].isalpha())] == []


def bodies(files: list[Path], name_of: Callable[[Path, str], str]) -> dict[str, str]:
    """The code of every function at the top level of these files, by the name that `name_of` gives it."""
    return {
        name_of(path, node.name): "\n".join(map(ast.unparse, node.body))
        for path in files
        for node in ast.parse(path.read_text(encoding="utf-8")).body
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    }


@pytest.mark.parametrize("template_id", template_ids())
def test_the_code_of_a_function_is_the_same_but_for_the_line_that_makes_its_client(template_id: str) -> None:
    v2_app, v1_app = (sample(template_id, model) for model in ["v2", "v1"])
    folders = [path.parent for path in v1_app.glob("*/function.json")]

    v2 = bodies(list(v2_app.glob("*.py")), lambda _, name: name)
    v1 = bodies([folder / "__init__.py" for folder in folders], lambda path, _: path.parent.name)

    assert {
        name: text.replace("client = df.DurableOrchestrationClient(starter)\n", "") for name, text in v1.items()
    } == {folder.name: v2[folder.name] for folder in folders}


WARNED = """
import warnings
with warnings.catch_warnings(record=True) as caught:
    warnings.simplefilter("always")
    import azure.durable_functions
print([warning.category.__name__ for warning in caught if "v1 programming model" in str(warning.message)])
"""


def test_the_requirements_keep_the_sdk_below_2_which_has_no_model_v1(tmp_path: Path) -> None:
    """The SDK itself says so, where nothing keeps it."""
    for name in ["host.json", "requirements.txt", "say_hello/function.json"]:
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes((sample("chaining", "v1") / name).read_bytes())
    assert python(WARNED, cwd=tmp_path) == "[]\n"

    (tmp_path / "requirements.txt").write_text("azure-functions-durable\n", encoding="utf-8")
    assert python(WARNED, cwd=tmp_path) == "['DurableFunctionsCompatibilityWarning']\n"


def test_an_orchestration_that_waits_in_model_v1_goes_on_after_the_move_to_v2(
    packages: Path, tmp_path: Path
) -> None:
    """As every v1 app's README says. The task hub, and its name in host.json, stay what they were."""
    before, after = (
        EmbeddedHost(
            link_packages(packages, Path(shutil.copytree(sample("external_events", model), tmp_path / model))),
            tmp_path / "state",
        )
        for model in ["v1", "v2"]
    )
    try:
        before.start()
        with FunctionAppClient(before.url) as client:
            started = client.post("/api/approvals", json={"subject": "A new chair", "approver": "Kim"})
            client.wait_until(started, lambda status: status["customStatus"] is not None)
        before.stop()

        after.start()
        with FunctionAppClient(after.url) as client:
            instance = started.json()["id"]
            assert client.post(f"/api/approvals/{instance}/approve").status_code == 202
            approval = client.wait_until(f"/api/approvals/{instance}", lambda answer: answer["outcome"] is not None)
    finally:
        before.stop()
        after.stop()

    assert approval["outcome"]["outcome"] == "approved"


def test_every_model_has_its_place_in_the_samples() -> None:
    assert [sample("chaining", model).relative_to(SAMPLES).as_posix() for model in programming_models()] == [
        "chaining",
        "v1/chaining",
    ]
