"""Asks a task hub over the Durable HTTP API, and says what went wrong in terms of the command line.

A running host is asked over the network. A hub that no host has open is asked through the same API within this
process, over the store itself: so both answer alike.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from typing import Any
from urllib.parse import quote

import httpx
from starlette.requests import Request
from starlette.types import Receive, Scope, Send

from funchost.clock import SystemClock
from funchost.commands.hub_place import HubPlace, live_url
from funchost.dispatch.resting import RestingHub
from funchost.errors import CommandFailed, StoreError, TaskHubLocked
from funchost.host import hub_settings
from funchost.http.application import WEBHOOK_PATH
from funchost.http.management import ManagementApi
from funchost.http.paths import management_segments, raw_path
from funchost.ids import RandomIds
from funchost.store.sqlite import SqliteStore
from funchost.wire.management import decode_error

REQUEST_SECONDS = 60.0
FIRST_POLL_SECONDS, LONGEST_POLL_SECONDS = 0.02, 0.5
FINISHED = frozenset({"Completed", "Failed", "Terminated", "Canceled"})


class HubClient:
    """One task hub. ``is_live``: a host runs it now; else what is accepted waits for the next host."""

    def __init__(self, http: httpx.AsyncClient, *, task_hub: str, is_live: bool) -> None:
        self._http = http
        self.task_hub = task_hub
        self.is_live = is_live

    async def start(
        self, name: str, *, instance_id: str | None, input_text: str | None, version: str | None
    ) -> str:
        """Start an orchestration with the JSON text of its input; returns the instance's id."""
        path = _path("orchestrators", name, *([] if instance_id is None else [instance_id]))
        answer = await self._ask(
            "POST", path, params={"version": version}, content=input_text, instance_id=instance_id
        )
        return str(answer.json()["id"])

    async def instance(self, instance_id: str, **params: str) -> dict[str, Any]:
        """The status object; ``params`` are the query parameters of the route."""
        answer = await self._ask("GET", _path("instances", instance_id), params=params, instance_id=instance_id)
        return dict(answer.json())

    async def instances(
        self, params: Mapping[str, str | None], *, continuation_token: str | None
    ) -> tuple[list[dict[str, Any]], str | None]:
        """A page of status objects and the token of the next page, None on the last."""
        headers = {} if continuation_token is None else {"x-ms-continuation-token": continuation_token}
        answer = await self._ask("GET", "/instances", params=params, headers=headers)
        return list(answer.json()), answer.headers.get("x-ms-continuation-token") or None

    async def raise_event(self, instance_id: str, name: str, data_text: str | None) -> None:
        """Leave an external event with the JSON text of its data."""
        path = _path("instances", instance_id, "raiseEvent", name)
        await self._ask("POST", path, content=data_text, instance_id=instance_id)

    async def tell(self, verb: str, instance_id: str, reason: str) -> None:
        """``terminate``, ``suspend``, ``resume`` or ``rewind``."""
        path = _path("instances", instance_id, verb)
        await self._ask("POST", path, params={"reason": reason}, instance_id=instance_id)

    async def restart(self, instance_id: str, *, with_new_id: bool) -> str:
        """Start the instance's orchestrator again with the same input; returns the new instance's id."""
        await self.instance(instance_id, showInput="false")  # the route says 400 for what is not there
        answer = await self._ask(
            "POST",
            _path("instances", instance_id, "restart"),
            params={"restartWithNewInstanceId": str(with_new_id).lower()},
            instance_id=instance_id,
        )
        return str(answer.json()["id"])

    async def purge(self, instance_id: str) -> int:
        answer = await self._ask("DELETE", _path("instances", instance_id), instance_id=instance_id)
        return int(answer.json()["instancesDeleted"])

    async def purge_many(self, params: Mapping[str, str | None]) -> int:
        """How many finished instances were deleted; ``createdTimeFrom`` must be among the parameters."""
        answer = await self._send("DELETE", "/instances", params=params)
        if answer.status_code == 404:  # the route's way to say: none
            return 0
        self._check(answer, None)
        return int(answer.json()["instancesDeleted"])

    async def wait_for(
        self, instance_id: str, condition: Callable[[str], bool], *, seconds: float
    ) -> tuple[str, bool]:
        """Wait until the runtime status is as wanted; returns the last status, and whether it is."""
        loop = asyncio.get_running_loop()
        deadline, pause = loop.time() + seconds, FIRST_POLL_SECONDS
        while True:
            status = str((await self.instance(instance_id, showInput="false"))["runtimeStatus"])
            if condition(status) or loop.time() > deadline:
                return status, condition(status)
            await asyncio.sleep(pause)
            pause = min(pause * 1.5, LONGEST_POLL_SECONDS)

    # -- Helpers --------------------------------------------------------------------------------------------

    async def _ask(
        self, method: str, path: str, *, instance_id: str | None = None, **request: Any
    ) -> httpx.Response:
        answer = await self._send(method, path, **request)
        self._check(answer, instance_id)
        return answer

    async def _send(
        self, method: str, path: str, *, params: Mapping[str, str | None] | None = None, **request: Any
    ) -> httpx.Response:
        given = {name: value for name, value in (params or {}).items() if value is not None}
        headers = {"Content-Type": "application/json", **request.pop("headers", {})}
        try:
            return await self._http.request(
                method, WEBHOOK_PATH + path, params={"taskHub": self.task_hub, **given}, headers=headers, **request
            )
        except httpx.HTTPError as error:
            raise CommandFailed(
                f"The host at {self._http.base_url} stopped answering ({error or type(error).__name__}). Look at "
                "its log, and try again."
            ) from error

    def _check(self, answer: httpx.Response, instance_id: str | None) -> None:
        if answer.is_success:
            return
        said = _said(answer)
        listing = f"funchost durable get-instances --task-hub-name {self.task_hub}"
        if answer.status_code == 404 and instance_id is not None:
            raise CommandFailed(
                f"There is no instance '{instance_id}' in task hub '{self.task_hub}'. See what there is: {listing}"
            )
        if answer.status_code == 410:
            raise CommandFailed(
                f"Instance '{instance_id}' has finished and takes nothing more. See how it ended: funchost durable "
                f"get-runtime-status --id {instance_id} --show-output"
            )
        if answer.status_code == 409:
            raise CommandFailed(
                f"Instance '{instance_id}': {said} Take another id, or end that one first: funchost durable "
                f"terminate --id {instance_id}"
            )
        raise CommandFailed(said or f"The host answered {answer.status_code} and did not say why; look at its log.")


