"""Repairs of single calls: only those after which the code means the same, but for being deterministic."""

from __future__ import annotations

import ast

from funchost.lint.body import Body
from funchost.lint.finding import Fix
from funchost.lint.project import External

_UTC = frozenset({"datetime.timezone.utc", "datetime.UTC", "pytz.utc", "pytz.UTC"})


def repair_call(body: Body, code: str, node: ast.expr) -> Fix | None:
    """The repair of a call that breaks DF001, DF002 or DF009; None where only the author can know it."""
    if not isinstance(node, ast.Call) or (context := body.context_name(node)) is None:
        return None
    match code, body.external(node.func):
        case "DF001", str(dotted):
            return _clock(body, node, dotted, context)
        case "DF002", "uuid.uuid4" if not node.args:
            outer = body.parent(node)
            is_alone = isinstance(outer, ast.Call) and outer.args == [node] and not outer.keywords
            if is_alone and isinstance(outer, ast.Call) and body.external(outer.func) == "builtins.str":
                return Fix(f"use {context}.new_uuid()", (body.replace(outer, f"{context}.new_uuid()"),))
            return Fix(f"use {context}.new_guid()", (body.replace(node, f"{context}.new_guid()"),))
        case "DF009", "time.sleep":
            return _sleep(body, node, context)
    return None


def _clock(body: Body, node: ast.Call, dotted: str, context: str) -> Fix | None:
    now = f"{context}.current_utc_datetime"
    arguments = [*node.args, *(keyword.value for keyword in node.keywords)]
    match dotted:
        case "datetime.datetime.now" if len(arguments) == 1 and _is_utc(body, arguments[0]):
            text = now
        case "datetime.datetime.utcnow" if not arguments:
            text = f"{now}.replace(tzinfo=None)"
        case "time.time" if not arguments:
            text = f"{now}.timestamp()"
        case _:
            return None
    return Fix(f"use {now}", (body.replace(node, text),))


def _is_utc(body: Body, zone: ast.expr) -> bool:
    match zone:
        case ast.Call(args=[ast.Constant(value="UTC" | "Etc/UTC")], keywords=[]):
            return body.external(zone.func) == "zoneinfo.ZoneInfo"
    return body.external(zone) in _UTC


def _sleep(body: Body, node: ast.Call, context: str) -> Fix | None:
    """A durable timer in place of ``time.sleep(n)``, where ``n`` is a number and ``timedelta`` is imported."""
    stands_alone = isinstance(body.parent(node), ast.Expr)
    here = body.scope(node)
    if not (stands_alone and may_yield(body) and here is body.function.scope and len(node.args) == 1):
        return None
    imported = here.find("timedelta")
    if imported is None or body.resolver.member(External("datetime"), "timedelta") != _named(
        body, node, "timedelta"
    ):
        return None
    seconds = body.code(node.args[0])
    text = f"yield {context}.create_timer({context}.current_utc_datetime + timedelta(seconds={seconds}))"
    return Fix("use a durable timer", (body.replace(node, text),))


def _named(body: Body, node: ast.expr, name: str) -> object:
    """What a name would refer to if it stood where a node stands."""
    probe = ast.Name(id=name, ctx=ast.Load())
    body.module.scopes.of[probe] = body.scope(node)
    try:
        return body.resolve(probe)
    finally:
        del body.module.scopes.of[probe]


def may_yield(body: Body) -> bool:
    """Whether a ``yield`` can be put into the body without changing what a call of it gives."""
    is_sync_def = isinstance(body.function.node, ast.FunctionDef)
    agent = body.reached.orchestrator.is_agent
    return (
        is_sync_def
        and not agent
        and (body.reached.is_orchestrator or (body.reached.is_driven and body.function.yields))
    )
