"""Azure Functions Core Tools on this machine: where ``func`` is, which version, and whether that will do.

Source of the versions: the first tagged release of Azure/azure-functions-core-tools with the feature.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from funchost.testing.hosts import HostDidNotStart

PATH_VARIABLE = "FUNCTIONS_CORE_TOOLS_PATH"  # a func executable, or the folder it is in
INSTALL_COMMAND = "npm install --global azure-functions-core-tools@4"
NOT_REALLY_INSTALLED = "Azure Functions Core Tools binary not found"  # npm's launcher, before it downloads
VERSION_TIMEOUT_SECONDS = 120.0  # a first call may download func itself


class Version(NamedTuple):
    """Three numbers; 4.0.7512 came before 4.1.0, so they compare as numbers."""

    major: int
    minor: int
    patch: int

    def __str__(self) -> str:
        return ".".join(map(str, self))


MINIMUM = Version(3, 0, 2630)  # the first that runs Durable Functions in Python
FIRST_REWRITE = Version(5, 0, 0)
RUNTIME_4 = Version(4, 0, 3971)
MODEL_V2_BEHIND_A_FLAG = Version(4, 0, 4785)
MODEL_V2 = Version(4, 0, 5382)
PYTHON = {
    (3, 9): Version(3, 0, 3216),
    (3, 10): Version(4, 0, 4829),
    (3, 11): Version(4, 0, 5198),
    (3, 12): Version(4, 0, 6594),
    (3, 13): Version(4, 0, 7512),
    (3, 14): Version(4, 4, 0),
}
REFUSES_PYTHON_BEFORE_3_9 = Version(4, 8, 0)


class CoreToolsUnusable(HostDidNotStart):
    """There is no ``func``, or not one that this driver can use; the text says what to type."""


class CoreToolsMissing(CoreToolsUnusable):
    """There is no ``func`` on this machine, or only its launcher without the program."""


class CoreToolsWarning(UserWarning):
    """This ``func`` will do, but not for everything the app needs."""


@dataclass(frozen=True, slots=True)
class CoreTools:
    """One installed ``func``."""

    path: Path
    version: Version


def find_core_tools(start: Path | None = None, environment: Mapping[str, str] | None = None) -> CoreTools:
    """The first ``func`` of: FUNCTIONS_CORE_TOOLS_PATH, PATH, node_modules from ``start`` up, npm's global folder.

    Raises:
        CoreToolsMissing: There is none.
        CoreToolsUnusable: The first one found is older than 3.0.2630, newer than this driver, or no Core Tools.
    """
    environment = os.environ if environment is None else environment
    path = next(_candidates(start or Path.cwd(), environment), None)
    if path is None:
        raise CoreToolsMissing(
            f"Azure Functions Core Tools ({MINIMUM} or higher) are not on this machine: there is no func on PATH "
            f"or in npm's folders. Install them: {INSTALL_COMMAND} (or name them in {PATH_VARIABLE})"
        )
    return CoreTools(path, check_version(read_version(path, environment), path))


def _candidates(start: Path, environment: Mapping[str, str]) -> Iterator[Path]:
    named = environment.get(PATH_VARIABLE)
    if named:
        program = _executable(Path(named))
        if program is None:
            raise CoreToolsMissing(
                f"{PATH_VARIABLE} is {named}, and there is no func. Name the executable or its folder, or unset it."
            )
        yield program
    if on_path := shutil.which("func", path=environment.get("PATH", "")):
        yield Path(on_path)
    for folder in (start.resolve(), *start.resolve().parents):
        if program := _executable(folder / "node_modules" / ".bin"):
            yield program
    if program := _npm_global(environment):
        yield program


def _executable(place: Path) -> Path | None:
    """The executable that is ``place``, or is called func in it."""
    found = shutil.which("func", path=str(place)) if place.is_dir() else shutil.which(str(place))
    return Path(found).absolute() if found else None


def _npm_global(environment: Mapping[str, str]) -> Path | None:
    """func where npm puts global programs, which need not be on PATH."""
    npm = shutil.which("npm", path=environment.get("PATH", ""))
    if npm is None:
        return None
    asked = subprocess.run(
        [npm, "prefix", "--global"],
        check=False,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        env=dict(environment),
        timeout=VERSION_TIMEOUT_SECONDS,
    )
    prefix = Path(asked.stdout.strip() or os.devnull)
    return _executable(prefix if sys.platform == "win32" else prefix / "bin") if asked.returncode == 0 else None


# -- Versions -----------------------------------------------------------------------------------------------

_COLOUR = re.compile(r"\x1b\[[0-9;]*m")
_LABELLED = re.compile(r"Core Tools (?:Version:\s*|\()(\d+)\.(\d+)\.(\d+)")
_BARE = re.compile(r"\s*(\d+)\.(\d+)\.(\d+)")


def read_version(path: Path, environment: Mapping[str, str]) -> Version:
    """Ask a ``func`` for its version.

    Raises:
        CoreToolsMissing: Only npm's launcher is there, and the program itself could not be downloaded.
        CoreToolsUnusable: It cannot be run, or what it says holds no version.
    """
    try:
        asked = subprocess.run(
            [str(path), "--version"],
            check=False,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            encoding="utf-8",
            errors="replace",
            env={**environment, "FUNCTIONS_CORE_TOOLS_TELEMETRY_OPTOUT": "1"},
            timeout=VERSION_TIMEOUT_SECONDS,
        )
    except OSError as error:
        raise CoreToolsUnusable(f"{path} cannot be run: {error}. Install it again: {INSTALL_COMMAND}") from error
    except subprocess.TimeoutExpired as error:
        raise CoreToolsUnusable(f"{path} --version gave no answer in {error.timeout:.0f} s") from error
    version = parse_version(asked.stdout)
    if version is not None and asked.returncode == 0:
        return version
    if NOT_REALLY_INSTALLED in asked.stdout:
        raise CoreToolsMissing(
            f"{path} is npm's launcher of Azure Functions Core Tools; the program itself is not there, and could "
            f"not be downloaded:\n{asked.stdout.strip()}"
        )
    raise CoreToolsUnusable(
        f"{path} --version does not answer with the version of Azure Functions Core Tools, so it is something "
        f"else or broken (exit code {asked.returncode}):\n{asked.stdout.strip()}\n"
        f"Name the right one in {PATH_VARIABLE}, or install it: {INSTALL_COMMAND}"
    )


def parse_version(output: str) -> Version | None:
    """The version in whatever ``func --version`` or ``func`` prints; None where there is none.

    Most print one bare line. Around it there may be notes on telemetry, a first run or an upgrade; older ones
    and the start banner print a labelled line, beside one with the version of the runtime.
    """
    text = _COLOUR.sub("", output)
    found = _LABELLED.search(text) or next(filter(None, map(_BARE.match, text.splitlines())), None)
    return Version(int(found[1]), int(found[2]), int(found[3])) if found else None


def check_version(version: Version, path: Path) -> Version:
    """Return the version if this driver can use it, else raise CoreToolsUnusable."""
    if version < MINIMUM:
        raise CoreToolsUnusable(
            f"{path} is Azure Functions Core Tools {version}, which cannot run Durable Functions in Python: "
            f"{MINIMUM} or higher is needed. Install a current one: {INSTALL_COMMAND}"
        )
    if version >= FIRST_REWRITE:
        raise CoreToolsUnusable(
            f"{path} is Azure Functions Core Tools {version}. Version 5 is another program: other commands "
            "(func run), Python as a workload, its own Azurite. This driver knows 3.x and 4.x. Install 4.x beside "
            f"it, and name it in {PATH_VARIABLE}: {INSTALL_COMMAND}"
        )
    return version


def programming_model(app: Path, script: str = "") -> str:
    """``v2`` where the app has its script, else ``v1`` (folders with function.json).

    Args:
        app: The app's folder.
        script: What PYTHON_SCRIPT_FILE_NAME says; empty: function_app.py.
    """
    return "v2" if (app / (script or "function_app.py")).is_file() else "v1"


def shortcomings(version: Version, model: str, python: tuple[int, int]) -> list[str]:
    """What this version lacks that the app needs, one sentence each; empty where it will do.

    Args:
        version: Of Core Tools.
        model: Programming model, ``v1`` or ``v2``.
        python: Major and minor version of the interpreter that runs the app.
    """
    has, lacks = f"Core Tools {version}", []
    if version < RUNTIME_4:
        lacks.append(f"{has} have the Functions runtime 3.x, which is out of support; 4.x starts with {RUNTIME_4}")
    if model == "v2" and version < MODEL_V2_BEHIND_A_FLAG:
        lacks.append(f"{has} do not know function_app.py (programming model v2): it needs {MODEL_V2} or higher")
    elif model == "v2" and version < MODEL_V2:
        lacks.append(
            f"{has} run function_app.py (programming model v2) only behind a flag, which is set here; "
            f"{MODEL_V2} or higher do without"
        )
    named = ".".join(map(str, python))
    if python in PYTHON and version < PYTHON[python]:
        lacks.append(f"{has} do not run Python {named}: it needs {PYTHON[python]} or higher")
    elif python < min(PYTHON) and version >= REFUSES_PYTHON_BEFORE_3_9:
        lacks.append(f"{has} do not run Python {named}: since {REFUSES_PYTHON_BEFORE_3_9} they refuse it")
    elif python > max(PYTHON):
        lacks.append(f"it is not known here whether {has} run Python {named}")
    return [f"{sentence}. Newest: {INSTALL_COMMAND}" for sentence in lacks]
