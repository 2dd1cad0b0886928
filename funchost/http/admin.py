"""The host's own routes below ``/admin``: what runners poll and scripts call. No key is needed locally.

Source: Azure/azure-functions-host ``HostController.cs``, ``FunctionsController.cs``, ``HostStatus.cs`` and
``FunctionMetadataResponse.cs``.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from starlette.background import BackgroundTask
from starlette.requests import Request
from starlette.responses import Response

from funchost.app.index import TRIGGERS_RUN, AppIndex, FunctionInfo
from funchost.clock import Clock
from funchost.dispatch.invoker import Invoker
from funchost.http.bodies import BodyUnreadable, decode_text, parse_json, read_body
from funchost.http.client_payload import ManagementAddress
from funchost.http.functions import CALLED_BY_HOST, client_inputs
from funchost.http.replies import empty, error, json_value
from funchost.http.routing import HTTP_TRIGGER, RouteTable, url_template
from funchost.worker.contract import WorkerLost

TIMER_INFO = '{"Schedule":{"AdjustForDST":true},"ScheduleStatus":null,"IsPastDue":false}'
"""What a timer function is handed when it is called by hand and its schedule is not known."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HostStatus:
    """What ``/admin/host/status`` tells. ``version`` is that of the Functions runtime whose behaviour is followed.

    ``state`` is ``Running`` or, with ``errors``, ``Error``. ``extension_bundle`` is id and version.
    """

    host_id: str
    version: str
    instance_id: str
    computer_name: str
    started_at: datetime
    state: str = "Running"
    errors: tuple[str, ...] = ()
    extension_bundle: tuple[str, str] | None = None

    def encode(self, now: datetime) -> dict[str, Any]:
        """The status object; members without a value are left out, as the real host does."""
        status: dict[str, Any] = {
            "id": self.host_id,
            "state": self.state,
            "version": self.version,
            "versionDetails": self.version,
            "instanceId": self.instance_id,
            "computerName": self.computer_name,
        }
        if self.errors:
            status["errors"] = list(self.errors)
        status["processUptime"] = max(0, int((now - self.started_at).total_seconds() * 1000))
        if self.extension_bundle:
            bundle_id, version = self.extension_bundle
            status["extensionBundle"] = {"id": bundle_id, "version": version}
        return status


@dataclass(frozen=True, slots=True, kw_only=True)
class AdminApi:
    """Answers below ``/admin``. ``public_url`` is ``http://localhost:7071``.

    ``timer_info`` gives the trigger value for a timer function by name.
    """

    index: AppIndex
    table: RouteTable
    route_prefix: str
    public_url: str
    address: ManagementAddress
    invoker: Invoker
    clock: Clock
    status: HostStatus
    max_body_bytes: int
    timer_info: Callable[[str], str] = lambda name: TIMER_INFO

    async def answer(self, request: Request, segments: list[str]) -> Response:
        """The answer for a path below ``/admin``. Raises ``BodyTooLarge``."""
        words = [segment.lower() for segment in segments]
        match (request.method, words):
            case ("GET" | "HEAD", ["host", "status"]):
                return json_value(self.status.encode(self.clock.now()))
            case ("GET" | "HEAD" | "POST", ["host", "ping"]):
                return empty(200)
            case ("GET" | "HEAD", ["functions"]):
                return json_value([self._describe(function) for function in self.index.functions])
            case (_, ["functions", name, *rest]) if function := self._find(name):
                return await self._function(request, function, rest)
            case ("GET" | "HEAD", ["functions", name, "status"]) if errors := self._errors(name):
                return json_value({"errors": errors})
            case _:
                return empty(404)

    async def _function(self, request: Request, function: FunctionInfo, rest: list[str]) -> Response:
        match (request.method, rest):
            case ("GET" | "HEAD", []):
                return json_value(self._describe(function))
            case ("GET" | "HEAD", ["status"]):
                errors = self._errors(function.name)
                return json_value({"errors": errors} if errors else {})
            case ("POST", []):
                return await self._run(request, function)
            case _:
                return empty(404)

    def _find(self, name: str) -> FunctionInfo | None:
        return next((f for f in self.index.functions if f.name.lower() == name.lower()), None)

    def _errors(self, name: str) -> list[str]:
        problems = dict.fromkeys((*self.index.problems, *self.table.problems))  # a host may list them in both
        return [p.message for p in problems if (p.function_name or "").lower() == name.lower()]

    async def _run(self, request: Request, function: FunctionInfo) -> Response:
        """Start a function by hand, with ``{"input": …}`` as its trigger's value; 202 before it has run."""
        if refusal := _why_not_by_hand(function):
            return error(400, refusal)
        try:
            body = parse_json(decode_text(await read_body(request, self.max_body_bytes), request))
        except BodyUnreadable as problem:
            return error(400, f'The body must be JSON such as {{"input": "text"}}. {problem}')
        if not isinstance(body, dict):
            return error(400, 'The body must be a JSON object such as {"input": "text"}.')
        given = body.get("input")
        text = given if isinstance(given, str) else "" if given is None else json.dumps(given)
        trigger = self.timer_info(function.name) if function.trigger.type == "timerTrigger" else text

        async def run() -> None:
            try:
                await self.invoker.invoke(
                    function.name,
                    trigger,
                    reason=CALLED_BY_HOST,
                    inputs=client_inputs(self.address, function),
                )
            except WorkerLost:  # the invoker has reported it, and nobody waits for this call
                return

        return Response(status_code=202, background=BackgroundTask(run))

    def _describe(self, function: FunctionInfo) -> dict[str, Any]:
        name = function.name
        bindings = [
            {"name": b.name, "type": b.type, "direction": b.direction, **b.properties} for b in function.bindings
        ]
        is_http = function.trigger.type == HTTP_TRIGGER
        url = url_template(function, self.route_prefix, self.public_url) if is_http else None
        files = f"{self.public_url}/admin/vfs/{name}"
        return {
            "name": name,
            "script_root_path_href": f"{files}/",
            "script_href": f"{self.public_url}/admin/vfs/{function.script_file}",
            "config_href": f"{files}/function.json",
            "test_data_href": None,
            "href": f"{self.public_url}/admin/functions/{name}",
            "invoke_url_template": url.lower() if url else None,
            "language": "python",
            "config": {
                "name": name,
                "entryPoint": function.entry_point,
                "scriptFile": function.script_file,
                "language": "python",
                "bindings": bindings,
            },
            "files": None,
            "test_data": None,
            "isDisabled": function.disabled,
            "isDirect": is_http,
            "isProxy": False,
        }


def _why_not_by_hand(function: FunctionInfo) -> str | None:
    """Why a function cannot be started through ``POST /admin/functions/{name}``; None where it can."""
    match function.trigger.type:
        case "httpTrigger":
            return f"'{function.name}' is an HTTP function: send a request to its URL."
        case "orchestrationTrigger":
            return (
                f"'{function.name}' is an orchestrator: start it with POST "
                f"/runtime/webhooks/durabletask/orchestrators/{function.durable_name}."
            )
        case "entityTrigger":
            return (
                f"'{function.name}' is an entity: signal it with POST "
                f"/runtime/webhooks/durabletask/entities/{function.durable_name}/KEY?op=OPERATION."
            )
        case kind if kind not in TRIGGERS_RUN:
            return f"'{function.name}' has a {kind}, which funchost does not run."
        case _:
            return None
