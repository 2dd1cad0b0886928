"""The settings of an app: ``local.settings.json`` and ``host.json``. On the host's side.

Source: functions-host reference D.1, D.3, D.4.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from funchost.app.host_settings import HostSettings, host_settings
from funchost.app.json_file import read_object
from funchost.errors import StartError

HOST_FILE = "host.json"
LOCAL_FILE = "local.settings.json"
WORKER_RUNTIME = "FUNCTIONS_WORKER_RUNTIME"


@dataclass(frozen=True, slots=True, kw_only=True)
class LocalSettings:
    """What ``local.settings.json`` says.

    ``environment`` holds only what is to be added to the environment (a real, non-empty variable wins over the
    file); ``messages`` are the sentences to print about what was skipped. ``port`` and ``address`` are None
    where not given; ``cors`` is the list of origins.
    """

    environment: Mapping[str, str] = field(default_factory=dict)
    messages: tuple[str, ...] = ()
    port: int | None = None
    address: str | None = None
    cors: tuple[str, ...] = ()
    cors_credentials: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class AppSettings:
    """Everything an app is told from outside. ``environment`` is the whole of it, for the workers."""

    root: Path
    environment: Mapping[str, str]
    local: LocalSettings
    host: HostSettings


def load_settings(start: Path, environ: Mapping[str, str]) -> AppSettings:
    """Find the app at or above ``start`` and read its settings over ``environ``.

    Raises ``StartError``: no app there, or a file that cannot be used (with file and line).
    """
    root = find_app_root(start)
    local = load_local_settings(root, environ)
    environment = {**environ, **local.environment}
    environment.setdefault("AzureWebJobsScriptRoot", str(root))
    environment["AZURE_FUNCTIONS_ENVIRONMENT"] = "Development"
    runtime = environment.setdefault(WORKER_RUNTIME, "python")
    if runtime.lower() != "python":
        raise StartError(
            f"{WORKER_RUNTIME} is '{runtime}', and funchost runs Python apps only. Set it to 'python' in "
            f"{root / LOCAL_FILE} or in the environment."
        )
    return AppSettings(root=root, environment=environment, local=local, host=load_host_settings(root, environment))


def find_app_root(start: Path) -> Path:
    """The nearest folder with a ``host.json``, from ``start`` upwards."""
    folder = start.resolve()
    for candidate in (folder, *folder.parents):
        if (candidate / HOST_FILE).is_file():
            return candidate
    raise StartError(
        f"Unable to find project root. Expecting to find {HOST_FILE} in project root, and there is none in "
        f"{folder} nor in any folder above it. Go to your app's folder first, or name it: "
        "funchost start --script-root DIR"
    )


def load_local_settings(root: Path, environ: Mapping[str, str]) -> LocalSettings:
    """Read ``local.settings.json``; the file is optional. Raises ``StartError`` where it cannot be used."""
    path = root / LOCAL_FILE
    if not path.is_file():
        return LocalSettings()
    fields = read_object(path)
    encrypted = _get(fields, "IsEncrypted")
    if encrypted is not False:
        said = "does not say" if encrypted is None else "says"
        raise StartError(
            f'{path} {said} "IsEncrypted": {"false" if encrypted is None else "true"}'
            + (", and without it the file counts as encrypted." if encrypted is None else ".")
            + ' Only Core Tools can read encrypted settings. Write "IsEncrypted": false into it'
            + (", or decrypt it first: func settings decrypt" if encrypted is not None else ".")
        )
    environment, messages = _environment(path, fields, environ)
    host = _object(path, fields, "Host")
    return LocalSettings(
        environment=environment,
        messages=messages,
        port=_port(path, _get(host, "LocalHttpPort")),
        address=_text(_get(host, "LocalHttpAddress")),
        cors=origins(_text(_get(host, "CORS"))),
        cors_credentials=str(_get(host, "CORSCredentials")).lower() == "true",
    )


def origins(text: str | None) -> tuple[str, ...]:
    """A list of origins as ``Host.CORS`` and ``--cors`` write it: separated by commas."""
    return tuple(origin.strip() for origin in (text or "").split(",") if origin.strip())


def load_host_settings(root: Path, environ: Mapping[str, str]) -> HostSettings:
    """Read ``host.json`` with what ``AzureFunctionsJobHost__…`` variables put in its place."""
    path = root / HOST_FILE
    if not path.is_file():
        raise StartError(f"There is no {HOST_FILE} in {root}, so it is no function app.")
    return host_settings(path, read_object(path), environ)


def _environment(
    path: Path, fields: Mapping[str, Any], environ: Mapping[str, str]
) -> tuple[dict[str, str], tuple[str, ...]]:
    values = dict(_object(path, fields, "Values"))
    for name, connection in _object(path, fields, "ConnectionStrings").items():
        text = _get(connection, "ConnectionString") if isinstance(connection, dict) else connection
        values[f"ConnectionStrings:{name}"] = text
    environment: dict[str, str] = {}
    messages: list[str] = []
    for name, value in values.items():
        if not name:
            messages.append("Skipping local setting with empty key.")
        elif value is None:
            messages.append(f"Skipping '{name}' because value is null")
        elif isinstance(value, (dict, list)):
            raise StartError(
                f"{path}: the value of '{name}' is an object or a list, and settings are texts. Write nested names "
                f"as '{name}__part', each with its own text."
            )
        elif environ.get(name):
            messages.append(
                f"Skipping '{name}' from local settings as it's already defined in current environment variables."
            )
        else:
            environment[name] = _text(value) or ""
    return environment, tuple(messages)


def _object(path: Path, fields: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    value = _get(fields, name)
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise StartError(f"{path}: '{name}' must be a JSON object. Mend it and start again.")
    return value


def _get(fields: Mapping[str, Any], name: str) -> Any:
    """By name as .NET does it: exactly where there is one, else ignoring case."""
    if name in fields:
        return fields[name]
    return next((value for key, value in fields.items() if key.lower() == name.lower()), None)


def _text(value: Any) -> str | None:
    """A JSON scalar as a setting's text: ``True`` for true, as .NET writes it."""
    return None if value is None else str(value)


def _port(path: Path, value: Any) -> int | None:
    if value is None:
        return None
    try:
        port = int(value)
    except (TypeError, ValueError):
        port = -1
    if not 0 <= port <= 65535:
        raise StartError(f"{path}: Host.LocalHttpPort is {value!r}, which is not a port number (1 to 65535).")
    return port
