"""Answers that add files: what each adds, that all of it is valid, and that nothing is added unasked."""

from __future__ import annotations

import itertools
import json
import re
import subprocess
from pathlib import Path
from typing import Any

import pytest
from pycep import BicepParser

from scaffolding import bicep_names, devcontainer_session
from scaffolding.bake import files_of
from scaffolding.repository import template_ids
from tests.github_workflows import installed_actionlint, lint, read, schema_errors
from tests.templates.answer_sets import OPTIONAL
from tests.templates.conftest import Bake

ADDED = {
    "ci": {".github/workflows/tests.yml"},
    "azure": {"azure.yaml", "infra/app.bicep", "infra/main.bicep", "infra/main.parameters.json"},
    "devcontainer": {".devcontainer/devcontainer.json"},
}
NOT_WANTED = {"none", "no"}
EVERYTHING = {"ci": "github", "azure": "scheduler", "devcontainer": "yes"}
COMBINATIONS = [dict(zip(OPTIONAL, answers, strict=True)) for answers in itertools.product(*OPTIONAL.values())]


def combination_id(answers: dict[str, str]) -> str:
    return ",".join(answers.values())


def app_with(baked: Bake, template_id: str = "chaining", **answers: str) -> Path:
    return baked(template_id, slug="an-app", python_version="3.12", **answers)


