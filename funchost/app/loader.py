"""Loads an app: finds its functions, checks them, and keeps what is needed to call them.

Runs where user code runs, with the app's packages already on ``sys.path``: standard library and the app's SDK
only. What is wrong with one function is a problem of that function; the rest of the app still works.
"""

from __future__ import annotations

import importlib.util
import os
import re
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from funchost.app import checks
from funchost.app.index import TRIGGERS_RUN, AppIndex, Binding, FunctionInfo, IndexProblem
from funchost.app.problems import FunctionRefused, from_exception, is_user_file, place

SCRIPT_FILE_SETTING = "PYTHON_SCRIPT_FILE_NAME"
DEFAULT_SCRIPT_FILE = "function_app.py"
SCRIPT_FILE_NAME = re.compile(r"[a-zA-Z0-9_][a-zA-Z0-9_\-]*\.py", re.ASCII)


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadedFunction:
    """A function ready to be called: what the host knows of it, the callable, and how values are converted."""

    info: FunctionInfo
    function: Callable[..., Any]
    signature: checks.Signature


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadedApp:
    """An app in this process. ``functions`` is keyed by function name."""

    index: AppIndex
    functions: Mapping[str, LoadedFunction]


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundFunction:
    """What a programming model yields for one function, before it is checked."""

    name: str
    bindings: tuple[Binding, ...]
    function: Callable[..., Any]
    script_file: str
    entry_point: str
    directory: str
    disabled: bool = False
    has_retry_policy: bool = False


@dataclass(slots=True)
class Findings:
    """What a programming model found: functions to check, and what could not even be read."""

    functions: list[FoundFunction] = field(default_factory=list)
    problems: list[IndexProblem] = field(default_factory=list)


def load_app(root: Path, environ: Mapping[str, str] | None = None) -> LoadedApp:
    """Load the app in ``root``. Never raises for what user code does: it becomes a problem in the index.

    Args:
        root: The app's folder, the one with ``host.json``; already on ``sys.path``.
        environ: Settings; the process environment where not given.
    """
    from funchost.app import model_v1, model_v2  # they import this module for its types

    settings = os.environ if environ is None else environ
    root = root.resolve()
    script = settings.get(SCRIPT_FILE_SETTING) or DEFAULT_SCRIPT_FILE
    model = "v2" if (root / script).is_file() else "v1"
    findings = Findings()
    functions: dict[str, LoadedFunction] = {}
    if missing := missing_sdk(root):
        findings.problems.append(missing)
    elif not SCRIPT_FILE_NAME.fullmatch(script):
        findings.problems.append(_bad_script_name(script))
    else:
        findings = model_v2.find(root, script) if model == "v2" else model_v1.find(root, settings)
    for found in findings.functions:
        try:
            functions[found.name] = _check(found, model, settings)
        except FunctionRefused as refused:
            file, line = place(found.function)
            in_app = file is not None and is_user_file(file, root)
            findings.problems.append(
                IndexProblem(
                    function_name=found.name,
                    message=str(refused),
                    file=file if in_app else str(root / found.script_file),
                    line=line if in_app else None,
                )
            )
        except Exception as error:  # a converter of the SDK, or an annotation, that fails in its own way
            findings.problems.append(
                from_exception(error, root, function_name=found.name, doing="the function could not be checked")
            )
    index = AppIndex(
        programming_model=model,
        python_version=".".join(map(str, sys.version_info[:3])),
        functions=tuple(loaded.info for loaded in functions.values()),
        problems=tuple(findings.problems),
        azure_functions_version=installed_version("azure.functions", "azure_functions"),
        durable_sdk_version=installed_version("azure.durable_functions", "azure_functions_durable"),
    )
    return LoadedApp(index=index, functions=functions)


def _check(found: FoundFunction, model: str, settings: Mapping[str, str]) -> LoadedFunction:
    trigger = checks.check_names(found.name, found.bindings)
    checks.check_runs_here(trigger, found.bindings)
    checks.check_durable(trigger, found.bindings, found.function)
    try:
        signature = checks.check_parameters(found.function, found.bindings, model)
    except FunctionRefused as refused:
        raise FunctionRefused(f"cannot load the {found.name} function: {refused}") from refused
    info = FunctionInfo(
        name=found.name,
        trigger=trigger,
        bindings=found.bindings,
        script_file=found.script_file,
        entry_point=found.entry_point,
        directory=found.directory,
        disabled=found.disabled or is_disabled(found.name, settings),
        has_retry_policy=found.has_retry_policy,
    )
    return LoadedFunction(info=info, function=found.function, signature=signature)


def is_disabled(name: str, settings: Mapping[str, str]) -> bool:
    """Whether ``AzureWebJobs.<name>.Disabled`` (or its spelling for shells, with ``__``) says so."""
    spellings = {f"azurewebjobs{dot}{name}{dot}disabled".lower() for dot in (".", "__")}
    return any(key.lower() in spellings and is_true(value) for key, value in settings.items())


def is_true(value: str) -> bool:
    return value.strip().lower() in ("true", "1")


def binding_from(properties: Mapping[str, Any]) -> Binding:
    """A binding as ``function.json`` has it. A missing direction means ``in``, as it does for triggers."""
    rest = {key: value for key, value in properties.items() if key not in ("name", "type", "direction")}
    direction = str(properties.get("direction") or "in").lower()
    return Binding(
        name=str(properties.get("name") or ""),
        type=_known_spelling(str(properties.get("type") or "")),
        direction=direction,
        properties=rest,
    )


def _known_spelling(binding_type: str) -> str:
    """Binding types ignore case for the host, but the SDK's converters are looked up by exact name."""
    known = (*TRIGGERS_RUN, *checks.CLIENT_BINDINGS, "http")
    return next((name for name in known if name.lower() == binding_type.lower()), binding_type)


def missing_sdk(root: Path) -> IndexProblem | None:
    """A problem that says what to install where ``azure.functions`` cannot be found."""
    try:
        if importlib.util.find_spec("azure.functions") is not None:
            return None
    except ModuleNotFoundError:
        pass
    return IndexProblem(
        function_name=None,
        message=(
            "The package azure-functions is not installed for this app. Install the app's packages into its own "
            f"folder: python -m pip install -r requirements.txt --target "
            f"{Path('.python_packages', 'lib', 'site-packages')}"
        ),
        file=str(root / "requirements.txt") if (root / "requirements.txt").is_file() else None,
    )


def installed_version(module: str, distribution: str) -> str | None:
    """The version of the distribution that lies beside a module, read off its metadata folder's name.

    Not ``importlib.metadata``: importing it costs a worker more than all else here.
    """
    try:
        spec = importlib.util.find_spec(module)
    except ModuleNotFoundError:
        return None
    for location in (spec.submodule_search_locations or ()) if spec else ():
        for folder in Path(location).parents[1].glob(f"{distribution}-*.dist-info"):
            return folder.name.removesuffix(".dist-info").split("-", 1)[1]
    return None


def _bad_script_name(script: str) -> IndexProblem:
    return IndexProblem(
        function_name=None,
        message=(
            f"{SCRIPT_FILE_SETTING} is '{script}', which is not a valid script file name: letters, digits, '_' and "
            "'-', ending in .py, in the app's own folder."
        ),
    )
