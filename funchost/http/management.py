"""The Durable HTTP API: which handler answers which path, and what an error looks like to a client.

The same handlers serve two listeners. On the public one, below ``/runtime/webhooks/durabletask``, bodies are the
user's own JSON. On the RPC listener, below ``/durabletask``, SDK 1.x posts JSON text as a JSON string. Both are
kept as they came; reading them is the business of ``funchost.wire``.

Where extension 2.x and 3.x differ we follow 3.x, and the SDK's client where 3.x breaks it; each such place says
so. Nothing here answers 405: what does not fit is 404 with an empty body.

Source: Azure/azure-functions-durable-extension ``HttpApiHandler.cs``, ``HandleRequestAsync``.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import Response

from funchost.clock import Clock
from funchost.dispatch.taskhub import TaskHub
from funchost.errors import DurableError, FunctionNotFound
from funchost.http import management_entities as entities
from funchost.http import management_instances as instances
from funchost.http.bodies import BodyTooLarge, BodyUnreadable
from funchost.http.management_call import Call
from funchost.http.query import Query
from funchost.http.replies import empty, error

INVALID_ARGUMENT = "One or more of the arguments submitted is incorrect"
SOMETHING_WENT_WRONG = "Something went wrong while processing your request"
ROUTED_METHODS = frozenset(["GET", "POST", "PUT", "DELETE", "OPTIONS"])


@dataclass(frozen=True, slots=True, kw_only=True)
class ManagementApi:
    """The handlers, for one listener.

    ``links`` gives base URL and query text of the management URLs in answers to a request. ``for_sdk`` marks
    the RPC listener. ``max_body_bytes`` None is no limit. ``on_error`` takes what must not happen.
    """

    hub: TaskHub
    clock: Clock
    links: Callable[[Request], tuple[str, str]]
    for_sdk: bool
    max_body_bytes: int | None
    on_error: Callable[[BaseException], None]

    async def answer(self, request: Request, segments: list[str]) -> Response:
        """The answer for a path below the base, already decoded and split."""
        call = Call(
            request=request,
            query=Query(request.scope.get("query_string", b"")),
            hub=self.hub,
            clock=self.clock,
            links=self.links,
            for_sdk=self.for_sdk,
            max_body_bytes=self.max_body_bytes,
        )
        if request.method not in ROUTED_METHODS:
            return empty(404)
        if refusal := _other_task_hub(call):
            return refusal
        try:
            return await _route(call, segments)
        except BodyTooLarge:
            return empty(413)
        except BodyUnreadable as problem:
            return error(400, "Invalid JSON content", str(problem), kind="Newtonsoft.Json.JsonReaderException")
        except FunctionNotFound as problem:
            # Extension 3.x accepts an unknown orchestrator with 202 and fails the instance later. 2.x answers
            # 400 at once, and only from that does the SDK's start_new() raise a text that names the mistake.
            return error(400, INVALID_ARGUMENT, str(problem))
        except DurableError as problem:
            return error(500, SOMETHING_WENT_WRONG, str(problem), kind="System.InvalidOperationException")
        except Exception as problem:
            self.on_error(problem)
            return error(500, SOMETHING_WENT_WRONG, str(problem), kind=f"Python.{type(problem).__name__}")


async def _route(call: Call, segments: list[str]) -> Response:
    method = call.request.method
    controller = segments[0].lower() if segments else ""
    rest = segments[1:]
    if "" in rest:
        return empty(404)
    operation = rest[1].lower() if len(rest) > 1 else ""
    match (controller, len(rest), method):
        case ("orchestrators", 1 | 2, "POST"):
            return await instances.start(call, rest[0], rest[1] if len(rest) == 2 else None)
        case ("entities", 0 | 1, "GET"):
            return await entities.list_entities(call, rest[0] if rest else None)
        case ("entities", 2, "GET"):
            return await entities.read(call, rest[0], rest[1])
        case ("entities", 0 | 1 | 2, "POST" | "DELETE"):
            name, key = [*rest, "", ""][:2]
            return await entities.signal(call, name, key)
        case ("instances", 0, "GET"):
            return await instances.list_instances(call)
        case ("instances", 0, "DELETE"):
            return await instances.purge_many(call)
        case ("instances", 1, "GET"):
            return await instances.status(call, rest[0])
        case ("instances", 1, "DELETE"):
            return await instances.purge(call, rest[0])
        case ("instances", 2, "POST") if operation in instances.OPERATIONS:
            return await instances.OPERATIONS[operation](call, rest[0])
        case ("instances", 3, "POST") if operation == "raiseevent":
            return await instances.raise_event(call, rest[0], rest[2])
        case ("makeprimary", 0, _):
            return empty(200)  # there is no app lease to take over: this host alone has the hub
        case _:
            return empty(404)


def _other_task_hub(call: Call) -> Response | None:
    """Refuse a request that names another task hub than the one this host has open.

    The real host opens any hub in its storage. Here that hub may belong to another host, and answering from our
    own instead would show, or change, the wrong instances.
    """
    asked = (call.query.text("taskHub") or "").strip()
    if not asked or asked.lower() == call.hub.name.lower():
        return None
    return error(
        404,
        f"The task hub '{asked}' is not open in this host, which runs the task hub '{call.hub.name}'.",
    )
