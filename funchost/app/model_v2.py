"""Programming model v2: one script file, functions declared with decorators.

Source: functions-host reference C.2. Where the SDK gives up on the whole app for the sake of one function,
each function is built alone, so that only the bad ones are left out.
Imported by worker processes: standard library and the app's SDK only.
"""

from __future__ import annotations

import importlib
import inspect
import json
import sys
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

from funchost.app.index import IndexProblem
from funchost.app.loader import Findings, FoundFunction, binding_from
from funchost.app.problems import from_exception, place


def find(root: Path, script: str) -> Findings:
    """Import the script and read every function declared in it."""
    findings = Findings()
    stem = Path(script).stem
    if _was_indexed(sys.modules.get(stem)):
        del sys.modules[stem]
    try:
        module = importlib.import_module(stem)
    except BaseException as error:  # a script may also end itself, with sys.exit()
        if isinstance(error, KeyboardInterrupt):
            raise
        findings.problems.append(
            from_exception(error, root, function_name=None, doing=f"{script} could not be imported")
        )
        return findings
    if problem := _imported_elsewhere(module.__file__, root, script):
        findings.problems.append(problem)
        return findings
    from azure.functions import FunctionRegister

    apps = {id(value): value for value in vars(module).values() if isinstance(value, FunctionRegister)}
    if len(apps) != 1:
        message = (
            f"Could not find top level function app instances in {script}. It needs a line such as "
            "'app = df.DFApp()' or 'app = func.FunctionApp()'."
            if not apps
            else "More than one FunctionApp or other top level function app instances are defined. Keep one, and "
            "turn the others into blueprints."
        )
        findings.problems.append(IndexProblem(function_name=None, message=message, file=str(root / script)))
        return findings
    (app,) = apps.values()
    for function in _functions(app, root, findings):
        name = function.get_function_name()
        callable_ = function.get_user_function()
        findings.functions.append(
            FoundFunction(
                name=name,
                bindings=tuple(binding_from(json.loads(raw)) for raw in function.get_raw_bindings()),
                function=callable_,
                script_file=script,
                entry_point=getattr(callable_, "__name__", name),
                directory=_directory(callable_, root),
                has_retry_policy=_has_retry_policy(function),
            )
        )
    return findings


def _has_retry_policy(function: Any) -> bool:
    """False as well for versions of azure-functions that have no settings of functions yet."""
    settings = getattr(function, "get_settings_dict", None)
    return settings is not None and bool(settings("retry_policy"))


def _directory(function: Callable[..., Any], root: Path) -> str:
    """What the worker says for ``context.function_directory``: the folder of the file with the function.

    For a function that the SDK has wrapped that is a folder of the SDK.
    """
    try:
        return str(Path(inspect.getfile(function)).parent)
    except TypeError:  # an object that can be called
        return str(root)


def _functions(app: Any, root: Path, findings: Findings) -> list[Any]:
    try:
        return list(app.get_functions())
    except Exception as error:
        gave_up = from_exception(error, root, function_name=None, doing="the app's functions could not be read")
    builders = getattr(app, "_function_builders", ())
    built: dict[str, list[Any]] = defaultdict(list)
    before = len(findings.problems)
    for builder in builders:
        try:
            function = builder.build(app.auth_level)
        except Exception as error:
            findings.problems.append(_builder_problem(builder, error))
        else:
            built[function.get_function_name()].append(function)
    for name, same in built.items():
        if len(same) > 1:
            findings.problems.append(_duplicate(name, [f.get_user_function() for f in same], root))
    if len(findings.problems) == before:
        findings.problems.append(gave_up)  # none is to blame alone
    return [same[0] for same in built.values() if len(same) == 1]


def _builder_problem(builder: Any, error: Exception) -> IndexProblem:
    function = getattr(builder, "_function", None)
    if function is None:
        return IndexProblem(function_name=None, message=str(error))
    file, line = place(function.get_user_function())
    return IndexProblem(function_name=function.get_function_name(), message=str(error), file=file, line=line)


def _duplicate(name: str, functions: list[Callable[..., Any]], root: Path) -> IndexProblem:
    places = [place(function) for function in functions]
    shown = " and ".join(f"{_relative(file, root)}:{line}" for file, line in places)
    return IndexProblem(
        function_name=None,
        message=(
            f"Function {name} does not have a unique function name. Please change @app.function_name() or the "
            f"function method name to be unique. It is declared at {shown}."
        ),
        file=places[-1][0],
        line=places[-1][1],
    )


def _was_indexed(module: ModuleType | None) -> bool:
    """Whether a module already in this process gave its functions before: the SDK gives them only once."""
    if module is None:
        return False
    from azure.functions import FunctionRegister

    apps = [value for value in vars(module).values() if isinstance(value, FunctionRegister)]
    return any(app.functions_bindings for app in apps)


def _relative(file: str | None, root: Path) -> str:
    if file is None:
        return "?"
    path = Path(file)
    return str(path.relative_to(root)) if path.is_relative_to(root) else file


def _imported_elsewhere(file: str | None, root: Path, script: str) -> IndexProblem | None:
    """An installed package may have the script's name and come first on the path: say so, and stop."""
    if file is not None and Path(file).resolve() == (root / script).resolve():
        return None
    return IndexProblem(
        function_name=None,
        message=(
            f"'import {Path(script).stem}' found {file or 'a package'} instead of {root / script}: another module "
            f"of this name comes first on sys.path ({', '.join(sys.path)})."
        ),
        file=str(root / script),
    )
