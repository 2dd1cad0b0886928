"""Arguments in, exit code out: 0 done, 1 failed, 2 misused."""

from __future__ import annotations

import asyncio
import os
import sys
from pathlib import Path
from typing import Literal

import click

from funchost import __version__
from funchost.commands.durable import durable
from funchost.commands.history import history
from funchost.commands.options import script_root_option, state_option, without_effect
from funchost.errors import FuncHostError


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, "--version", "-v", message="%(version)s")
def main() -> None:
    """Run Azure Durable Functions apps written in Python, with nothing but Python."""


main.add_command(durable)
main.add_command(history)


@main.command()
@click.option("--port", "-p", type=click.IntRange(0, 65535), help="Port to listen on; 0 takes a free one. [7071]")
@click.option("--address", help="IP address to listen on. [127.0.0.1]")
@click.option(
    "--workers", "-w", type=click.IntRange(1, 10), help="Worker processes. [FUNCTIONS_WORKER_PROCESS_COUNT or 1]"
)
@click.option(
    "--in-process", is_flag=True, help="Run the app's code in this process, so that a debugger's breakpoints hit."
)
@state_option
@click.option("--python", "python", help="Interpreter for the app's code. [the app's .venv, VIRTUAL_ENV, this one]")
@script_root_option
@click.option(
    "--extended-sessions/--no-extended-sessions",
    default=True,
    show_default=True,
    help="Keep orchestrators alive between episodes; without, every episode replays the whole history.",
)
@click.option(
    "--functions",
    multiple=True,
    metavar="NAMES",
    help="Load only these functions, separated by blanks. [those that host.json names, else all]",
)
@click.option("--cors", metavar="ORIGINS", help="Origins that browsers may call from, separated by commas. [none]")
@click.option("--cors-credentials", is_flag=True, help="Such calls may carry cookies.")
@click.option("--verbose", is_flag=True, help="Show the host's own log lines too.")
@click.argument("more_functions", nargs=-1, metavar="")
@without_effect("--no-build", "--offline")
@without_effect("--timeout", "-t", takes_value=True)
def start(
    port: int | None,
    address: str | None,
    workers: int | None,
    in_process: bool,
    state: Path | None,
    python: str | None,
    script_root: Path,
    extended_sessions: bool,
    functions: tuple[str, ...],
    cors: str | None,
    cors_credentials: bool,
    verbose: bool,
    more_functions: tuple[str, ...],
) -> None:
    """Run the app in this folder until Ctrl-C.

    Example: funchost start --port 7072 --workers 2
    """
    if more_functions and not functions:
        raise click.UsageError(f"Got unexpected extra argument ({more_functions[0]})")
    if in_process and (workers is not None or python is not None):
        raise click.UsageError("--in-process runs the app in this process: leave --workers and --python out.")
    from funchost.app.settings import origins
    from funchost.host import HostOptions, run  # costs more than the rest of the command line together

    options = HostOptions(
        script_root=script_root,
        port=port,
        address=address,
        workers=workers,
        in_process=in_process,
        state=state,
        verbose=verbose,
        python=python,
        extended_sessions=extended_sessions,
        cors=origins(cors),
        cors_credentials=cors_credentials,
    )
    # Core Tools pass them on like this, too.
    chosen = {
        f"AzureFunctionsJobHost__functions__{n}": name for n, name in enumerate((*functions, *more_functions))
    }
    try:
        asyncio.run(run(options, {**os.environ, **chosen}))
    except FuncHostError as error:
        click.secho(str(error), err=True, fg="red")
        sys.exit(1)
    except KeyboardInterrupt:
        pass


@main.command()
@click.argument("paths", nargs=-1, type=click.Path(exists=True, path_type=Path))
@click.option("--select", multiple=True, metavar="CODES", help="Only these rules, as DF001,DF01. [all but DF019]")
@click.option("--ignore", multiple=True, metavar="CODES", help="All rules but these.")
@click.option("--format", "output", type=click.Choice(["text", "json", "sarif"]), default="text", help="[text]")
@click.option("--fix", is_flag=True, help="Repair what can be repaired safely, and report the rest.")
@click.option("--explain", "rule", metavar="CODE", help="Say what a rule means and how to fix it, and stop.")
def lint(
    paths: tuple[Path, ...],
    select: tuple[str, ...],
    ignore: tuple[str, ...],
    output: Literal["text", "json", "sarif"],
    fix: bool,
    rule: str | None,
) -> None:
    """Find what would make an orchestrator run differently when it is replayed.

    Example: funchost lint . --fix
    """
    from funchost.lint import command  # parses nothing unless asked to

    if rule is not None:
        command.explain(rule)
        return
    sys.exit(command.run(paths or (Path(),), select=select, ignore=ignore, output=output, fix=fix, base=Path()))
