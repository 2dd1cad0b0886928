"""Do every lab as a participant does: nothing of it may have rotted."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from workshop.checking import check
from workshop.course import prepare
from workshop.lab import Lab, WorkshopError
from workshop.solving import solve
from workshop.steps import Terminals

SOLVED = "<!-- solve -->"
CHECKED = "the lab is done."


def verify(chosen: Sequence[Lab], say: Callable[[str], None]) -> bool:
    """Check each lab, follow its steps, to the check at their end; say `N of N labs`. Whether all went well."""
    good = 0
    for lab in chosen:
        started = time.monotonic()
        try:
            outcome = verify_lab(lab)
            good += 1
            verdict = "ok    "
        except WorkshopError as error:
            verdict, outcome = "FAILED", str(error)
        say(f"{verdict} {lab.number:2} {lab.title}: {outcome} ({time.monotonic() - started:.0f} s)")
    say(f"{good} of {len(chosen)} labs")
    return good == len(chosen)


def verify_lab(lab: Lab) -> str:
    """One lab, in a folder of its own; a sentence about it.

    Raises:
        WorkshopError: It cannot be done here, a step shows something else than the README says, the checks pass
            before the work is done, or do not after.
    """
    if reasons := lab.missing():
        raise WorkshopError(reasons[0])
    with tempfile.TemporaryDirectory(prefix="workshop-", ignore_cleanup_errors=True) as scratch:
        folder = prepare(lab, Path(scratch))
        before = check(lab, folder)
        missing = [result for result in before if not result.passed]
        if not missing:
            raise WorkshopError("the checks pass before anything was done")
        steps = lab.readme.read_text(encoding="utf-8")
        if CHECKED not in steps.partition(SOLVED)[2]:
            raise WorkshopError(f"README.md does not end with a check that shows {CHECKED!r}")
        Terminals(lab, folder, solve=lambda: _solve(lab, folder)).follow(steps)
    return f"{len(missing)} of {len(before)} checks fail before it is solved, none after"


def _solve(lab: Lab, folder: Path) -> None:
    if not solve(lab, folder):
        raise WorkshopError("the solution changes nothing")
