"""The options that the commands of ``funchost durable`` share, and the reading of what was typed."""

from __future__ import annotations

import asyncio
import functools
import json
import os
import sys
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias, TypeVar

import click

from funchost.commands.options import script_root_option, state_option, task_hub_option
from funchost.errors import CommandFailed, FuncHostError
from funchost.model.status import RuntimeStatus

if TYPE_CHECKING:  # imported where they are used: the command line should be there at once
    from funchost.commands.hub_client import HubClient
    from funchost.commands.hub_place import HubPlace

Command = TypeVar("Command", bound=Callable[..., None])
Action: TypeAlias = Callable[["HubClient"], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Target:
    """Which hub, and for whom the answer is: ``as_json`` for programs."""

    state: Path | None
    script_root: Path
    task_hub: str | None
    as_json: bool

    def place(self) -> HubPlace:
        from funchost.commands.hub_place import find_place

        return find_place(
            script_root=self.script_root, state=self.state, task_hub=self.task_hub, environ=os.environ
        )

    def run(self, action: Action, *, create: bool = False) -> None:
        """Do something with the hub; an error ends the command with its text and exit code 1."""
        from funchost.commands.hub_client import open_hub

        async def run() -> None:
            async with open_hub(self.place(), create=create) as hub:
                await action(hub)

        with_errors_shown(lambda: asyncio.run(run()))

    def tell(self, hub: HubClient, sentence: str, **facts: object) -> None:
        """Say what was done: the sentence for people, the facts for programs."""
        if self.as_json:
            self.print_json({**facts, "taskHub": hub.task_hub, "hostRunning": hub.is_live})
        else:
            click.secho(sentence, fg="green")
            if not hub.is_live:
                click.echo("No host has the hub open: this takes effect at the next start (funchost start).")

    @staticmethod
    def print_json(value: object) -> None:
        click.echo(json.dumps(value, indent=2, ensure_ascii=not sys.stdout.encoding.lower().startswith("utf")))


def with_errors_shown(work: Callable[[], None]) -> None:
    try:
        work()
    except FuncHostError as error:
        click.secho(str(error), err=True, fg="red")
        sys.exit(1)
    except KeyboardInterrupt:
        sys.exit(1)


def hub_options(command: Command) -> Command:
    """The options that say which hub, handed to the command as its first argument, ``target``."""

    @task_hub_option
    @state_option
    @script_root_option
    @click.option("--json", "as_json", is_flag=True, help="Print JSON, for programs.")
    @click.option(
        "--connection-string-setting", hidden=True, help="Taken for Core Tools' sake; there is no storage."
    )
    @functools.wraps(command)
    def wrapped(
        *,
        task_hub: str | None,
        state: Path | None,
        script_root: Path,
        as_json: bool,
        connection_string_setting: str | None,
        **options: Any,
    ) -> None:
        command(Target(state, script_root, task_hub, as_json), **options)

    return wrapped  # type: ignore[return-value]


def read_time(context: click.Context, parameter: click.Parameter, given: str | None) -> str | None:
    """A time as the API takes it. Raises BadParameter."""
    if given is None:
        return None
    from funchost.http.datetimes import parse_lenient_time

    moment = parse_lenient_time(given)
    if moment is None:
        raise click.BadParameter(f"'{given}' is no time. Write it as 2026-01-31 or 2026-01-31T08:30:00Z.")
    return moment.isoformat()


def status_option(allowed: Iterable[RuntimeStatus]) -> Callable[[Command], Command]:
    """``--runtime-status`` with these statuses, in any case; the command gets them as the API takes them."""
    by_name = {status.value.lower(): status.value for status in allowed}

    def read(context: click.Context, parameter: click.Parameter, given: str) -> str | None:
        words = given.replace(",", " ").lower().split()
        for word in words:
            if word not in by_name:
                raise click.BadParameter(f"'{word}' is none of {', '.join(by_name.values())}.")
        return ",".join(by_name[word] for word in words) or None

    return click.option(
        "--runtime-status",
        metavar="STATUSES",
        default="",
        callback=read,
        help=f"Separated by blanks: {' '.join(by_name)}. [all]",
    )


instance_option = click.option("--id", "instance_id", required=True, metavar="ID", help="Id of the instance.")
reason_option = click.option("--reason", default="", help="Kept with the instance.")
after_option = click.option("--created-after", callback=read_time, metavar="TIME", help="UTC, ISO 8601.")
before_option = click.option("--created-before", callback=read_time, metavar="TIME", help="UTC, ISO 8601.")


def read_value(given: str, what: str) -> Any:
    """JSON, or any other text as it is; ``@FILE`` is JSON out of a file. Raises CommandFailed.

    A text that begins like an object or a list and is none is refused: a shell has eaten its quotes.
    """
    if given.startswith("@"):
        try:
            text = Path(given[1:]).read_text(encoding="utf-8-sig")
            return json.loads(text)
        except OSError as error:
            raise CommandFailed(
                f"Could not find input file at '{given[1:]}': {error.strerror or error}."
            ) from error
        except ValueError as error:
            raise CommandFailed(f"The file '{given[1:]}' is not JSON: {error}.") from error
    try:
        return json.loads(given)
    except ValueError as error:
        if given.lstrip()[:1] in ("{", "["):
            raise CommandFailed(
                f"The {what} {given} looks like JSON and is not: {error}. Mind the quotes of your shell, or put it "
                "into a file and give @FILE."
            ) from error
        return given
