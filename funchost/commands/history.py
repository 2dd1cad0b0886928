"""``funchost history``: saves histories of instances as files that pytest replays against tomorrow's code."""

from __future__ import annotations

import asyncio
import importlib
import inspect
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from funchost.commands.options import script_root_option, state_option, task_hub_option
from funchost.errors import CommandFailed, FuncHostError

if TYPE_CHECKING:
    from funchost.wire.scrub import Scrub


@click.group()
def history() -> None:
    """Keep histories of orchestrations as tests."""


@history.command()
@click.argument("instance_id", metavar="INSTANCE")
@click.argument("folder", type=click.Path(path_type=Path), default=Path("tests", "histories"))
@click.option(
    "--scrub",
    metavar="MODULE:FUNCTION",
    help="Called with each value and the key it stands under; what it returns, unless None, is kept instead.",
)
@task_hub_option
@state_option
@script_root_option
def save(
    instance_id: str, folder: Path, scrub: str | None, task_hub: str | None, state: Path | None, script_root: Path
) -> None:
    """Save the history of INSTANCE to FOLDER, or to a file if it ends in .json. [tests/histories]

    Works while a host runs and while none does. pytest then replays the file against the app's code.

    Example: funchost history save 7f3c0d tests/histories --scrub secrets_of_ours:scrub
    """
    try:
        file = _save(instance_id, folder, scrub, task_hub, state, script_root)
    except FuncHostError as error:
        click.secho(str(error), err=True, fg="red")
        sys.exit(1)
    click.echo(str(file))


def _save(
    instance_id: str, folder: Path, scrub: str | None, task_hub: str | None, state: Path | None, script_root: Path
) -> Path:
    from funchost.commands.hub_place import find_place
    from funchost.store.reading import read_instance
    from funchost.testing.history_files import save_history

    function = None if scrub is None else load_scrub(scrub, script_root)
    place = find_place(script_root=script_root, state=state, task_hub=task_hub, environ=os.environ)
    found = asyncio.run(read_instance(place.database, instance_id))
    if found is None:
        raise CommandFailed(
            f"No instance with ID '{instance_id}' in {place.database}. List what is there: "
            "funchost durable get-instances"
        )
    record, events = found
    if not events:
        raise CommandFailed(f"Instance '{instance_id}' has not run yet: it is {record.runtime_status.value}.")
    return save_history(record, events, folder, scrub=function)


def load_scrub(spec: str, script_root: Path) -> Scrub:
    """The function that ``module:function`` names; modules are also looked for in the app's folder and here.

    A function of one argument gets the value only. Raises CommandFailed.
    """
    module_name, _, name = spec.partition(":")
    sys.path[:0] = [str(script_root.resolve()), str(Path.cwd())]
    try:
        function = getattr(importlib.import_module(module_name), name)
    except (ImportError, AttributeError, ValueError) as error:
        raise CommandFailed(
            f"--scrub {spec}: {error}. Name a function as module:function; the module is looked for in "
            f"{script_root.resolve()} and among the installed packages."
        ) from None
    finally:
        del sys.path[:2]
    if len(inspect.signature(function).parameters) > 1:
        scrub: Scrub = function
        return scrub

    def of_value(value: Any, key: str | None) -> Any:
        return function(value)

    return of_value
