"""What becomes of the tasks a body creates, and what it yields."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from funchost.lint.body import Body
from funchost.lint.finding import Edit, Finding, Fix
from funchost.lint.repairs import may_yield
from funchost.lint.scopes import Scope
from funchost.lint.tasks import Tasks, method_of_context

_FILLING = frozenset({"append", "extend", "insert"})


def check_created_tasks(body: Body, tasks: Tasks) -> Iterator[Finding]:
    """DF004."""
    for node in body.nodes:
        if not isinstance(node, ast.Call) or not tasks.is_task(body.module, node):
            continue
        if _is_forgotten(body, node):
            alone = isinstance(body.parent(node), ast.Expr)
            what = (
                f"context.{method}()" if (method := method_of_context(body, node)) else f"{body.code(node.func)}()"
            )
            yield body.finding(
                "DF004",
                node,
                f"the task of {what} is never yielded in orchestrator '{body.orchestrator}', so it is "
                f"never scheduled: "
                f"yield {what.removesuffix('()')}(...)",
                fix=Fix("yield the task", body.wrap_in_yield(node)) if alone and may_yield(body) else None,
            )


def _is_forgotten(body: Body, node: ast.expr) -> bool:
    """Whether the value of an expression certainly goes nowhere."""
    parent = body.parent(node)
    match parent:
        case ast.Expr():
            return True
        case ast.Return():
            # a helper may return a task to be yielded by its caller; the SDK cannot wait for a returned one
            return body.reached.is_orchestrator and not body.reached.orchestrator.is_agent
        case ast.Assign(targets=[ast.Name() as name]) | ast.AnnAssign(target=ast.Name() as name):
            return _never_used(body, name)
        case ast.NamedExpr(target=name):
            return _is_forgotten(body, parent) and _never_used(body, name)
        case ast.List() | ast.Tuple() | ast.Set() | ast.Starred() | ast.IfExp():
            return _is_forgotten(body, parent)
        case ast.ListComp(elt=element) | ast.SetComp(elt=element) if element is node:
            return _is_forgotten(body, parent)
        case ast.Dict():
            return node in parent.values and _is_forgotten(body, parent)
        case ast.DictComp(value=value) if value is node:
            return _is_forgotten(body, parent)
        case ast.Call(func=ast.Attribute(value=ast.Name() as name, attr=attribute)) if (
            node in parent.args and attribute in _FILLING and isinstance(body.parent(parent), ast.Expr)
        ):
            return _is_list_of_ours(body, name) and _never_used(body, name)
        case ast.Subscript():
            return False
        case ast.Call(args=[argument]) if method_of_context(body, parent) is None and argument is node:
            return body.external(parent.func) in ("builtins.list", "builtins.tuple") and _is_forgotten(body, parent)
    return False


def _is_list_of_ours(body: Body, name: ast.Name) -> bool:
    """Whether a name is a local list that begins in this function."""
    values = body.values(name)
    return values is not None and all(
        isinstance(value, (ast.List, ast.ListComp))
        or (isinstance(value, ast.Call) and body.external(value.func) == "builtins.list")
        for value in values
    )


def _never_used(body: Body, name: ast.Name) -> bool:
    """Whether a variable's value is only looked at, never yielded or handed to anybody."""
    owner: Scope | None = body.scope(name).find(name.id)
    if owner is None or owner.function is not body.function.scope:
        return False
    return all(_only_looked_at(body, load) for load in body.loads(name.id, owner))


def _only_looked_at(body: Body, load: ast.Name) -> bool:
    parent = body.parent(load)
    match parent:
        case ast.Attribute(attr=attribute):
            outer = body.parent(parent)
            if attribute in _FILLING and isinstance(outer, ast.Call):
                return isinstance(body.parent(outer), ast.Expr)
            return attribute in ("cancel", "result", "is_completed", "is_cancelled", "state", "id")
        case ast.Call(args=[argument]) if argument is load:
            return body.external(parent.func) in ("builtins.len", "builtins.print", "builtins.bool")
        case ast.Compare() | ast.FormattedValue() | ast.Expr():
            return True
    return False


def check_yields(body: Body, tasks: Tasks) -> Iterator[Finding]:
    """DF016, where what is yielded goes to the SDK."""
    if not body.reached.is_driven:
        return
    for node in body.nodes:
        match node:
            case ast.Yield(value=None):
                if not _is_unreachable(body, node):
                    yield _wrong_yield(body, node, "nothing is yielded")
            case ast.Yield(value=ast.expr() as value):
                if tasks.is_list_of_tasks(body.module, value):
                    fix = _task_all(body, value) if not isinstance(value, ast.GeneratorExp) else None
                    yield _wrong_yield(body, node, "a list of tasks is yielded", "yield context.task_all(...)", fix)
                elif what := _plain_value(value):
                    yield _wrong_yield(body, node, f"{what} is yielded")
            case ast.YieldFrom(value=value):
                if tasks.is_task(body.module, value):
                    yield _wrong_yield(
                        body, node, "'yield from' is used on a task", "use 'yield'", _plain_yield(body, node)
                    )


def _wrong_yield(
    body: Body, node: ast.expr, what: str, advice: str = "yield a task of the context", fix: Fix | None = None
) -> Finding:
    return body.finding(
        "DF016",
        node,
        f"{what} in orchestrator '{body.orchestrator}', and the SDK waits for tasks only: {advice}",
        fix=fix,
    )


def _plain_value(value: ast.expr) -> str | None:
    match value:
        case ast.Constant():
            return "a constant"
        case ast.JoinedStr():
            return "a text"
        case ast.List() | ast.Tuple() | ast.ListComp():
            return "a list"
        case ast.Dict() | ast.DictComp() | ast.Set() | ast.SetComp() | ast.GeneratorExp():
            return "a collection"
        case ast.Lambda():
            return "a function"
    return None


def _task_all(body: Body, value: ast.expr) -> Fix | None:
    context = body.context_name(value)
    if context is None:
        return None
    start, end = body.module.source.span(value)
    if isinstance(value, ast.Tuple) and body.module.source.text[start] != "(":  # yield a, b
        return None
    return Fix("use task_all", (Edit(start, start, f"{context}.task_all("), Edit(end, end, ")")))


def _plain_yield(body: Body, node: ast.YieldFrom) -> Fix | None:
    start, _ = body.module.source.span(node)
    middle, _ = body.module.source.span(node.value)
    if body.module.source.text[start:middle].split() != ["yield", "from"]:
        return None
    return Fix("use yield", (Edit(start, middle, "yield "),))


def _is_unreachable(body: Body, node: ast.AST) -> bool:
    """A bare ``yield`` that never runs is a way to make a function a generator."""
    while node is not body.function.node:
        parent = body.parent(node)
        if (
            isinstance(parent, (ast.If, ast.While))
            and isinstance(parent.test, ast.Constant)
            and not parent.test.value
        ):
            return True
        for statements in (getattr(parent, "body", []), getattr(parent, "orelse", [])):
            if isinstance(statements, list) and node in statements:
                before = statements[: statements.index(node)]
                if any(_leaves(body, statement) for statement in before):
                    return True
        node = parent
    return False


def _leaves(body: Body, statement: ast.stmt) -> bool:
    if isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Call):
        return body.external(statement.value.func) in ("os._exit", "os.abort", "sys.exit", "builtins.exit")
    return isinstance(statement, (ast.Return, ast.Raise, ast.Continue, ast.Break))