@asynccontextmanager
async def open_hub(place: HubPlace, *, create: bool = False) -> AsyncIterator[HubClient]:
    """The hub, through the host that has it open, else out of its file.

    With ``create``, a hub that is not there yet is made. Raises CommandFailed where it is not there, or where a
    host has it open that does not answer; StoreError where it cannot be used.
    """
    if (url := live_url(place)) is not None:
        async with httpx.AsyncClient(base_url=url, timeout=REQUEST_SECONDS, trust_env=False) as http:
            yield HubClient(http, task_hub=place.task_hub, is_live=True)
        return
    if not create and not place.database.is_file():
        raise CommandFailed(
            f"There is no task hub '{place.task_hub}' in {place.state}. It is made when the app first runs: "
            "funchost start. If it is elsewhere, say where with --state and --task-hub-name."
        )
    failures: list[BaseException] = []
    store = SqliteStore(place.database, hub_name=place.task_hub)
    try:
        await store.open()
    except TaskHubLocked as error:
        raise CommandFailed(
            f"The task hub in {place.database} is open in a host ({error.owner}) that cannot be reached: it is "
            "starting, or hangs, or another command is at it. Try again once it has started, or stop it first."
        ) from error
    hub = RestingHub(
        place.task_hub,
        store=store,
        clock=SystemClock(),
        ids=RandomIds(),
        settings=hub_settings(place.host),
        on_failure=failures.append,
    )
    try:
        await hub.open()
        transport = httpx.ASGITransport(_Management(hub, failures))
        async with httpx.AsyncClient(base_url="http://localhost", transport=transport) as http:
            yield HubClient(http, task_hub=place.task_hub, is_live=False)
    finally:
        await hub.close()
        await store.close()


class _Management:
    """The management API over a hub in this process, as an ASGI application."""

    def __init__(self, hub: RestingHub, failures: list[BaseException]) -> None:
        self._failures = failures
        self._api = ManagementApi(
            hub=hub,
            clock=SystemClock(),
            links=lambda request: ("", ""),
            for_sdk=False,
            max_body_bytes=None,
            on_error=failures.append,
        )

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        below = raw_path(scope).removeprefix(WEBHOOK_PATH)
        response = await self._api.answer(Request(scope, receive), management_segments(below))
        for failure in self._failures:
            raise failure if isinstance(failure, StoreError) else CommandFailed(str(failure)) from failure
        await response(scope, receive, send)


def _path(*parts: str) -> str:
    """Parts of a path, each encoded. Raises CommandFailed for one that cannot stand in a path."""
    for part in parts:
        if not part or "/" in part:
            raise CommandFailed(f"'{part}' is no name or id: it should not be empty, nor contain a slash.")
    return "".join(f"/{quote(part, safe='', errors='replace')}" for part in parts)


def _said(answer: httpx.Response) -> str:
    try:
        return decode_error(json.loads(answer.content)) if answer.content else ""
    except ValueError:
        return answer.text
