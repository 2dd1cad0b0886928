"""The determinism linter: reads an app's text and finds what an orchestrator must not do.

Standard library only, but for the command. It imports nothing of the app and runs none of its code. The way of an
app through it: ``project`` and ``scopes`` (modules and names) -> ``orchestrators`` -> ``reach`` (the functions they
call) -> ``check_*`` on each of those -> ``Finding``. ``rules`` says what each rule means.
"""

from funchost.lint.finding import Finding
from funchost.lint.linter import Result, fatal_findings, lint

__all__ = ["Finding", "Result", "fatal_findings", "lint"]
