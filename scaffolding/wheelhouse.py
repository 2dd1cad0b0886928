"""Gather a wheelhouse: everything that baking, running and testing apps needs where there is no network.

    nox -s wheelhouse -- DIR                                  for this computer and this Python
    nox -s wheelhouse -- DIR --python 3.12 --platform win_amd64 --platform macosx_11_0_arm64
    nox -s wheelhouse -- DIR --with-tensorflow                and what the TensorFlow app needs, 0.4 GB more

`--python` and `--platform` may be repeated, and every combination is gathered. The folder holds funchost's wheel,
what it needs, cookiecutter, the test tools, the SDK as apps pin it (for Azure's Linux too), and `requirements.txt`
for the environment of a workshop. Templates and apps take wheels from the folder that `DURABLE_WHEELHOUSE` names.

Needs uv, which resolves for every Python and platform at once, and the package index.
"""

from __future__ import annotations

import argparse
import importlib
import importlib.util
import shutil
import subprocess
import sys
import sysconfig
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from scaffolding import pins as version_pins
from scaffolding.pins import compile_closure
from scaffolding.repository import APP_FOLDER, COMMON, ROOT, ScaffoldingError

AZURE = "manylinux_2_28_x86_64"
TENSORFLOW = "fan_out_tensorflow"
RUNNING = "{}.{}".format(*sys.version_info)


@dataclass(frozen=True, slots=True, order=True)
class Target:
    """For which Python (3.12) and which platform (a wheel tag) wheels are gathered."""

    python: str
    platform: str

    def __str__(self) -> str:
        return f"Python {self.python} on {self.platform}"


def this_platform() -> str:
    """This computer's wheel tag. On Linux one that most wheels have, whatever glibc is here."""
    tag = sysconfig.get_platform().replace("-", "_").replace(".", "_")
    return f"manylinux_2_28_{tag.removeprefix('linux_')}" if tag.startswith("linux_") else tag


def vendor_tool() -> Any:
    """The apps' own tools/vendor.py, which knows wheel tags and environment markers."""
    spec = importlib.util.spec_from_file_location("vendor_tool", COMMON / APP_FOLDER / "tools" / "vendor.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module  # dataclasses and annotations look it up
    spec.loader.exec_module(module)
    return module


def tool_requirements() -> list[str]:
    """What funchost, the build of its wheel, and baking want: pyproject.toml says it."""
    toml: Any = importlib.import_module("tomllib" if sys.version_info >= (3, 11) else "tomli")
    project = toml.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    groups = project["dependency-groups"]
    return [*project["project"]["dependencies"], *project["build-system"]["requires"], *groups["templates"]]


def room_requirements(*, with_tensorflow: bool) -> tuple[str, ...]:
    """Everything that one environment for the workshop holds, pinned, with markers where Pythons differ."""
    pins = version_pins.load()
    wanted = [*tool_requirements(), *pins.sdk.locked, *pins.development.locked]
    if with_tensorflow:
        app = pins.app(TENSORFLOW)
        wanted += [*app.locked, *app.development.locked]
    return compile_closure(wanted, pins.oldest_python)


def gather(house: Path, targets: Iterable[Target], *, with_tensorflow: bool) -> None:
    """Fill the folder.

    Raises:
        ScaffoldingError: Something cannot be had for a target; carries pip's explanation.
    """
    house.mkdir(parents=True, exist_ok=True)
    for old in house.glob("funchost-*.whl"):
        old.unlink()
    _pip("wheel", "--no-deps", "--wheel-dir", str(house), str(ROOT))
    room = room_requirements(with_tensorflow=False)
    _write(house / "requirements.txt", room)
    rooms = [room]
    if with_tensorflow:
        rooms.append(room_requirements(with_tensorflow=True))
        _write(house / "requirements-tensorflow.txt", rooms[-1])
    targets = set(targets)
    for target in sorted(targets):
        for lines in rooms:
            _download(house, target, lines)
    for_azure = {Target(target.python, AZURE) for target in targets}
    for target in sorted(for_azure - targets):
        _download(house, target, version_pins.load().sdk.locked)


def _write(path: Path, lines: Iterable[str]) -> None:
    path.write_text("# Written by nox -s wheelhouse.\n" + "\n".join(lines) + "\n", encoding="utf-8")


def _download(house: Path, target: Target, lines: Sequence[str]) -> None:
    """Put the wheels of these lines into the house, where they apply to the target."""
    vendor = vendor_tool()
    applicable = vendor.applicable(lines, target.python, target.platform)
    print(f"{len(applicable)} packages for {target} ...", flush=True)
    platforms = [f"--platform={tag}" for tag in vendor.pip_platforms(target.platform)]
    _pip(
        "download",
        "--quiet",
        "--no-deps",
        "--only-binary=:all:",
        f"--python-version={target.python}",
        "--implementation=cp",
        *platforms,
        f"--dest={house}",
        *applicable,
    )


def _pip(*arguments: str) -> None:
    command = [sys.executable, "-m", "pip", "--disable-pip-version-check", *arguments]
    ended = subprocess.run(command, capture_output=True, text=True, check=False)
    if ended.returncode != 0:
        raise ScaffoldingError(f"pip {arguments[0]} failed:\n{ended.stdout}{ended.stderr}".rstrip())


def parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="nox -s wheelhouse --", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("house", type=Path, metavar="DIR")
    parser.add_argument("--python", action="append", metavar="X.Y", help=f"[{RUNNING}]")
    parser.add_argument("--platform", action="append", metavar="TAG", help=f"[{this_platform()}]")
    parser.add_argument("--with-tensorflow", action="store_true")
    return parser.parse_args(arguments)


def main(arguments: Sequence[str] | None = None) -> int:
    options = parse(arguments)
    if shutil.which("uv") is None:
        print("uv is missing. nox -s wheelhouse -- DIR installs it; so does pip install uv.", file=sys.stderr)
        return 1
    pythons, platforms = options.python or [RUNNING], options.platform or [this_platform()]
    targets = [Target(python, platform) for python in pythons for platform in platforms]
    try:
        gather(options.house, targets, with_tensorflow=options.with_tensorflow)
    except ScaffoldingError as error:
        print(error, file=sys.stderr)
        return 1
    files = list(options.house.iterdir())
    size = sum(file.stat().st_size for file in files) / 1e6
    print(f"{len(files)} files, {size:.0f} MB, in {options.house}. To install, in this repository's folder:")
    source = f"--no-index --find-links {options.house} -r {options.house / 'requirements.txt'}"
    print(f"    python -m pip install {source} -e .")
    return 0


if __name__ == "__main__":
    sys.exit(main())
