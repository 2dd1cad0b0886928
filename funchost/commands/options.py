"""Options that several commands share: which app, and which of its task hubs."""

from __future__ import annotations

from pathlib import Path

import click

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
