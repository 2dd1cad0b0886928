"""Which task hub a command is about, and whether a host has it open."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import httpx

from funchost.app.host_settings import HUB_NAME, HostSettings
from funchost.app.settings import load_settings
from funchost.errors import CommandFailed, StartError
from funchost.host import STATE_FOLDER
from funchost.running import read_word, running_file

ANSWER_SECONDS = 5.0
"""How long a host that left word of itself may take to say that it is the one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HubPlace:
    """A task hub by name in a state folder. ``host``: what ``host.json`` says, else the defaults."""

    state: Path
    task_hub: str
    host: HostSettings

    @property
    def database(self) -> Path:
        return self.state / f"{self.task_hub}.db"


def find_place(
    *, script_root: Path, state: Path | None, task_hub: str | None, environ: Mapping[str, str]
) -> HubPlace:
    """The hub of the app at or above ``script_root``; with both ``state`` and ``task_hub``, no app is needed.

    Raises StartError where there is no app or its settings cannot be read, CommandFailed for a name that is none.
    """
    host, root = HostSettings(), script_root
    try:
        settings = load_settings(script_root, environ)
        host, root = settings.host, settings.root
    except StartError:
        if state is None or task_hub is None:
            raise
    name = task_hub or host.hub_name
    if not HUB_NAME.fullmatch(name):
        raise CommandFailed(
            f"'{name}' cannot be the name of a task hub: it should start with a letter and have letters and "
            "digits only. Without --task-hub-name, the name in host.json is taken."
        )
    return HubPlace(state=state or root / STATE_FOLDER, task_hub=name, host=host)


def live_url(place: HubPlace) -> str | None:
    """Where the host that has the hub open answers; None where none does.

    A host that was killed leaves its word behind, and another may answer at its address since: so who answers must
    be the one that left the word.
    """
    said = read_word(running_file(place.state, place.task_hub))
    if said is None or "url" not in said or "instanceId" not in said:
        return None
    url, instance_id = str(said["url"]), str(said["instanceId"])
    url = url.replace("//localhost:", "//127.0.0.1:")  # listened on by default, and never looked up
    try:
        status = httpx.get(f"{url}/admin/host/status", timeout=ANSWER_SECONDS, trust_env=False).json()
        return url if status["instanceId"] == instance_id else None
    except (httpx.HTTPError, ValueError, KeyError, TypeError):
        return None
