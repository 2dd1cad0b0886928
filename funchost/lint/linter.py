"""Lints apps: from paths to findings."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from funchost.lint.body import Body
from funchost.lint.check_effects import check_activity_calls, check_effects, check_logs
from funchost.lint.check_generators import check_async, check_generator_calls
from funchost.lint.check_json import check_json
from funchost.lint.check_races import check_races
from funchost.lint.check_state import check_global_state, check_unordered
from funchost.lint.check_tasks import check_created_tasks, check_yields
from funchost.lint.finding import Finding, Place
from funchost.lint.orchestrators import find_orchestrators
from funchost.lint.project import Module, Project
from funchost.lint.reach import Reached, reach
from funchost.lint.resolve import Resolver
from funchost.lint.tasks import Tasks

_NOT_THE_APPS = frozenset(
    {".venv", "venv", "env", ".python_packages", "site-packages", "node_modules", "__pycache__", ".git", ".hg",
     ".tox", ".nox", ".mypy_cache", ".ruff_cache", ".pytest_cache", "build", "dist"}
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Result:
    """What was found, sorted by place, and how much was looked at. ``files`` counts those below the given paths."""

    findings: tuple[Finding, ...] = ()
    orchestrators: int = 0
    files: int = 0
    texts: dict[Path, str] = field(default_factory=dict)  # of the files with findings, as they were linted
    encodings: dict[Path, str] = field(default_factory=dict)


def lint(paths: Iterable[Path], codes: frozenset[str]) -> Result:
    """Lint every app that has a file among the paths or below them, and report what concerns those files.

    An app is linted as a whole, for its functions call each other across files: a finding is reported when its own
    file, or one on the way to it from the orchestrator, is below the paths.
    """
    files: dict[Path, set[Path]] = {}  # by the app's root
    known: dict[Path, Path] = {}
    for path in paths:
        for file in python_files(path.resolve()):
            files.setdefault(_root_of(file, known), set()).add(file)
    findings: list[Finding] = []
    orchestrators = 0
    texts: dict[Path, str] = {}
    encodings: dict[Path, str] = {}
    for root in sorted(files):
        app = _App(root, files[root])
        orchestrators += sum(reached.is_orchestrator for reached in app.reached)
        for finding in app.findings(codes):
            places = {finding.place.path, *(step.path for step in finding.via)}
            if places & files[root]:
                findings.append(finding)
                module = app.project.load(finding.place.path)
                if module is not None:
                    texts[finding.place.path] = module.source.text
                    encodings[finding.place.path] = module.source.encoding
    findings.sort(key=lambda finding: (finding.place, finding.code))
    return Result(tuple(findings), orchestrators, sum(map(len, files.values())), texts, encodings)


def fatal_findings(app_root: Path) -> list[Finding]:
    """The findings of an app after which an orchestrator can never work, whatever its input.

    ``DF005``: it is declared with ``async def``. ``DF007``: it returns or yields a generator helper's generator, or
    calls such a helper and yields nothing itself. Reads files, imports nothing; passes over unreadable files.
    """
    app_root = app_root.resolve()
    app = _App(app_root, set(python_files(app_root)))
    return [finding for finding in app.findings(frozenset({"DF005", "DF007"})) if finding.fatal]


def python_files(path: Path) -> Iterator[Path]:
    """A file, or every Python file below a folder that belongs to an app and not to its surroundings."""
    if path.is_file():
        yield path
        return
    for folder, folders, names in os.walk(path):
        folders[:] = sorted(f for f in folders if f not in _NOT_THE_APPS)
        yield from (Path(folder, name) for name in sorted(names) if name.endswith(".py"))


def _root_of(file: Path, known: dict[Path, Path]) -> Path:
    """The app a file belongs to: the nearest folder above with a host.json, else where its imports start from."""
    folder = file.parent
    if folder not in known:
        above = (folder, *folder.parents)
        named = next((f for f in above if (f / "host.json").is_file() or (f / "function_app.py").is_file()), None)
        known[folder] = named or next(f for f in above if not (f / "__init__.py").is_file())
    return known[folder]


class _App:
    def __init__(self, root: Path, files: set[Path]) -> None:
        self.project = Project(root)
        self._resolver = Resolver(self.project)
        known: dict[Path, Path] = {}
        # with some files given the others may hold the orchestrators that call them
        below = {file for file in python_files(root) if _root_of(file, known) == root} if _is_app(root) else set()
        self._files = sorted(files | below)
        modules = [m for file in self._files if (m := self._relevant(file)) is not None]
        orchestrators = find_orchestrators(self._resolver, modules, root)
        self.reached = reach(self._resolver, orchestrators)

    def _relevant(self, file: Path) -> Module | None:
        """A file that may hold an orchestrator. Others are read only when something is imported from them."""
        try:
            raw = file.read_bytes()
        except OSError:
            raw = b"orchestrat"  # reading it properly reports why it cannot be read
        return self.project.load(file) if b"rchestrat" in raw else None

    def findings(self, codes: frozenset[str]) -> list[Finding]:
        """Findings of these rules that no comment switches off, each place and rule once."""
        tasks = Tasks(self._resolver)
        found: dict[tuple[str, Place], Finding] = {}
        for reached in self.reached:
            for finding in _check(Body(self._resolver, reached), tasks, reached):
                if finding.code in codes:
                    found.setdefault((finding.code, finding.place), finding)
        if "DF000" in codes:
            for path, problem in self.project.problems.items():
                place = Place(path, problem.line, 1, problem.line, 1)
                found[("DF000", place)] = Finding(
                    code="DF000", message=f"not checked: {problem}", severity="error", place=place
                )
        silenced: dict[Path, dict[int, frozenset[str]]] = {}
        kept = []
        for finding in found.values():
            path = finding.place.path
            if path not in silenced:
                module = self.project.load(path)
                silenced[path] = module.source.silenced() if module else {}
            if not _is_silenced(finding, silenced[path]):
                kept.append(finding)
        return kept


def _is_app(root: Path) -> bool:
    return (root / "host.json").is_file() or (root / "function_app.py").is_file()


def _check(body: Body, tasks: Tasks, reached: Reached) -> Iterator[Finding]:
    yield from check_async(body, tasks)
    yield from check_effects(body)
    yield from check_activity_calls(body)
    yield from check_logs(body)
    yield from check_global_state(body)
    yield from check_unordered(body)
    if reached.orchestrator.is_agent or (body.function.is_async and reached.is_orchestrator):
        return  # such an orchestrator does not yield, or has to be rewritten before anything else is to be said
    yield from check_generator_calls(body, tasks)
    yield from check_created_tasks(body, tasks)
    yield from check_yields(body, tasks)
    yield from check_races(body)
    yield from check_json(body)


def _is_silenced(finding: Finding, silenced: dict[int, frozenset[str]]) -> bool:
    lines = range(finding.place.line, finding.place.end_line + 1)
    return any(line in silenced and (not silenced[line] or finding.code in silenced[line]) for line in lines)
