"""What a body calls or reads outside the app: clocks, chance, I/O, surroundings, sleep, threads, clients, logs."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from funchost.lint.body import Body
from funchost.lint.effects import effect_of, shown
from funchost.lint.finding import Finding
from funchost.lint.orchestrators import trigger_of
from funchost.lint.project import Function
from funchost.lint.repairs import repair_call

_ADVICE = {
    "DF001": "use context.current_utc_datetime",
    "DF002": "use context.new_uuid(), or an activity",
    "DF003": "do it in an activity",
    "DF008": "pass it as input, or read it in an activity",
    "DF009": "yield context.create_timer(...)",
    "DF010": "start tasks, and yield context.task_all(...)",
    "DF014": "use the context, or an activity that takes the client",
    "DF018": "use hashlib, or a key of your own",
}
_VERB = {
    "DF001": "reads the clock",
    "DF002": "is random",
    "DF003": "does I/O",
    "DF008": "depends on the machine",
    "DF009": "blocks the worker",
    "DF010": "runs beside the orchestrator",
    "DF014": "calls the host over HTTP",
    "DF018": "differs from process to process",
}
_LOG_METHODS = frozenset({"debug", "info", "warning", "warn", "error", "critical", "exception", "log"})


def check_effects(body: Body) -> Iterator[Finding]:
    """DF001, DF002, DF003, DF008, DF009, DF010, DF014, DF018."""
    for node in body.nodes:
        match node:
            case ast.Call():
                dotted = body.external(node.func)
                code = effect_of(dotted, len(node.args) + len(node.keywords)) if dotted else None
                if dotted is None or code is None or _reported_inside(body, node.func):
                    continue
                yield _finding(body, code, node, f"{shown(dotted)}()")
            case ast.Attribute(ctx=ast.Load()) | ast.Name(ctx=ast.Load()):
                if body.external(node) in ("os.environ", "os.environb", "sys.argv"):
                    yield _finding(body, "DF008", node, body.external(node) or "")


def check_activity_calls(body: Body) -> Iterator[Finding]:
    """DF015."""
    for node in body.nodes:
        if isinstance(node, ast.Call):
            called = body.resolve(node.func)
            if isinstance(called, Function) and trigger_of(body.resolver, called) == "activityTrigger":
                yield body.finding(
                    "DF015",
                    node,
                    f"{called.name}() is an activity, and is called directly in orchestrator "
                    f"'{body.orchestrator}': "
                    f'yield context.call_activity("{called.name}", ...)',
                )


def check_logs(body: Body) -> Iterator[Finding]:
    """DF019."""
    for node in body.nodes:
        if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Attribute):
            continue
        dotted = body.external(node.func)
        is_log = dotted is not None and (
            dotted.startswith(("logging.getLogger().", "logging.Logger()."))
            or (dotted.startswith("logging.") and dotted.count(".") == 1)
        )
        if is_log and node.func.attr in _LOG_METHODS and not _is_guarded(body, node):
            yield body.finding(
                "DF019",
                node,
                f"{body.code(node.func)}() logs at every replay in orchestrator '{body.orchestrator}': "
                f"put it under "
                "'if not context.is_replaying'",
            )


def _finding(body: Body, code: str, node: ast.expr, what: str) -> Finding:
    return body.finding(
        code,
        node,
        f"{what} {_VERB[code]} in orchestrator '{body.orchestrator}': {_ADVICE[code]}",
        fix=repair_call(body, code, node),
    )


def _reported_inside(body: Body, function: ast.expr) -> bool:
    """Whether the call is a method of what is reported already: ``open(x).read()``, ``os.environ.get``."""
    while isinstance(function, ast.Attribute):
        function = function.value
        if isinstance(function, ast.Call):
            dotted = body.external(function.func)
            if dotted and effect_of(dotted, len(function.args) + len(function.keywords)):
                return True
            function = function.func
        elif body.external(function) == "os.environ":
            return True
    return False


def _is_guarded(body: Body, call: ast.Call) -> bool:
    """Whether a line is reached only when nothing is replayed."""
    node: ast.AST = call
    while node is not body.function.node:
        parent = body.parent(node)
        if isinstance(parent, ast.If):
            if any(node is statement for statement in parent.body) and _says_replaying(parent.test) is False:
                return True
            if any(node is statement for statement in parent.orelse) and _says_replaying(parent.test) is True:
                return True
        for statements in (getattr(parent, "body", []), getattr(parent, "orelse", [])):
            if isinstance(statements, list) and node in statements:
                before = statements[: statements.index(node)]
                if any(_leaves_when_replaying(statement) for statement in before):
                    return True
        node = parent
    return False


def _says_replaying(test: ast.expr) -> bool | None:
    """True for a test that holds only while replaying, False for one that holds only when not."""
    match test:
        case ast.Attribute(attr="is_replaying"):
            return True
        case ast.UnaryOp(op=ast.Not(), operand=operand):
            said = _says_replaying(operand)
            return None if said is None else not said
        case ast.Compare(left=left, ops=[ast.Is() | ast.Eq()], comparators=[ast.Constant(value=bool(wanted))]):
            said = _says_replaying(left)
            return None if said is None else said is wanted
        case ast.BoolOp(op=ast.And(), values=values):
            return False if any(_says_replaying(value) is False for value in values) else None
    return None


def _leaves_when_replaying(statement: ast.stmt) -> bool:
    return (
        isinstance(statement, ast.If)
        and _says_replaying(statement.test) is True
        and isinstance(statement.body[-1], (ast.Return, ast.Raise, ast.Continue))
    )
