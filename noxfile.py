"""The front door. One command each:

    nox -s demo                 bake an app, start it on funchost, run an orchestration, show its output
    nox -s tests                every test; arguments go to pytest: nox -s tests -- -k timer
    nox -s bake                 lay shared files into the templates and bake samples/ again
    nox -s bake -- --check      change nothing; fail where templates, samples or tables have drifted
    nox -s lint                 ruff; nox -s lint -- --fix mends what it can
    nox -s typecheck            mypy --strict
    nox -s docs                 build the documentation's site into build/docs/; -- --serve while writing
    nox -s wheel                build funchost's wheel into dist/
    nox -s pins                 move the pinned versions forward and bake again
    nox -s workshop             do every lab as its README says; -- start 3 | check 3 | solve 3
    nox -s wheelhouse -- DIR    gather what apps and the workshop need where there is no network
    nox -s coretools            every app in both models on real Core Tools, with Azurite; exit code 3 where it
                                cannot be had
    nox -s apps                 what every app's dev container and CI workflow type, typed here
    nox -s infra                the apps' Bicep compiled, azure.yaml and dev containers against their schemas; exit
                                code 3 where there is no compiler or no way to the schemas
    nox -s devcontainer         an app's dev container, built and used; exit code 3 where there is no Docker
    nox -s conformance          both programming models on Python 3.10 and 3.13
    nox -s oracle               every app on Microsoft's own worker code and on funchost's, compared
    nox -s crash                kill hosts and workers at 300 points; nothing may be lost
    nox -s soak                 an hour of mixed load; -- --minutes 5 for less
    nox -s bench                funchost beside the SDK alone and other engines; -- --check holds it to its limits

Sessions not named here are listed by ``nox --list``.
"""

from __future__ import annotations

import os
from pathlib import Path

import nox
from nox.command import CommandFailed

nox.needs_version = ">=2024.4.15"
nox.options.sessions = ["lint", "typecheck", "tests"]
nox.options.reuse_existing_virtualenvs = True

PROJECT = nox.project.load_toml("pyproject.toml")


def _install(session: nox.Session, *groups: str) -> None:
    """Install funchost from this folder, editable, with dependency groups of pyproject.toml."""
    wanted = [requirement for group in groups for requirement in nox.project.dependency_groups(PROJECT, group)]
    session.install("-e", ".", *wanted)


def _run_or_exit_3(session: nox.Session, *command: str) -> None:
    """Run a command, and hand on exit code 3: this machine lacks something. nox would make it 1."""
    try:
        session.run(*command)
    except CommandFailed as failed:
        if getattr(failed, "return_code", None) == 3:
            raise SystemExit(3) from None
        raise


@nox.session
def demo(session: nox.Session) -> None:
    """Bake the chaining app, vendor the SDK, start it on funchost, run an orchestration, print its output."""
    _install(session, "templates")
    session.run("python", "-m", "scaffolding.demo", *session.posargs)


@nox.session
def tests(session: nox.Session) -> None:
    """Run every test, a file at a time on each core; with arguments, which go to pytest, in one process."""
    _install(session, "test", "lint", "templates", "infra")
    side_by_side = ("-n", "auto", "--dist", "loadfile", "--no-loadscope-reorder")
    session.run("pytest", *(session.posargs or side_by_side))


@nox.session
def apps(session: nox.Session) -> None:
    """Type what every app's dev container and CI type: install, check, test, vendor, audit; on both hosts."""
    _install(session, "test", "lint", "templates", "infra")
    session.run("pytest", "tests/templates/test_as_a_developer.py", "-m", "matrix or not matrix", *session.posargs)


@nox.session
def bake(session: nox.Session) -> None:
    """Lay shared files into every template and bake the samples; with --check only list the drift."""
    _install(session, "templates")
    session.run("python", "-m", "scaffolding", "bake", *session.posargs)


@nox.session
def lint(session: nox.Session) -> None:
    """Check style with ruff; the baked apps are checked where their tests run."""
    session.install(*nox.project.dependency_groups(PROJECT, "lint"))
    session.run("ruff", "check", *session.posargs)
    if not session.posargs:
        session.run("ruff", "format", "--check")


@nox.session
def typecheck(session: nox.Session) -> None:
    """Check types with mypy, strictly."""
    _install(session, "lint", "test", "templates", "infra")
    session.run("mypy", *session.posargs)