def readme(app: Path) -> str:
    return (app / "README.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("answers", COMBINATIONS, ids=combination_id)
def test_each_combination_has_the_files_that_were_asked_for_and_speaks_of_them_only(
    baked: Bake, answers: dict[str, str]
) -> None:
    wanted = {question for question, answer in answers.items() if answer not in NOT_WANTED}

    app = app_with(baked, **answers)

    optional = set().union(*ADDED.values())
    there = {path for path in files_of(app) if path in optional}
    assert there == set().union(*(ADDED[question] for question in wanted))
    assert not [path for path in app.rglob("*") if path.is_dir() and not any(path.iterdir())]
    text = readme(app)
    assert (".github/workflows/tests.yml" in text) is ("ci" in wanted)
    assert ("azd up" in text) is ("azure" in wanted)
    assert ("Durable Task Scheduler" in text) is (answers["azure"] == "scheduler")
    assert (".devcontainer" in text) is ("devcontainer" in wanted)
    everything = b"".join(content for path, content in files_of(app).items() if path != ".cookiecutter.json")
    for question, word in {"azure": b"azure.yaml", "devcontainer": b"devcontainer"}.items():
        assert (word in everything) is (question in wanted)


@pytest.mark.parametrize("template_id", template_ids())
def test_every_template_takes_all_of_them(baked: Bake, template_id: str) -> None:
    app = app_with(baked, template_id, **EVERYTHING)

    assert set().union(*ADDED.values()) <= files_of(app).keys()
    assert list(infra_problems(app)) == []


@pytest.mark.parametrize(
    ("template_id", "model"), [*((template_id, "v2") for template_id in template_ids()), ("chaining", "v1")]
)
def test_the_code_of_an_app_is_the_same_with_and_without_them(baked: Bake, template_id: str, model: str) -> None:
    """No change of code is needed to get to Azure, or to change its back end there."""
    plain = app_with(baked, template_id, programming_model=model)
    complete = app_with(baked, template_id, programming_model=model, **EVERYTHING)

    assert code_of(complete) == code_of(plain)


def code_of(app: Path) -> dict[str, bytes]:
    return {path: content for path, content in files_of(app).items() if path.endswith((".py", ".pyi"))}


# --- GitHub Actions ----------------------------------------------------------------------------------


@pytest.fixture
def workflow(baked: Bake) -> Path:
    """The workflow of an app."""
    return app_with(baked, ci="github") / ".github" / "workflows" / "tests.yml"


def test_the_workflow_is_valid(workflow: Path) -> None:
    assert schema_errors([workflow]) == ""
    assert lint(installed_actionlint(), workflow) == []


def test_the_workflow_runs_the_tests_on_both_hosts_and_can_read_and_nothing_else(workflow: Path) -> None:
    loaded = read(workflow)
    commands = {
        name: [step["run"] for step in job["steps"] if "run" in step] for name, job in loaded["jobs"].items()
    }

    assert "python -m pytest" in commands["funchost"]
    assert "python -m pytest --functions-host=coretools" in commands["core-tools"]
    assert loaded["permissions"] == {"contents": "read"}
    assert all("timeout-minutes" in job for job in loaded["jobs"].values())
    steps = [step for job in loaded["jobs"].values() for step in job["steps"]]
    assert {step["with"]["python-version"] for step in steps if "setup-python" in step.get("uses", "")} == {"3.12"}
    assert all(re.fullmatch(r"actions/[a-z-]+@v\d+", step["uses"]) for step in steps if "uses" in step)


# --- Azure -------------------------------------------------------------------------------------------


def bicep(app: Path, name: str) -> dict[str, Any]:
    parsed: dict[str, Any] = BicepParser().parse(text=(app / "infra" / name).read_text(encoding="utf-8"))
    return parsed


def infra_problems(app: Path) -> list[str]:
    """What Azure's own models find in the Bicep files of an app."""
    return [problem for name in ("main.bicep", "app.bicep") for problem in bicep_names.problems(bicep(app, name))]


@pytest.fixture(params=["storage", "scheduler"])
def azure_app(request: pytest.FixtureRequest, baked: Bake) -> Path:
    """An app with either back end."""
    return app_with(baked, azure=request.param)


def test_the_resources_have_the_names_and_values_that_azure_knows(azure_app: Path) -> None:
    assert infra_problems(azure_app) == []


def test_main_hands_the_app_every_parameter_and_nothing_else(azure_app: Path) -> None:
    main = bicep(azure_app, "main.bicep")
    given = main["modules"]["app"]["config"]["params"]
    asked = bicep(azure_app, "app.bicep")["parameters"]
    from_azd = json.loads((azure_app / "infra" / "main.parameters.json").read_text(encoding="utf-8"))["parameters"]

    assert given.keys() == asked.keys()
    needed = {name for name, parameter in main["parameters"].items() if parameter.get("default") is None}
    assert from_azd.keys() == needed


def app_settings(app: Path) -> dict[str, Any]:
    config = bicep(app, "app.bicep")["resources"]["functionApp"]["config"]
    return {setting["name"]: setting["value"] for setting in config["properties"]["siteConfig"]["appSettings"]}


def test_no_key_and_no_password_is_used(azure_app: Path) -> None:
    text = (azure_app / "infra" / "app.bicep").read_text(encoding="utf-8")

    assert "listKeys" not in text
    assert "allowSharedKeyAccess: false" in text
    assert "AzureWebJobsStorage" not in app_settings(azure_app)
    assert app_settings(azure_app)["AzureWebJobsStorage__credential"] == "managedidentity"


STORAGE_ROLES = {  # what the host and Durable Functions need on the account
    "Storage Blob Data Owner": "b7e6dc6d-f1e8-4753-8033-0f276bb0955b",
    "Storage Queue Data Contributor": "974c5e8b-45b9-4653-ba55-5f855dd0fb88",
    "Storage Table Data Contributor": "0a9a7e1f-b9d0-4cc4-a60d-0319b160aaa3",
}


def test_on_azure_storage_the_app_may_use_blobs_queues_and_tables(baked: Bake) -> None:
    app = app_with(baked, azure="storage")

    assert bicep(app, "app.bicep")["variables"]["storageRoles"]["value"] == list(STORAGE_ROLES.values())
    host = json.loads((app / "host.json").read_text(encoding="utf-8"))
    assert "storageProvider" not in host["extensions"]["durableTask"]  # Azure Storage is the default


def test_on_the_scheduler_host_json_and_infra_name_one_hub_and_one_setting(baked: Bake) -> None:
    app = app_with(baked, azure="scheduler")

    durable = json.loads((app / "host.json").read_text(encoding="utf-8"))["extensions"]["durableTask"]
    provider = durable["storageProvider"]
    assert provider == {
        "type": "azureManaged",
        "connectionStringName": "DURABLE_TASK_SCHEDULER_CONNECTION_STRING",
    }
    resources = bicep(app, "app.bicep")["resources"]
    assert resources["taskHub"]["config"]["name"] == durable["hubName"]
    assert re.fullmatch(r"[a-zA-Z0-9-]{3,64}", durable["hubName"])
    setting = app_settings(app)[provider["connectionStringName"]]
    assert re.fullmatch(r"Endpoint=\$\{.+\};Authentication=ManagedIdentity;ClientID=\$\{.+\}", setting)


def test_here_an_app_for_the_scheduler_stays_on_storage(baked: Bake) -> None:
    app = app_with(baked, azure="scheduler")

    values = json.loads((app / "local.settings.json").read_text(encoding="utf-8"))["Values"]
    prefix = "AzureFunctionsJobHost__extensions__durableTask__storageProvider__"
    assert {name: value for name, value in values.items() if name.startswith(prefix)} == {
        f"{prefix}type": "AzureStorage",
        f"{prefix}connectionStringName": "Storage",
    }
    assert "local.settings.json" in (app / ".funcignore").read_text(encoding="utf-8").splitlines()


def test_azd_finds_the_service_and_deploys_what_was_vendored_for_linux(azure_app: Path) -> None:
    project = read(azure_app / "azure.yaml")
    ((name, service),) = project["services"].items()

    assert project["name"] == "an-app"
    assert (service["host"], service["language"], service["project"]) == ("function", "python", ".")
    assert f"'azd-service-name': '{name}'" in (azure_app / "infra" / "app.bicep").read_text(encoding="utf-8")
    assert service["remoteBuild"] is False
    for system in ("posix", "windows"):
        before, after = (service["hooks"][hook][system]["run"] for hook in ("prepackage", "postdeploy"))
        assert before.endswith("tools/vendor.py --what all --platform manylinux_2_28_x86_64")
        assert after.endswith("tools/vendor.py")


def test_what_serves_deploying_is_not_deployed(baked: Bake) -> None:
    app = app_with(baked, **EVERYTHING)

    ignored = (app / ".funcignore").read_text(encoding="utf-8").splitlines()
    assert {"infra", "azure.yaml", ".azure", ".devcontainer", ".git*", "tools", "tests"} <= set(ignored)
    assert ".python_packages" not in ignored
    assert ".azure/" in (app / ".gitignore").read_text(encoding="utf-8").splitlines()


def test_an_app_that_needs_a_setting_here_has_it_in_azure(baked: Bake) -> None:
    app = app_with(baked, "fan_out_tensorflow", azure="storage")

    assert app_settings(app)["PYTHON_ISOLATE_WORKER_DEPENDENCIES"] == "1"


# --- The dev container -------------------------------------------------------------------------------


@pytest.fixture(scope="session")
def devcontainer_cli() -> list[str]:
    """The reference implementation of dev containers, from npm."""
    try:
        return devcontainer_session.cli()
    except devcontainer_session.Unavailable as error:
        pytest.skip(str(error))


def test_the_dev_container_is_read_as_it_was_meant(baked: Bake, devcontainer_cli: list[str]) -> None:
    """Building it needs Docker: nox -s devcontainer."""
    app = baked("chaining", project_name='Größe "A" \\ B', slug="an-app", python_version="3.12", devcontainer="yes")

    command = [*devcontainer_cli, "read-configuration", "--workspace-folder", str(app), "--docker-path", "true"]
    result = subprocess.run(command, capture_output=True, encoding="utf-8", check=False, timeout=60)

    assert result.returncode == 0, result.stdout + result.stderr
    configuration = json.loads(result.stdout)["configuration"]
    assert configuration["name"] == 'Größe "A" \\ B'
    assert configuration["image"] == "mcr.microsoft.com/devcontainers/python:3.12"
    assert configuration["forwardPorts"] == [7071]
    assert configuration["remoteEnv"]["PATH"].startswith("/workspaces/an-app/.venv/bin:")
