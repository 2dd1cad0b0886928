"""Options that several commands share: which app, and which of its task hubs."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

CommandT = TypeVar("CommandT", bound=Callable[..., Any])

task_hub_option = click.option(
    "--task-hub-name", "task_hub", metavar="NAME", help="Task hub. [the one in host.json]"
)
state_option = click.option(
    "--state",
    type=click.Path(file_okay=False, path_type=Path),
    help="Folder of the task hub's database. [.funchost in the app's folder]",
)
script_root_option = click.option(
    "--script-root",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    default=Path(),
    help="The app's folder. [here, or the nearest folder above with a host.json]",
)


def without_effect(*names: str, takes_value: bool = False) -> Callable[[CommandT], CommandT]:
    """Accept options of ``func start`` that mean nothing here, so that its command lines can be typed as they are.

    Each name is a flag of its own; with ``takes_value`` all are names of one option.
    """

    def decorate(command: CommandT) -> CommandT:
        for spellings in [names] if takes_value else [(name,) for name in names]:
            command = click.option(*spellings, is_flag=not takes_value, hidden=True, expose_value=False)(command)
        return command

    return decorate
