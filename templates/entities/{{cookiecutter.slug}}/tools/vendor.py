"""Install this app's packages into .python_packages, where Azure and funchost look for them.

    python tools/vendor.py                 what was chosen when the app was generated
    python tools/vendor.py --what all      everything in requirements.txt, not only the SDK
    python tools/vendor.py --check         is the folder still what its manifest says?
    python tools/vendor.py --python 3.12 --platform manylinux_2_28_x86_64
                                           wheels for Azure, from a computer of any kind

Runs with the standard library and uv, or else pip. When nothing changed it does nothing. The environment
variable DURABLE_WHEELHOUSE names a folder of wheels to install from instead of the package index.
Exit codes: 0 done, 1 failed, 2 misused, 3 the index could not be reached.
"""

from __future__ import annotations

import argparse
import hashlib
import importlib
import importlib.util
import json
import os
import re
import shutil
import subprocess
import sys
import sysconfig
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from email.message import Message
from email.parser import HeaderParser
from pathlib import Path
from typing import Any

APP = Path(__file__).resolve().parent.parent
PACKAGES = APP / ".python_packages"
TARGET = PACKAGES / "lib" / "site-packages"
MANIFEST = PACKAGES / "manifest.json"

# What pip and uv print when there is no way to the index.
UNREACHABLE = re.compile(
    r"NewConnectionError|Failed to establish a new connection|name resolution|Name or service not known"
    r"|dns error|getaddrinfo|error sending request|Connection refused|timed out|Network is unreachable"
    r"|ProxyError|tunnel",
    re.IGNORECASE,
)
# Written by an installer about itself: differs between uv and pip, says nothing about the package.
INSTALLER_FILES = {"RECORD", "INSTALLER", "REQUESTED", "direct_url.json", "uv_cache.json"}


class VendorError(Exception):
    """Vendoring failed; the text says why and what to type next."""

    exit_code = 1


class IndexUnreachable(VendorError):
    """No package index, and no wheelhouse to do without."""

    exit_code = 3


# --- What to install --------------------------------------------------------------------------------


def requirements(text: str, what: str) -> list[str]:
    """The requirement lines of `text` (requirements.txt): those under "# [sdk]", or all of them."""
    lines: list[str] = []
    section = ""
    for line in map(str.strip, text.splitlines()):
        if heading := re.match(r"# \[(\w+)\]", line):
            section = heading[1]
        elif line and not line.startswith("#") and what in ("all", section):
            lines.append(line)
    if not lines:
        raise VendorError(
            'requirements.txt has nothing under a "# [sdk]" heading. Type: python tools/vendor.py --what all'
        )
    return lines


def fingerprint(wanted: Sequence[str], python: str, platform: str) -> str:
    """One hash for everything that decides what ends up in the folder."""
    return hashlib.sha256("\n".join([python, platform, *sorted(wanted)]).encode()).hexdigest()


# --- Installing -------------------------------------------------------------------------------------


def uv_platform(platform: str) -> str:
    """uv's name for a wheel platform tag: manylinux_2_28_x86_64 is x86_64-manylinux_2_28."""
    if tag := re.fullmatch(r"(manylinux\w*?)_(x86_64|aarch64)", platform):
        return f"{tag[2]}-{tag[1]}"
    if tag := re.fullmatch(r"macosx_\d+_\d+_(x86_64|arm64)", platform):
        return "aarch64-apple-darwin" if tag[1] == "arm64" else "x86_64-apple-darwin"
    return {"win_amd64": "x86_64-pc-windows-msvc", "win_arm64": "aarch64-pc-windows-msvc"}.get(
        platform, platform
    )


def pip_platforms(platform: str) -> list[str]:
    """`platform` and the tags of older glibc, which run there too: pip takes only tags it is given."""
    tag = re.fullmatch(r"manylinux(?:2014|_2_(\d+))_(\w+)", platform)
    if tag is None:
        return [platform]
    newest, machine = int(tag[1] or 17), tag[2]
    tags = [f"manylinux_2_{minor}_{machine}" for minor in range(newest, 4, -1)]
    return [*tags, *(f"manylinux{year}_{machine}" for year in ("2014", "2010", "1"))]


