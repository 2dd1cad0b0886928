"""Decides which interpreter runs the app and where its packages come from. On the host's side.

In this order: the app's ``.python_packages/lib/site-packages`` comes first on the path wherever it exists; the
interpreter is ``--python``, else that of the app's ``.venv``, else that of the environment ``VIRTUAL_ENV``
names, else the one that runs funchost, without any of the packages installed for it.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from funchost.errors import StartError

VENDORED = Path(".python_packages", "lib", "site-packages")
MANIFEST = Path(".python_packages", "manifest.json")
OLDEST = (3, 10)
_TAGS = re.compile(r"\.(?:cpython-|cp)3(\d+)")  # extension modules: x.cpython-311-….so, x.cp311-win_amd64.pyd
_PROBE_SECONDS = 30.0
_PROBE = """
import importlib.util, json, sys
try:
    sdk = importlib.util.find_spec("azure.functions") is not None
except ModuleNotFoundError:
    sdk = False
print(json.dumps({"version": list(sys.version_info[:3]), "sdk": sdk}))
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkerEnvironment:
    """How to run a worker process.

    ``arguments`` come between the interpreter and the program; ``packages`` are put first on ``sys.path``.
    ``description`` says in a few words where the packages come from.
    """

    interpreter: str
    arguments: tuple[str, ...]
    packages: tuple[str, ...]
    python_version: tuple[int, int, int]
    description: str


def choose_environment(
    app_root: Path, environ: Mapping[str, str], *, python: str | None = None
) -> WorkerEnvironment:
    """Choose interpreter and packages for the app in ``app_root``.

    Args:
        environ: The host's environment with the app's settings (``VIRTUAL_ENV``, ``PYTHONPATH``).
        python: An interpreter that beats every other choice (``--python``).
    Raises:
        StartError: The interpreter cannot be run or is older than 3.10, the vendored packages are for another
            Python, or ``azure-functions`` is nowhere to be found. The text says what to type.
    """
    vendored = app_root / VENDORED
    packages = (str(vendored),) if vendored.is_dir() else ()
    virtual_env = None if python else _virtual_env(app_root, environ)
    arguments: tuple[str, ...] = ("-X", "faulthandler")
    sdk: bool | None = None
    if python is not None:
        interpreter, source = python, f"the packages of {python}"
        version, sdk = _probe(python, environ)
    elif virtual_env is not None:
        interpreter, source = str(_interpreter_of(virtual_env)), f"the virtual environment {virtual_env}"
        if (known := _version_in_config(virtual_env)) is not None and _has_sdk(_site_packages(virtual_env)):
            version, sdk = known, True
        else:
            version, sdk = _probe(interpreter, environ)
    else:
        interpreter, source = sys.executable, "no packages but the standard library"
        version, arguments = _own_version(), (*arguments, "-S")
        sdk = _has_sdk(_python_path(app_root, environ))
    if version[:2] < OLDEST:
        raise StartError(
            f"{interpreter} is Python {_dotted(version)}, and Azure Functions needs 3.10 or newer. "
            "Name another one: funchost start --python PATH"
        )
    if packages:
        _check_vendored_for(app_root, interpreter, version)
        source = str(VENDORED) + (f", then {source}" if virtual_env or python else "")
    if not sdk and not _has_sdk([vendored]):
        raise StartError(_no_sdk(app_root, interpreter, virtual_env is not None or python is not None))
    return WorkerEnvironment(
        interpreter=interpreter,
        arguments=arguments,
        packages=packages,
        python_version=version,
        description=f"Python {_dotted(version)} with {source}",
    )


def vendored_python(app_root: Path) -> str | None:
    """The minor version (``3.11``) that ``.python_packages`` was filled for; None where it fits any Python.

    The manifest that vendoring leaves behind says it; without one, the names of compiled modules do.
    """
    try:
        manifest = json.loads((app_root / MANIFEST).read_text(encoding="utf-8"))
        if isinstance(manifest, dict) and isinstance(manifest.get("python"), str):
            return ".".join(manifest["python"].split(".")[:2])
    except (OSError, ValueError):
        pass
    minors = {
        int(found[1])
        for pattern in ("*/*.so", "*.so", "*/*.pyd", "*.pyd", "*/*/*.so")
        for file in (app_root / VENDORED).glob(pattern)
        if (found := _TAGS.search(file.name)) and ".abi3." not in file.name
    }
    return f"3.{minors.pop()}" if len(minors) == 1 else None


