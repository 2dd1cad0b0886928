"""``funchost durable``: what ``func durable`` does to a task hub in Azure Storage, for hubs of funchost.

Names, options and defaults are those of Core Tools; ``suspend``, ``resume`` and ``restart`` are more than it has.
Source: Azure/azure-functions-core-tools ``Actions/DurableActions`` and ``Common/DurableManager.cs``.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import TYPE_CHECKING

import click

from funchost.commands.durable_options import (
    Target,
    after_option,
    before_option,
    hub_options,
    instance_option,
    read_value,
    reason_option,
    status_option,
    with_errors_shown,
)
from funchost.errors import CommandFailed
from funchost.model.status import TERMINAL, RuntimeStatus

if TYPE_CHECKING:  # imported where it is used: the command line should be there at once
    from funchost.commands.hub_client import HubClient

WAIT_SECONDS = 30.0
"""How long a change of status is waited for, as ``func durable terminate`` does."""


@click.group()
def durable() -> None:
    """Look at and steer orchestrations, with or without a running host."""


@durable.command("start-new")
@hub_options
@click.option("--function-name", required=True, metavar="NAME", help="The orchestrator to start.")
@click.option("--id", "instance_id", metavar="ID", help="Id for the new instance. [a new one]")
@click.option("--input", "input_given", metavar="JSON", help="The input: JSON, other text as it is, or @FILE.")
@click.option("--version", help="Version of the orchestration. [defaultVersion in host.json]")
def start_new(
    target: Target,
    function_name: str,
    instance_id: str | None,
    input_given: str | None,
    version: str | None,
) -> None:
    """Start an orchestration.

    Where no host has the hub open, the instance is kept and starts with the next host; whether the app has such an
    orchestrator is found out then.

    Example: funchost durable start-new --function-name greet --input '["Tokyo", "Seattle"]'
    """

    async def action(hub: HubClient) -> None:
        input_text = None
        if input_given is not None:
            # Twice, as the SDK's client sends it: get_input() decodes the text that it finds in the JSON string.
            input_text = json.dumps(json.dumps(read_value(input_given, "input")))
        started = await hub.start(function_name, instance_id=instance_id, input_text=input_text, version=version)
        target.tell(
            hub, f"Started '{function_name}'. Instance ID: '{started}'.", id=started, functionName=function_name
        )

    target.run(action, create=True)


@durable.command("get-instances")
@hub_options
@after_option
@before_option
@status_option(RuntimeStatus)
@click.option("--top", type=click.IntRange(min=1), default=10, help="How many at most. [10]")
@click.option("--continuation-token", metavar="TOKEN", help="Where the page before said to go on.")
def get_instances(
    target: Target,
    created_after: str | None,
    created_before: str | None,
    runtime_status: str | None,
    top: int,
    continuation_token: str | None,
) -> None:
    """List orchestration instances, in order of their ids.

    Example: funchost durable get-instances --runtime-status "running failed" --top 50
    """

    async def action(hub: HubClient) -> None:
        instances, token = await hub.instances(
            {
                "createdTimeFrom": created_after,
                "createdTimeTo": created_before,
                "runtimeStatus": runtime_status,
                "top": str(top),
            },
            continuation_token=continuation_token,
        )
        if target.as_json:
            target.print_json({"instances": instances, "continuationToken": token})
            return
        from funchost.commands.hub_output import show_instances

        show_instances(instances)
        if token is not None:
            click.echo(f"There are more. Continuation token for the next: {token}")

    target.run(action)


@durable.command("get-runtime-status")
@hub_options
@instance_option
@click.option("--show-input", is_flag=True, help="With the input.")
@click.option("--show-output", is_flag=True, help="With the output.")
def get_runtime_status(target: Target, instance_id: str, show_input: bool, show_output: bool) -> None:
    """Show the status of an instance.

    Example: funchost durable get-runtime-status --id order-17 --show-output
    """

    async def action(hub: HubClient) -> None:
        status = await hub.instance(instance_id, showInput=str(show_input).lower())
        if not show_output:
            status["output"] = None
        if target.as_json:
            target.print_json(status)
            return
        from funchost.commands.hub_output import show_status

        show_status(status, with_input=show_input, with_output=show_output)

    target.run(action)


@durable.command("get-history")
@hub_options
@instance_option
def get_history(target: Target, instance_id: str) -> None:
    """Show what happened in an instance, oldest first.

    Example: funchost durable get-history --id order-17 --json
    """

    async def action(hub: HubClient) -> None:
        status = await hub.instance(instance_id, showHistory="true", showHistoryOutput="true")
        events = status.get("historyEvents", [])
        if target.as_json:
            target.print_json(events)
            return
        from funchost.commands.hub_output import show_history

        show_history(events)

    target.run(action)


@durable.command("raise-event")
@hub_options
@instance_option
@click.option("--event-name", required=True, metavar="NAME", help="Name the orchestrator waits for.")
@click.option("--event-data", metavar="JSON", help="The data: JSON, other text as it is, or @FILE.")
def raise_event(target: Target, instance_id: str, event_name: str, event_data: str | None) -> None:
    """Send an external event to an instance.

    Example: funchost durable raise-event --id order-17 --event-name Approval --event-data true
    """

    async def action(hub: HubClient) -> None:
        data_text = None if event_data is None else json.dumps(read_value(event_data, "event data"))
        await hub.raise_event(instance_id, event_name, data_text)
        target.tell(
            hub, f"Raised event '{event_name}' to instance '{instance_id}'.", id=instance_id, eventName=event_name
        )

    target.run(action)


def _steer(target: Target, verb: str, instance_id: str, reason: str, is_done: Callable[[str], bool]) -> None:
    """Tell an instance something and wait until its status shows it, where a host runs it."""

    async def action(hub: HubClient) -> None:
        await hub.tell(verb, instance_id, reason)
        status, done = await hub.wait_for(instance_id, is_done, seconds=WAIT_SECONDS if hub.is_live else 0.0)
        if hub.is_live and not done:
            raise CommandFailed(
                f"Instance '{instance_id}' was told to {verb} and is still {status} after {WAIT_SECONDS:.0f} s. "
                f"Look again with: funchost durable get-runtime-status --id {instance_id}"
            )
        told = f"Told instance '{instance_id}' to {verb}; it is {status}."
        target.tell(hub, told, id=instance_id, runtimeStatus=status)

    target.run(action)


@durable.command()
@hub_options
@instance_option
@reason_option
def terminate(target: Target, instance_id: str, reason: str) -> None:
    """End an instance, whatever it does.

    Sub-orchestrations and activities that it started go on.

    Example: funchost durable terminate --id order-17 --reason "no longer needed"
    """
    _steer(target, "terminate", instance_id, reason, lambda status: RuntimeStatus(status).is_terminal)


@durable.command()
@hub_options
@instance_option
@reason_option
def suspend(target: Target, instance_id: str, reason: str) -> None:
    """Have an instance stand still until it is resumed.

    Example: funchost durable suspend --id order-17
    """
    stopped = {RuntimeStatus.SUSPENDED, *TERMINAL}
    _steer(target, "suspend", instance_id, reason, lambda status: RuntimeStatus(status) in stopped)


@durable.command()
@hub_options
@instance_option
@reason_option
def resume(target: Target, instance_id: str, reason: str) -> None:
    """Have a suspended instance go on.

    Example: funchost durable resume --id order-17
    """
    _steer(target, "resume", instance_id, reason, lambda status: status != RuntimeStatus.SUSPENDED.value)


@durable.command()
@hub_options
@instance_option
@reason_option
def rewind(target: Target, instance_id: str, reason: str) -> None:
    """Have a failed instance retry what failed.

    Example: funchost durable rewind --id order-17 --reason "the server is back"
    """
    _steer(target, "rewind", instance_id, reason, lambda status: True)


@durable.command()
@hub_options
@instance_option
@click.option("--keep-id", is_flag=True, help="Under the same id, whose instance must have finished.")
def restart(target: Target, instance_id: str, keep_id: bool) -> None:
    """Start an orchestrator again with the same input.

    Example: funchost durable restart --id order-17
    """

    async def action(hub: HubClient) -> None:
        started = await hub.restart(instance_id, with_new_id=not keep_id)
        told = f"Restarted instance '{instance_id}'. Instance ID: '{started}'."
        target.tell(hub, told, id=started, restartedFrom=instance_id)

    target.run(action)


@durable.command("purge-history")
@hub_options
@click.option("--id", "instance_id", metavar="ID", help="Only this instance.")
@after_option
@before_option
@status_option(status for status in RuntimeStatus if status in TERMINAL)
def purge_history(
    target: Target,
    instance_id: str | None,
    created_after: str | None,
    created_before: str | None,
    runtime_status: str | None,
) -> None:
    """Delete finished instances and their histories.

    Unfinished instances stay, whatever the conditions say.

    Example: funchost durable purge-history --created-before 2026-01-01 --runtime-status completed
    """
    if instance_id is not None and (created_after or created_before or runtime_status):
        raise click.UsageError("--id names one instance: leave the other conditions out.")

    async def action(hub: HubClient) -> None:
        if instance_id is not None:
            count = await hub.purge(instance_id)
        else:
            count = await hub.purge_many(
                {
                    "createdTimeFrom": created_after or "0001-01-01T00:00:00Z",
                    "createdTimeTo": created_before,
                    "runtimeStatus": runtime_status,
                }
            )
        if target.as_json:
            target.print_json({"instancesDeleted": count, "taskHub": hub.task_hub})
        else:
            click.secho(f"Instances deleted: {count}", fg="green")

    target.run(action)


@durable.command("delete-task-hub")
@hub_options
def delete_task_hub(target: Target) -> None:
    """Delete a task hub.

    Every instance, entity and message in it is lost. Its host must not be running.

    Example: funchost durable delete-task-hub --task-hub-name TestHubName
    """
    from funchost.clock import SystemClock
    from funchost.commands.hub_place import live_url
    from funchost.store.deletion import delete_hub

    def delete() -> None:
        place = target.place()
        if (url := live_url(place)) is not None:
            raise CommandFailed(
                f"The task hub '{place.task_hub}' is open in the host at {url}. Stop that host first (Ctrl-C where "
                "it runs), then delete the hub."
            )
        if not delete_hub(place.database, since=SystemClock().now()):
            raise CommandFailed(
                f"There is no task hub '{place.task_hub}' in {place.state}. If it is elsewhere, say where with "
                "--state and --task-hub-name."
            )
        if target.as_json:
            target.print_json({"taskHub": place.task_hub, "deleted": True})
        else:
            click.secho(f"Task hub '{place.task_hub}' successfully deleted.", fg="green")

    with_errors_shown(delete)
