"""What ``funchost durable`` prints for people. With ``--json`` none of this is used."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from rich.box import SIMPLE
from rich.console import Console
from rich.table import Table
from rich.text import Text

STYLES = {
    "Completed": "green",
    "Failed": "red",
    "Terminated": "yellow",
    "Canceled": "yellow",
    "Suspended": "magenta",
    "Running": "cyan",
    "Pending": "cyan",
}
LONGEST_VALUE = 120
PIPED_WIDTH = 200
"""Characters in a line where nobody looks at a terminal: rows stay whole for ``grep``."""

STATUS_FIELDS = (
    ("Instance", "instanceId"),
    ("Orchestrator", "name"),
    ("Status", "runtimeStatus"),
    ("Created", "createdTime"),
    ("Last updated", "lastUpdatedTime"),
    ("Custom status", "customStatus"),
)
EVENT_DETAILS = ("Result", "Reason", "Input", "FireAt", "InstanceId", "OrchestrationStatus")


def terminal() -> Console:
    """Standard output; texts of users are shown as they are, never read as markup."""
    console = Console(markup=False, highlight=False, emoji=False)
    if not console.is_terminal:
        console = Console(markup=False, highlight=False, emoji=False, width=PIPED_WIDTH)
    return console


def show_instances(instances: Sequence[Mapping[str, Any]]) -> None:
    """One row an instance."""
    if not instances:
        terminal().print("No instances.")
        return
    table = Table(box=SIMPLE, pad_edge=False)
    for heading in ("Instance", "Orchestrator", "Status", "Created", "Last updated"):
        table.add_column(heading, overflow="fold")
    for instance in instances:
        table.add_row(
            Text(str(instance["instanceId"])),
            Text(str(instance["name"])),
            _status(instance["runtimeStatus"]),
            Text(str(instance["createdTime"])),
            Text(str(instance["lastUpdatedTime"])),
        )
    terminal().print(table)


def show_status(status: Mapping[str, Any], *, with_input: bool, with_output: bool) -> None:
    """One row a field; input and output whole."""
    table = Table(box=None, show_header=False, pad_edge=False)
    table.add_column(style="bold")
    table.add_column(overflow="fold")
    shown = [*STATUS_FIELDS]
    if with_input:
        shown.append(("Input", "input"))
    if with_output:
        shown.append(("Output", "output"))
    for heading, key in shown:
        value = status.get(key)
        table.add_row(heading, _status(value) if key == "runtimeStatus" else Text(_text(value)))
    terminal().print(table)


def show_history(events: Sequence[Mapping[str, Any]]) -> None:
    """One row an event, long values cut."""
    if not events:
        terminal().print("No history yet: the instance has not begun to run.")
        return
    table = Table(box=SIMPLE, pad_edge=False)
    for heading in ("Time", "Event", "Name", "Detail"):
        table.add_column(heading, overflow="fold")
    for event in events:
        name = event.get("FunctionName") or event.get("Name") or ""
        details = [f"{key}: {_text(event[key])}" for key in EVENT_DETAILS if event.get(key) is not None]
        table.add_row(
            Text(str(event["Timestamp"])),
            Text(str(event["EventType"])),
            Text(str(name)),
            Text("\n".join(_cut(detail) for detail in details)),
        )
    terminal().print(table)


def _status(value: object) -> Text:
    return Text(str(value), style=STYLES.get(str(value), ""))


def _text(value: object) -> str:
    return value if isinstance(value, str) else "" if value is None else json.dumps(value, ensure_ascii=False)


def _cut(text: str) -> str:
    return text if len(text) <= LONGEST_VALUE else f"{text[: LONGEST_VALUE - 1]}…"
