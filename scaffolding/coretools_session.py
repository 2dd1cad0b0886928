"""Every template's scenarios on real Azure Functions Core Tools, each app with an Azurite of its own.

    python -m scaffolding.coretools_session                          all templates, in both programming models
    python -m scaffolding.coretools_session --template chaining      only this one; may be repeated
    python -m scaffolding.coretools_session --model v1               only this model
    python -m scaffolding.coretools_session --newest-sdk             with the newest SDK, not the pinned one
    python -m scaffolding.coretools_session --host embedded          the same apps on funchost, to compare
    python -m scaffolding.coretools_session -- -k purged             what follows -- goes to pytest

It takes the ``func`` that is installed, else installs Core Tools 4 from npm; checks the version, which decides
what models it runs (v1 from 3.0.2630, v2 from 4.0.5382); bakes each app with all its packages vendored; and runs
the app's own tests from an environment that holds the test tools and nothing of the app's, so that the app runs on
what it was vendored.

Exit codes: 0 passed, 1 failed (also: the installed func is too old), 2 misused, 3 Core Tools or Azurite cannot
be had on this machine, so nothing was run.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from funchost.testing.azurite import VERSION as AZURITE_VERSION
from funchost.testing.azurite import AzuriteUnavailable, install_azurite
from funchost.testing.coretools_program import (
    MINIMUM,
    MODEL_V2,
    PATH_VARIABLE,
    CoreTools,
    CoreToolsMissing,
    CoreToolsUnusable,
    Version,
    find_core_tools,
)
from funchost.testing.npm import NpmFailed, cache_folder, npm_install
from scaffolding import bake
from scaffolding import pins as version_pins
from scaffolding.repository import ROOT, programming_models, template_ids

PACKAGE = "azure-functions-core-tools@4"
PASSED, FAILED, UNAVAILABLE = 0, 1, 3
# Model v1 ends with version 1 of the SDK.
NEWEST_SDK = {
    "v1": ("azure-functions-durable<2", "azure-functions"),
    "v2": ("azure-functions-durable", "azure-functions"),
}
MINIMUMS = {"v1": MINIMUM, "v2": MODEL_V2}
VENDORED = ".python_packages/lib/site-packages"
RUNNING = "{}.{}".format(*sys.version_info)


class Unavailable(Exception):
    """Core Tools or Azurite cannot be had here; the text says why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """What to run, and on what."""

    host: str
    templates: tuple[str, ...]
    models: tuple[str, ...]
    newest_sdk: bool
    pytest_arguments: tuple[str, ...]


# -- Programs ------------------------------------------------------------------------------------------------


def core_tools(start: Path = ROOT) -> CoreTools:
    """The installed Core Tools, or from npm into the cache where there are none.

    Raises:
        Unavailable: There are none, and npm could not install them.
        CoreToolsUnusable: There are, but too old or too new a version.
    """
    try:
        return find_core_tools(start)
    except CoreToolsMissing as missing:
        if os.environ.get(PATH_VARIABLE):
            raise Unavailable(str(missing)) from missing
        print(f"No func on this machine: installing {PACKAGE} from npm.", flush=True)
    folder = cache_folder() / "azure-functions-core-tools-4"
    try:
        npm_install(PACKAGE, folder)
        program = folder / "node_modules" / ".bin"
        return find_core_tools(folder, {**os.environ, PATH_VARIABLE: str(program)})
    except (NpmFailed, CoreToolsMissing) as error:
        raise Unavailable(
            f"Azure Functions Core Tools ({MINIMUM} or higher) cannot be had on this machine: the npm package only "
            f"downloads the program when it is installed, and that failed.\n{error}"
        ) from error


def prepare() -> tuple[Version, dict[str, str]]:
    """Find or install both programs, say which; return func's version, and variables by which tests find both."""
    try:
        program = core_tools()
        install_azurite()
    except AzuriteUnavailable as error:
        raise Unavailable(str(error)) from error
    print(f"Core Tools {program.version} ({program.path}), Azurite {AZURITE_VERSION}", flush=True)
    return program.version, {PATH_VARIABLE: str(program.path), "FUNCHOST_CACHE": str(cache_folder())}


# -- Apps ----------------------------------------------------------------------------------------------------