def marker_environment(python: str, platform: str) -> dict[str, str]:
    """What environment markers mean on the target; pip would ask the interpreter that runs it."""
    if platform.startswith("win"):
        system = {"sys_platform": "win32", "platform_system": "Windows", "os_name": "nt"}
    elif platform.startswith("macosx"):
        system = {"sys_platform": "darwin", "platform_system": "Darwin", "os_name": "posix"}
    else:
        system = {"sys_platform": "linux", "platform_system": "Linux", "os_name": "posix"}
    machine = re.search(r"x86_64|aarch64|arm64|amd64", platform)
    return {
        **system,
        "python_version": python,
        "python_full_version": f"{python}.0",
        "platform_machine": machine[0].replace("amd64", "AMD64") if machine else "",
    }


def applicable(wanted: Sequence[str], python: str, platform: str) -> list[str]:
    """The lines whose environment markers hold on the target, without the markers."""
    packaging: Any = importlib.import_module("pip._vendor.packaging.requirements")
    environment = marker_environment(python, platform)
    kept = []
    for line in wanted:
        requirement = packaging.Requirement(line.partition(" #")[0])
        if requirement.marker is None or requirement.marker.evaluate(environment):
            requirement.marker = None
            kept.append(str(requirement))
    return kept


def install_command(
    wanted: Sequence[str], target: Path, python: str, platform: str | None, lines_file: Path
) -> list[str]:
    """The uv or pip command that puts `wanted` into `target`; writes the lines it reads to `lines_file`."""
    running = "{}.{}".format(*sys.version_info)
    source = ["--no-index", "--find-links", str(wheelhouse())] if wheelhouse() else []
    if uv := shutil.which("uv"):
        lines_file.write_text("\n".join(wanted) + "\n", encoding="utf-8")
        command = [uv, "pip", "install", "--python", sys.executable, "--python-version", python]
        command += ["--target", str(target), "--link-mode", "copy", "--no-progress", "-r", str(lines_file)]
        if platform:
            command += ["--python-platform", uv_platform(platform)]
        if platform or python != running:
            command += ["--only-binary", ":all:"]
        return command + source
    if importlib.util.find_spec("pip") is None:
        raise VendorError(
            f"Neither uv nor pip is there for {sys.executable}. Type: python -m ensurepip, or install uv, "
            "and run python tools/vendor.py again."
        )
    command = [sys.executable, "-m", "pip", "install", "--target", str(target), "--no-compile"]
    command += ["--disable-pip-version-check", "--no-warn-script-location", "--progress-bar", "off"]
    command += ["-r", str(lines_file)]
    if platform or python != running:
        # pip then wants wheels for everything, and the closure spelled out: requirements.txt has it.
        wanted = applicable(wanted, python, platform or sysconfig.get_platform().replace("-", "_"))
        command += [
            "--no-deps",
            "--only-binary",
            ":all:",
            "--implementation",
            "cp",
            "--python-version",
            python,
        ]
        for tag in pip_platforms(platform) if platform else []:
            command += ["--platform", tag]
    lines_file.write_text("\n".join(wanted) + "\n", encoding="utf-8")
    return command + source


def wheelhouse() -> Path | None:
    """The folder of wheels named by DURABLE_WHEELHOUSE, if any."""
    folder = os.environ.get("DURABLE_WHEELHOUSE")
    return Path(folder).expanduser().resolve() if folder else None


class Progress:
    """One line that counts seconds on a terminal, and stays silent in a log file."""

    def __init__(self, title: str) -> None:
        self.title = title
        self.detail = ""
        self._packages = 0
        self._started = time.monotonic()
        self._done = threading.Event()
        self._thread = threading.Thread(target=self._tick, daemon=True)

    def _tick(self) -> None:
        while not self._done.wait(0.2):
            line = f"{self.title} {self.seconds:.0f} s {self.detail}"
            print(f"\r\033[K{line[:100]}", end="", flush=True)

    def found(self, package: str) -> None:
        """The installer is at the next package."""
        self._packages += 1
        self.detail = f"package {self._packages}: {package}"

    @property
    def seconds(self) -> float:
        return time.monotonic() - self._started

    def __enter__(self) -> Progress:
        if sys.stdout.isatty():
            self._thread.start()
        else:
            print(self.title, flush=True)
        return self

    def __exit__(self, *_: object) -> None:
        self._done.set()
        if self._thread.ident is not None:
            self._thread.join()
            print("\r\033[K", end="", flush=True)


