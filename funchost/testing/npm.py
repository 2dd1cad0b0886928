"""Programs that come from npm, installed into a cache folder once."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path

INSTALL_TIMEOUT_SECONDS = 900.0


class NpmFailed(Exception):
    """npm is missing, or could not install a package; the text says why."""


def cache_folder(environment: Mapping[str, str] | None = None) -> Path:
    """Where downloads are kept between runs: FUNCHOST_CACHE, or the user's cache folder on this system."""
    environment = os.environ if environment is None else environment
    if named := environment.get("FUNCHOST_CACHE"):
        return Path(named)
    if sys.platform == "win32":
        return Path(environment.get("LOCALAPPDATA") or Path.home() / "AppData" / "Local") / "funchost" / "cache"
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Caches" / "funchost"
    return Path(environment.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "funchost"


def npm_install(requirement: str, folder: Path) -> None:
    """Install an npm package into a folder, whole or not at all; does nothing where the folder exists.

    Two test runs may install the same at the same time: each installs beside the folder, and one wins.

    Raises:
        NpmFailed: npm is missing, or failed; its text ends with what npm said.
    """
    if folder.is_dir():
        return
    npm = shutil.which("npm")
    if npm is None:
        raise NpmFailed(f"npm is not on PATH, and {requirement} comes from npm. Install Node.js 22 or newer.")
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder.parent, prefix="installing-") as scratch:
        try:
            subprocess.run(
                [npm, "install", "--prefix", scratch, "--no-audit", "--no-fund", requirement],
                check=True,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                encoding="utf-8",
                errors="replace",
                timeout=INSTALL_TIMEOUT_SECONDS,
            )
        except subprocess.CalledProcessError as error:
            raise NpmFailed(f"npm could not install {requirement}:\n{error.output.strip()}") from error
        except subprocess.TimeoutExpired as error:
            raise NpmFailed(f"npm did not install {requirement} within {error.timeout:.0f} s") from error
        # Renamed from within, so that the scratch folder itself stays for its owner to remove.
        whole = Path(scratch) / "whole"
        whole.mkdir()
        for path in list(Path(scratch).iterdir()):
            if path != whole:
                path.rename(whole / path.name)
        try:
            whole.rename(folder)
        except OSError:
            if not folder.is_dir():
                raise
