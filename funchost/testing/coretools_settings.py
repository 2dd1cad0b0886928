"""What ``func start`` is told from outside: the environment of a test run, made safe to repeat."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

from funchost.app.json_file import read_object
from funchost.app.settings import HOST_FILE, load_local_settings
from funchost.errors import StartError
from funchost.testing.coretools_program import MODEL_V2, MODEL_V2_BEHIND_A_FLAG, Version, programming_model

HOST_JSON = "AzureFunctionsJobHost__"  # a variable with this prefix overrides a value of host.json
DURABLE = f"{HOST_JSON}extensions__durableTask__"
STORAGE = "AzureWebJobsStorage"
AZURE_STORAGE = "AzureStorage"  # the back end that needs nothing but AzureWebJobsStorage
INTERPRETER = "languageWorkers:python:defaultExecutablePath"
FLAGS, INDEXING = "AzureWebJobsFeatureFlags", "EnableWorkerIndexing"

# A real variable beats local.settings.json. These are about the test run's Python, not the app's; and the last
# one makes func believe that it is in a container in Azure.
NOT_HANDED_ON = (
    "PYTHONPATH",
    "PYTHONHOME",
    "PYTHONSTARTUP",
    "VIRTUAL_ENV",
    "__PYVENV_LAUNCHER__",
    "CONTAINER_NAME",
)


def app_values(app: Path, environment: Mapping[str, str]) -> dict[str, str]:
    """What local.settings.json adds to the environment; nothing where only Core Tools can read it."""
    try:
        return dict(load_local_settings(app, environment).environment)
    except StartError:
        return {}  # func reads it again, and reports what is wrong with it


def development_storage(app: Path, environment: Mapping[str, str]) -> list[str]:
    """The names of the app's connections that mean "an Azurite on this machine", so that it can be our own.

    AzureWebJobsStorage is among them where neither the environment nor local.settings.json points elsewhere,
    be it with a connection string or with an identity (``AzureWebJobsStorage__accountName``).
    """
    values = {**environment, **app_values(app, environment)}
    names = [
        name for name, value in values.items() if value.strip().rstrip(";").lower() == "usedevelopmentstorage=true"
    ]
    by_identity = any(name.lower().startswith(f"{STORAGE.lower()}__") and value for name, value in values.items())
    if not values.get(STORAGE) and not by_identity:
        names.append(STORAGE)
    return names


def local_back_end(app: Path, environment: Mapping[str, str]) -> dict[str, str]:
    """Overrides that keep orchestrations in AzureWebJobsStorage where the app's own back end is not there.

    An app that Azure runs on the Durable Task Scheduler or on SQL names the setting with its connection in
    host.json, and that setting exists in Azure only. Where it is set here as well, the app keeps its back end.
    """
    try:
        host = read_object(app / HOST_FILE)
    except StartError:
        return {}  # func reads it again, and reports what is wrong with it
    provider: object = host
    for key in ("extensions", "durableTask", "storageProvider"):
        provider = provider.get(key) if isinstance(provider, dict) else None
    if not isinstance(provider, dict) or str(provider.get("type", AZURE_STORAGE)).lower() == AZURE_STORAGE.lower():
        return {}
    values = {**app_values(app, environment), **environment}
    named = provider.get("connectionStringName") or provider.get("connectionName")
    if named and values.get(str(named)):
        return {}
    return {
        f"{DURABLE}storageProvider__type": AZURE_STORAGE,
        # "Storage" is what stands for AzureWebJobsStorage. The old and the new spelling of one key: either may be
        # in host.json.
        f"{DURABLE}storageProvider__connectionStringName": "Storage",
        f"{DURABLE}storageProvider__connectionName": "Storage",
    }


def app_model(app: Path, environment: Mapping[str, str]) -> str:
    """The app's programming model, ``v1`` or ``v2``, as the worker will see it."""
    values = {**app_values(app, environment), **environment}
    return programming_model(app, values.get("PYTHON_SCRIPT_FILE_NAME", ""))


def choose_python(app: Path, environment: Mapping[str, str], python: Path | None = None) -> Path:
    """The app's interpreter, chosen as funchost does: named, the app's .venv, VIRTUAL_ENV, the one running this."""
    if python is not None:
        return python
    for virtual_env in (app / ".venv", Path(environment.get("VIRTUAL_ENV") or os.devnull)):
        if (virtual_env / "pyvenv.cfg").is_file():
            return virtual_env / ("Scripts/python.exe" if sys.platform == "win32" else "bin/python")
    return Path(sys.executable)


def python_version(python: Path) -> tuple[int, int]:
    """Major and minor version of an interpreter. Raises OSError or CalledProcessError where it cannot be run."""
    if python == Path(sys.executable):
        return sys.version_info[:2]
    asked = subprocess.run(
        [str(python), "-I", "-S", "-c", "import sys; print(*sys.version_info[:2])"],
        check=True,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
    )
    major, minor = asked.stdout.split()
    return int(major), int(minor)


def host_environment(
    inherited: Mapping[str, str],
    *,
    python: Path,
    hub_name: str,
    connections: Mapping[str, str],
    version: Version,
    model: str,
) -> dict[str, str]:
    """The environment of ``func start``.

    Args:
        inherited: The test run's own.
        python: The interpreter that runs the app.
        hub_name: Task hub; 3 to 45 letters and digits, a letter first.
        connections: Connection strings by name, in place of the app's own.
        version: Of Core Tools.
        model: Programming model, ``v1`` or ``v2``.
    """
    environment = {name: value for name, value in inherited.items() if name not in NOT_HANDED_ON}
    folder = python.absolute().parent  # not resolved: a venv's python is a link, and the venv is where the link is
    environment["PATH"] = os.pathsep.join([str(folder), inherited.get("PATH", "")])
    if (folder.parent / "pyvenv.cfg").is_file():
        environment["VIRTUAL_ENV"] = str(folder.parent)
    environment |= {
        # Without a runtime func asks a question and waits for the answer.
        "FUNCTIONS_WORKER_RUNTIME": "python",
        "FUNCTIONS_CORE_TOOLS_TELEMETRY_OPTOUT": "1",
        # A name with colons cannot be exported by a shell; with "__" func looks it up too late.
        INTERPRETER: str(python.absolute()),
        # A test tool that makes a folder in the app would restart the host in the middle of a test.
        f"{HOST_JSON}fileWatchingEnabled": "false",
        "PYTHONDONTWRITEBYTECODE": "1",
        f"{DURABLE}hubName": hub_name,
        # 30 seconds by default: what a test would wait when nothing has happened for a while.
        f"{DURABLE}storageProvider__maxQueuePollingInterval": "00:00:01",
        **connections,
    }
    if model == "v2" and MODEL_V2_BEHIND_A_FLAG <= version < MODEL_V2:
        flags = [flag for flag in inherited.get(FLAGS, "").split(",") if flag and flag != INDEXING]
        environment[FLAGS] = ",".join([*flags, INDEXING])
    return environment