def run_installer(command: Sequence[str], progress: Progress) -> None:
    """Run uv or pip, naming on the progress line the package it is at.

    Raises:
        IndexUnreachable: The output says that there is no way to the index.
        VendorError: Anything else; carries the installer's last lines.
    """
    # One retry: with no network, the sentence that says so should not take a minute.
    env = {"PIP_RETRIES": "1", "UV_HTTP_RETRIES": "1", "UV_PYTHON_DOWNLOADS": "never", **os.environ}
    output: list[str] = []
    with subprocess.Popen(
        command,
        env=env,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        encoding="utf-8",
        errors="replace",
    ) as process:
        assert process.stdout is not None
        for line in process.stdout:
            output.append(line.rstrip())
            if found := re.match(r"Collecting ([^\s=<>~!;\[]+)", line):
                progress.found(found[1])
            elif line.startswith(("Installing collected", "Prepared")):
                progress.detail = "unpacking"
    if process.returncode == 0:
        return
    text = "\n".join(output)
    if wheelhouse() is None and UNREACHABLE.search(text):
        raise IndexUnreachable(
            "The package index could not be reached, and DURABLE_WHEELHOUSE names no folder of wheels."
        )
    last = "\n  ".join(output[-12:])
    raise VendorError(f"{Path(command[0]).name} could not install the packages:\n  {last}")


# --- The manifest -----------------------------------------------------------------------------------


def licence(metadata: Message) -> str:
    """A distribution's licence, from the newest metadata field that it fills in."""
    if expression := metadata["License-Expression"]:
        return str(expression)
    for classifier in metadata.get_all("Classifier", []):
        if classifier.startswith("License ::"):
            return str(classifier.rpartition(" :: ")[2])
    first_line = str(metadata["License"] or "").strip().partition("\n")[0]
    return first_line[:80] or "unknown"


def package_files(dist_info: Path) -> Iterator[str]:
    """The package's own files in its RECORD, as paths below site-packages, in order."""
    record = (dist_info / "RECORD").read_text(encoding="utf-8")
    paths = (line.rsplit(",", 2)[0].strip('"') for line in record.splitlines() if line)
    for path in sorted(paths):
        generated = path.startswith(("..", "bin/", "Scripts/")) or "__pycache__" in path
        if not generated and not (path.startswith(dist_info.name) and Path(path).name in INSTALLER_FILES):
            yield path


def describe(dist_info: Path) -> dict[str, str | int]:
    """Name, version, licence of an installed distribution, and a hash over its files.

    The hash is SHA-256 over one line per file, "<path> <SHA-256 of its bytes>": equal for uv and pip.
    """
    metadata = HeaderParser().parsestr((dist_info / "METADATA").read_text(encoding="utf-8"))
    site_packages = dist_info.parent
    digest = hashlib.sha256()
    files = 0
    for path in package_files(dist_info):
        file = site_packages / path
        content = hashlib.sha256(file.read_bytes()).hexdigest() if file.is_file() else "missing"
        digest.update(f"{path} {content}\n".encode())
        files += 1
    return {
        "name": metadata["Name"],
        "version": metadata["Version"],
        "licence": licence(metadata),
        "files": files,
        "sha256": digest.hexdigest(),
    }


def installed(site_packages: Path) -> list[dict[str, str | int]]:
    """Every distribution in `site_packages`, by name."""
    found = [describe(folder) for folder in site_packages.glob("*.dist-info")]
    return sorted(found, key=lambda entry: str(entry["name"]).lower())


def read_manifest() -> dict[str, Any] | None:
    """The manifest, or None where nothing was vendored yet."""
    try:
        manifest: dict[str, Any] = json.loads(MANIFEST.read_text(encoding="utf-8"))
    except (FileNotFoundError, ValueError):
        return None
    return manifest


# --- The commands -----------------------------------------------------------------------------------


