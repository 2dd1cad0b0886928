"""Run a lab's checks on a participant's code, and say in plain words what is missing.

The checks are pytest tests with funchost's fixtures. They run in a process of their own, which imports the
participant's app, and report through `workshop.reporter` instead of pytest's own output.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

from scaffolding.repository import ROOT
from workshop.lab import Lab, WorkshopError
from workshop.reporter import RESULTS_VARIABLE

TIMEOUT_SECONDS = 300


@dataclass(frozen=True, slots=True)
class Result:
    """What one check came to. `missing` says what is not there yet, empty when the check passed."""

    title: str
    missing: str

    @property
    def passed(self) -> bool:
        return not self.missing


def check(lab: Lab, folder: Path) -> list[Result]:
    """Run the checks of a lab on a folder, in the order in which they are written.

    Raises:
        WorkshopError: They could not be run at all.
    """
    with tempfile.TemporaryDirectory() as scratch:
        results = Path(scratch) / "results.jsonl"
        environment = {
            **os.environ,
            RESULTS_VARIABLE: str(results),
            "VIRTUAL_ENV": sys.prefix,  # the interpreter that the app runs on
        }
        command = [sys.executable, "-m", "pytest", "-p", "workshop.reporter", "-p", "no:cacheprovider"]
        command += ["--assert=plain", "--import-mode=importlib", f"--rootdir={folder}"]
        command += ["-c", str(folder / "pyproject.toml"), str(lab.checks)]
        try:
            run = subprocess.run(
                command,
                cwd=ROOT,  # where workshop.reporter is found; it goes on to the folder
                env=environment,
                stdin=subprocess.DEVNULL,
                capture_output=True,
                text=True,
                errors="replace",
                check=False,
                timeout=TIMEOUT_SECONDS,
            )
        except subprocess.TimeoutExpired:
            raise WorkshopError(
                f"The checks did not end within {TIMEOUT_SECONDS} s; does your code wait for ever?"
            ) from None
        lines = results.read_text(encoding="utf-8").splitlines() if results.exists() else []
    if not lines:
        raise WorkshopError(f"The checks could not be run:\n{run.stdout[-2000:]}{run.stderr[-2000:]}")
    return [Result(**json.loads(line)) for line in lines]
