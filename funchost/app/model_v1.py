"""Programming model v1: a folder with a ``function.json`` per function.

Source: functions-host reference C.3. The app's root is the namespace package ``__app__``, so that
``from __app__.shared import x`` works, and is on ``sys.path`` too.
Imported by worker processes: standard library and the app's SDK only.
"""

from __future__ import annotations

import importlib
import json
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from types import ModuleType
from typing import Any

from funchost.app.index import IndexProblem
from funchost.app.loader import Findings, FoundFunction, binding_from, is_true
from funchost.app.problems import FunctionRefused, from_exception

NAMESPACE = "__app__"
DEFAULT_ENTRY_POINT = "main"


def find(root: Path, settings: Mapping[str, str]) -> Findings:
    """Read every direct sub-folder that has a ``function.json``, in the order of their names."""
    _make_namespace(root)
    findings = Findings()
    for definition in sorted(root.glob("*/function.json"), key=lambda path: path.parent.name.lower()):
        name = definition.parent.name
        try:
            findings.functions.append(_read(root, definition, settings))
        except json.JSONDecodeError as error:
            findings.problems.append(
                IndexProblem(
                    function_name=name,
                    message=f"function.json is not valid JSON: {error}",
                    file=str(definition),
                    line=error.lineno,
                )
            )
        except FunctionRefused as refused:
            findings.problems.append(IndexProblem(function_name=name, message=str(refused), file=str(definition)))
        except BaseException as error:  # user code may also end itself, with sys.exit()
            if isinstance(error, KeyboardInterrupt):
                raise
            findings.problems.append(
                from_exception(error, root, function_name=name, doing="the function could not be loaded")
            )
    if not findings.functions and not findings.problems:
        findings.problems.append(
            IndexProblem(
                function_name=None,
                message=(
                    f"There is no function in {root}: neither a function_app.py nor a folder with a function.json."
                ),
            )
        )
    return findings


def _make_namespace(root: Path) -> None:
    namespace = ModuleType(NAMESPACE)
    namespace.__path__ = [str(root)]
    sys.modules[NAMESPACE] = namespace


def _read(root: Path, definition: Path, settings: Mapping[str, str]) -> FoundFunction:
    fields = json.loads(definition.read_text(encoding="utf-8-sig"))
    if not isinstance(fields, dict) or not isinstance(fields.get("bindings", []), list):
        raise FunctionRefused("function.json must hold an object with a list 'bindings'.")
    name = definition.parent.name
    script = script_of(definition.parent, fields.get("scriptFile"))
    entry_point = str(fields.get("entryPoint") or DEFAULT_ENTRY_POINT)
    return FoundFunction(
        name=name,
        bindings=tuple(binding_from(binding) for binding in fields.get("bindings", [])),
        function=_import(root, name, script, entry_point),
        script_file=str(script.relative_to(root)) if script.is_relative_to(root) else str(script),
        entry_point=entry_point,
        directory=str(definition.parent),
        disabled=_disabled(fields.get("disabled"), settings),
        has_retry_policy=bool(fields.get("retry")),
    )


def script_of(folder: Path, script_file: str | None) -> Path:
    """The named file, else the only other file of the folder, else ``run.*``, else ``__init__.py``."""
    if script_file:
        named = (folder / script_file).resolve()
        if not named.is_file():
            raise FunctionRefused(
                "Invalid script file name configuration. The 'scriptFile' property is set to a file that does not "
                f"exist: {script_file}"
            )
        return named
    others = sorted(f for f in folder.iterdir() if f.is_file() and f.name.lower() != "function.json")
    if len(others) == 1:
        return others[0].resolve()
    for stem in ("run", "__init__"):
        for candidate in others:
            if candidate.stem.lower() == stem:
                return candidate.resolve()
    raise FunctionRefused(
        "Unable to determine the primary function script. Try renaming your entry point script to "
        "'__init__.py', or name it in function.json with the 'scriptFile' property."
    )


def _import(root: Path, name: str, script: Path, entry_point: str) -> Callable[..., Any]:
    resolved = root.resolve()
    if not script.is_relative_to(resolved):
        raise FunctionRefused(f"script path {script} is not inside the app's folder {root}")
    relative = script.relative_to(resolved)
    if script.suffix != ".py":
        raise FunctionRefused(f"cannot load function {name}: invalid Python filename {relative}")
    parts = [NAMESPACE, *relative.parts[:-1]]
    if script.stem.lower() != "__init__":  # else the package itself is the module; never load it twice
        parts.append(script.stem)
    function = getattr(importlib.import_module(".".join(parts)), entry_point, None)
    if not callable(function):
        raise FunctionRefused(f"cannot load function {name}: function {entry_point}() is not present in {relative}")
    found: Callable[..., Any] = function
    return found


def _disabled(value: Any, settings: Mapping[str, str]) -> bool:
    """``disabled`` may be true, or the name of a setting that says so."""
    if isinstance(value, str):
        return is_true(settings.get(value, ""))
    return value is True