def commands(template_id: str, model: str, folder: Path, options: Options) -> list[tuple[Path, list[str]]]:
    """What is run for one app, in order: where, and what. The last command is its tests.

    Args:
        folder: An empty folder; the app goes into ``app/``, the test tools into ``tools/``.
    """
    pins = version_pins.load()
    app = folder / "app"
    tools = folder / "tools" / ("Scripts/python.exe" if sys.platform == "win32" else "bin/python")
    answers = {"slug": "app", "python_version": RUNNING, "programming_model": model}
    answers["vendor"] = "none" if options.newest_sdk else "all"
    test_tools = [*pins.development.locked, *pins.app(template_id).development.locked]
    planned = [
        (folder, bake.command(template_id, folder, **answers)),
        (folder, [sys.executable, "-m", "venv", "tools"]),
        (folder, [str(tools), "-m", "pip", "install", "--quiet", str(ROOT), *test_tools]),
    ]
    if options.newest_sdk:
        wanted = [*NEWEST_SDK[model], *pins.app(template_id).wanted]
        planned.append((app, [str(tools), "-m", "pip", "install", "--quiet", "--target", VENDORED, *wanted]))
    planned.append(
        (app, [str(tools), "-m", "pytest", f"--functions-host={options.host}", *options.pytest_arguments])
    )
    return planned


def run_app(template_id: str, model: str, options: Options, environment: dict[str, str]) -> bool:
    """Bake one app and run its tests; whether all went well. Output goes to the terminal."""
    with tempfile.TemporaryDirectory(
        prefix=f"coretools-{template_id}-{model}-", ignore_cleanup_errors=True
    ) as scratch:
        folder = Path(scratch)
        for where, command in commands(template_id, model, folder, options):
            print(f"\n[{template_id} {model}] $ {' '.join(command)}", flush=True)
            result = subprocess.run(
                command,
                cwd=where,
                env={**environment, "VIRTUAL_ENV": str(folder / "tools")},  # the interpreter that the app runs on
                stdin=subprocess.DEVNULL,
                check=False,
            )
            if result.returncode != 0:
                return False
    return True


def obstacle(template_id: str, model: str, version: Version | None) -> str | None:
    """Why an app cannot run here, None where it can. `version` is func's, None on the embedded host."""
    pythons = version_pins.load().app(template_id).pythons
    if pythons and RUNNING not in pythons:
        return f"it runs on Python {', '.join(pythons)}, and this is {RUNNING}"
    if version is not None and version < MINIMUMS[model]:
        return f"programming model {model} needs Core Tools {MINIMUMS[model]} or higher, and these are {version}"
    return None


def run_all(options: Options, version: Version | None, environment: dict[str, str]) -> int:
    """Run every app, also after one that fails; print what came of each."""
    outcomes: dict[str, str] = {}
    for template_id in options.templates:
        for model in options.models:
            if reason := obstacle(template_id, model, version):
                outcome = f"left out: {reason}"
            else:
                outcome = "passed" if run_app(template_id, model, options, environment) else "FAILED"
            outcomes[f"{template_id} {model}"] = outcome
    print(f"\nScenarios on {options.host}, Python {RUNNING}:")
    for name, outcome in outcomes.items():
        print(f"  {name:<24}{outcome}")
    if all(outcome.startswith("left out") for outcome in outcomes.values()):
        print("Nothing was run.", file=sys.stderr)
        return FAILED
    return FAILED if "FAILED" in outcomes.values() else PASSED


# -- The command ---------------------------------------------------------------------------------------------


def parse(arguments: Sequence[str]) -> Options:
    parser = argparse.ArgumentParser(
        prog="python -m scaffolding.coretools_session",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--host", choices=["coretools", "embedded"], default="coretools")
    parser.add_argument("--template", action="append", choices=template_ids(), metavar="ID")
    parser.add_argument("--model", action="append", choices=programming_models())
    parser.add_argument("--newest-sdk", action="store_true")
    own, after = list(arguments), []
    if "--" in own:
        after = own[own.index("--") + 1 :]
        own = own[: own.index("--")]
    given = parser.parse_args(own)
    return Options(
        host=given.host,
        templates=tuple(given.template or template_ids()),
        models=tuple(given.model or programming_models()),
        newest_sdk=given.newest_sdk,
        pytest_arguments=tuple(after),
    )


def main(arguments: Sequence[str] | None = None) -> int:
    options = parse(sys.argv[1:] if arguments is None else arguments)
    try:
        version, found = prepare() if options.host == "coretools" else (None, {})
    except Unavailable as error:
        print(f"{error}\nNo scenario was run (exit code {UNAVAILABLE}).", file=sys.stderr)
        return UNAVAILABLE
    except CoreToolsUnusable as error:
        print(error, file=sys.stderr)
        return FAILED
    return run_all(options, version, {**os.environ, **found})


if __name__ == "__main__":
    sys.exit(main())