def vendor(what: str, python: str, platform: str | None, force: bool = False) -> str:
    """Bring .python_packages up to date; return one sentence that says what was done."""
    text = (APP / "requirements.txt").read_text(encoding="utf-8")
    wanted = requirements(text, what)
    target_platform = platform or sysconfig.get_platform()
    inputs = fingerprint(wanted, python, target_platform)
    manifest = read_manifest()
    if not force and manifest and manifest["inputs"] == inputs and TARGET.is_dir():
        count = len(manifest["distributions"])
        return f"{count} packages for Python {python} are up to date in .python_packages."

    PACKAGES.mkdir(exist_ok=True)
    # Installed beside the old folder and then swapped in: an interrupted run leaves the old one whole.
    with tempfile.TemporaryDirectory(dir=PACKAGES, prefix="new-") as scratch:
        fresh = Path(scratch) / "site-packages"
        with Progress(f"Vendoring for Python {python} ...") as progress:
            command = install_command(wanted, fresh, python, platform, Path(scratch) / "requirements.txt")
            run_installer(command, progress)
        for scripts in ("bin", "Scripts"):  # they start with a path of this computer
            shutil.rmtree(fresh / scripts, ignore_errors=True)
        (fresh / ".lock").unlink(missing_ok=True)  # uv's, for the time of the installation
        distributions = installed(fresh)
        MANIFEST.unlink(missing_ok=True)
        shutil.rmtree(TARGET, ignore_errors=True)
        TARGET.parent.mkdir(exist_ok=True)
        fresh.rename(TARGET)
    content = {"python": python, "platform": target_platform, "what": what, "inputs": inputs}
    manifest = {**content, "distributions": distributions}
    MANIFEST.write_text(json.dumps(manifest, indent=2) + "\n", encoding="utf-8")
    size = sum(file.stat().st_size for file in TARGET.rglob("*") if file.is_file()) / 1e6
    return (
        f"{len(distributions)} packages ({size:.0f} MB) for Python {python} are in .python_packages, "
        f"after {progress.seconds:.1f} s; .python_packages/manifest.json lists them."
    )


def check() -> str:
    """Compare the folder with its manifest and with requirements.txt; return one sentence.

    Raises:
        VendorError: They differ; names every difference.
    """
    manifest = read_manifest()
    if manifest is None:
        raise VendorError("Nothing is vendored yet. Type: python tools/vendor.py")
    text = (APP / "requirements.txt").read_text(encoding="utf-8")
    problems = []
    wanted = requirements(text, manifest["what"])
    if fingerprint(wanted, manifest["python"], manifest["platform"]) != manifest["inputs"]:
        problems.append("requirements.txt has changed since")
    expected = {entry["name"]: entry for entry in manifest["distributions"]}
    actual = {entry["name"]: entry for entry in installed(TARGET)}
    for name in sorted(map(str, expected.keys() | actual.keys()), key=str.lower):
        if name not in actual:
            problems.append(f"{name} is missing")
        elif name not in expected:
            problems.append(f"{name} {actual[name]['version']} is not in the manifest")
        elif actual[name] != expected[name]:
            problems.append(f"{name} {actual[name]['version']} is not as it was installed")
    if problems:
        listed = "\n  ".join(problems)
        raise VendorError(
            f".python_packages differs from its manifest:\n  {listed}\nType: python tools/vendor.py --force"
        )
    return (
        f"{len(expected)} packages for Python {manifest['python']}, {manifest['platform']}, are as installed."
    )


def answers() -> dict[str, str]:
    """What was answered when the app was generated, empty where that file is gone."""
    try:
        text = (APP / ".cookiecutter.json").read_text(encoding="utf-8")
    except FileNotFoundError:
        return {}
    recorded: dict[str, str] = json.loads(text)["cookiecutter"]
    return recorded


def main(argv: Sequence[str] | None = None) -> int:
    recorded = answers()
    chosen = recorded.get("vendor", "sdk")
    parser = argparse.ArgumentParser(
        prog="python tools/vendor.py",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--what", choices=["sdk", "all"], default="all" if chosen == "all" else "sdk")
    parser.add_argument(
        "--python", metavar="X.Y", default=recorded.get("python_version", "{}.{}".format(*sys.version_info))
    )
    parser.add_argument("--platform", metavar="TAG", help="a wheel platform tag; default: this computer's")
    parser.add_argument("--force", action="store_true", help="install even if nothing changed")
    parser.add_argument("--check", action="store_true", help="change nothing; exit 1 if the folder differs")
    options = parser.parse_args(argv)
    if not re.fullmatch(r"3\.\d+", options.python):
        parser.error(f"--python takes a version like 3.12, not {options.python!r}")
    try:
        if options.check:
            print(check())
        else:
            print(vendor(options.what, options.python, options.platform, options.force))
    except VendorError as error:
        print(error, file=sys.stderr)
        return error.exit_code
    return 0


if __name__ == "__main__":
    sys.exit(main())