@nox.session
def docs(session: nox.Session) -> None:
    """Build the site of docs/ into build/docs/html; a warning is an error. With --serve, on every change."""
    _install(session, "docs")
    folders = ("-d", "build/docs/doctrees", "docs", "build/docs/html")
    if "--serve" in session.posargs:
        session.install("sphinx-autobuild")
        rest = [argument for argument in session.posargs if argument != "--serve"]
        session.run("python", "-m", "sphinx_autobuild", *folders, *rest)
        return
    session.run("python", "-m", "sphinx", "--fail-on-warning", "--keep-going", *folders, *session.posargs)
    session.run("python", "-m", "scaffolding.site.offline", "build/docs/html")


@nox.session
def wheel(session: nox.Session) -> None:
    """Build funchost's wheel into dist/."""
    session.run("python", "-m", "pip", "wheel", "--no-deps", "--wheel-dir", "dist", ".")


@nox.session
def pins(session: nox.Session) -> None:
    """Move the pinned versions to the newest and bake again."""
    _install(session, "templates")
    session.install("uv")  # resolves for every Python at once
    session.run("python", "-m", "scaffolding", "pins", "--update")


@nox.session
def workshop(session: nox.Session) -> None:
    """Do every lab of the workshop as its README says; or any command of python -m workshop."""
    _install(session, "workshop", "templates")
    command = session.posargs or ["verify"]
    if command == ["verify"]:  # every lab, and one of them needs TensorFlow
        session.install("-r", "samples/fan_out_tensorflow/requirements.txt", "scikit-image")
    session.run("python", "-m", "workshop", *command)


@nox.session
def wheelhouse(session: nox.Session) -> None:
    """Gather everything that baking, running and testing apps needs without a network."""
    session.install("uv", "tomli; python_version < '3.11'")
    session.run("python", "-m", "scaffolding.wheelhouse", *session.posargs)


@nox.session
def coretools(session: nox.Session) -> None:
    """Run every template's scenarios on real Core Tools. Exit code 3: it cannot be had on this machine."""
    _install(session, "templates")
    _run_or_exit_3(session, "python", "-m", "scaffolding.coretools_session", *session.posargs)


@nox.session
def infra(session: nox.Session) -> None:
    """Check every app's Bicep, azure.yaml and dev container. Exit code 3: not all of it can be checked here."""
    _install(session, "templates", "infra")
    _run_or_exit_3(session, "python", "-m", "scaffolding.infra_session", *session.posargs)


@nox.session
def devcontainer(session: nox.Session) -> None:
    """Build an app's dev container, and type its README's lines in it. Exit code 3: there is no Docker here."""
    _install(session, "templates")
    _run_or_exit_3(session, "python", "-m", "scaffolding.devcontainer_session", *session.posargs)


@nox.session(python=["3.10", "3.13"])
def conformance(session: nox.Session) -> None:
    """Check everything SDK 1.x can say, in both models, on the oldest Python and on azure-functions 2.x."""
    _install(session, "test")
    session.run("pytest", "tests/funchost/conformance", *session.posargs)


@nox.session(python="3.13")
def oracle(session: nox.Session) -> None:
    """Index and call the functions of every app with Microsoft's worker code; funchost's must do the same."""
    _install(session, "test")
    session.install("azure-functions-runtime ==1.3.0", "azure-functions-runtime-v1 ==1.2.0")
    session.run("pytest", "tests/oracle", *session.posargs)


@nox.session
def crash(session: nox.Session) -> None:
    """Kill hosts and workers at hundreds of points of their work; print points tried and instances lost."""
    _install(session, "test")
    session.run("python", "-m", "tests.crash", *session.posargs)


@nox.session
def soak(session: nox.Session) -> None:
    """Mixed load for an hour: memory flat, files bounded, no instance stuck."""
    _install(session, "test")
    session.run("python", "-m", "tests.soak", *session.posargs)


@nox.session
def bench(session: nox.Session) -> None:
    """Measure funchost beside the SDK alone, durabletask, dbos and langgraph; -- --help lists the options."""
    _install(session, "bench", "bench-sdk")
    places = Path(session.create_tmp())
    arguments = []
    for peer in ("durabletask", "dbos", "langgraph"):
        interpreter = places / peer / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
        if not interpreter.exists():
            session.run("python", "-m", "venv", str(places / peer))
        packages = nox.project.dependency_groups(PROJECT, f"bench-{peer}")
        session.run(str(interpreter), "-m", "pip", "install", "--quiet", *packages, external=True)
        arguments += [f"--{peer}", str(interpreter)]
    vendored = places / "vendored"
    if not vendored.exists():
        session.install("--target", str(vendored), *nox.project.dependency_groups(PROJECT, "bench-sdk"))
    session.run("python", "-m", "benchmarks", *arguments, "--vendored", str(vendored), *session.posargs)