def _check_vendored_for(app_root: Path, interpreter: str, version: tuple[int, int, int]) -> None:
    wanted = vendored_python(app_root)
    running = f"{version[0]}.{version[1]}"
    if wanted is None or wanted == running:
        return
    raise StartError(
        f"The packages in {app_root / VENDORED.parts[0]} were vendored for Python {wanted}, but the app would run "
        f"on Python {_dotted(version)} ({interpreter}). Run it on the Python they are for:\n"
        f"  funchost start --python python{wanted}\n"
        f"or delete {app_root / VENDORED.parts[0]} and vendor the packages again for Python {running}:\n"
        f"  {interpreter} -m pip install -r requirements.txt --target {VENDORED}"
    )


def _no_sdk(app_root: Path, interpreter: str, has_own_packages: bool) -> str:
    looked = f"{app_root / VENDORED} nor among the packages of {interpreter}"
    if not has_own_packages:
        looked = f"{app_root / VENDORED} nor in a virtual environment ({app_root / '.venv'}, VIRTUAL_ENV)"
    text = (
        f"The app needs the package azure-functions, which is neither in {looked}. Install the app's packages into "
        f"its folder:\n  cd {app_root}\n  {interpreter} -m pip install -r requirements.txt --target {VENDORED}"
    )
    if not has_own_packages and _has_sdk([Path(entry) for entry in sys.path]):
        text += (
            "\nor run it with the packages that are installed beside funchost:\n"
            f"  funchost start --python {sys.executable}"
        )
    return text


def _virtual_env(app_root: Path, environ: Mapping[str, str]) -> Path | None:
    candidates = [app_root / ".venv"]
    if named := environ.get("VIRTUAL_ENV"):
        candidates.append(Path(named))
    return next((folder for folder in candidates if _interpreter_of(folder).is_file()), None)


def _interpreter_of(virtual_env: Path) -> Path:
    windows = virtual_env / "Scripts" / "python.exe"
    return windows if windows.is_file() else virtual_env / "bin" / "python"


def _site_packages(virtual_env: Path) -> list[Path]:
    return [*virtual_env.glob("lib/python3.*/site-packages"), virtual_env / "Lib" / "site-packages"]


def _has_sdk(folders: list[Path]) -> bool:
    return any((folder / "azure" / "functions" / "__init__.py").is_file() for folder in folders)


def _python_path(app_root: Path, environ: Mapping[str, str]) -> list[Path]:
    entries = environ.get("PYTHONPATH", "").split(os.pathsep)
    return [app_root / entry for entry in entries if entry]


def _own_version() -> tuple[int, int, int]:
    return sys.version_info[:3]


def _version_in_config(virtual_env: Path) -> tuple[int, int, int] | None:
    """The version that made the environment; its interpreter is then not started just to be asked."""
    try:
        lines = (virtual_env / "pyvenv.cfg").read_text(encoding="utf-8").splitlines()
    except OSError:
        return None
    for key, value in _pairs(lines):
        if key in ("version", "version_info") and (found := re.match(r"(\d+)\.(\d+)\.(\d+)", value)):
            return int(found[1]), int(found[2]), int(found[3])
    return None


def _pairs(lines: list[str]) -> Iterator[tuple[str, str]]:
    for line in lines:
        key, equals, value = line.partition("=")
        if equals:
            yield key.strip().lower(), value.strip()


def _probe(interpreter: str, environ: Mapping[str, str]) -> tuple[tuple[int, int, int], bool]:
    """Ask an interpreter for its version and whether it sees the SDK."""
    try:
        answer = subprocess.run(
            [interpreter, "-c", _PROBE],
            env=dict(environ),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=_PROBE_SECONDS,
            check=True,
        )
        fields = json.loads(answer.stdout)
        major, minor, patch = fields["version"]
    except (OSError, subprocess.SubprocessError, ValueError, KeyError) as error:
        detail = getattr(error, "stderr", None) or error
        raise StartError(
            f"The Python interpreter {interpreter} cannot be used: {str(detail).strip()}. Name another one: "
            "funchost start --python PATH"
        ) from error
    return (major, minor, patch), bool(fields["sdk"])


def _dotted(version: tuple[int, int, int]) -> str:
    return ".".join(map(str, version))
