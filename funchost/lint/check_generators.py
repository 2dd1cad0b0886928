"""How a body waits: not as a coroutine, not by calling a generator and leaving it."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from funchost.lint.body import Body
from funchost.lint.finding import Edit, Finding, Fix
from funchost.lint.project import Function
from funchost.lint.repairs import may_yield
from funchost.lint.tasks import COMPOUND, Tasks, method_of_context


def check_async(body: Body, tasks: Tasks) -> Iterator[Finding]:
    """DF005 for an orchestrator, DF011 for what awaits or is never awaited elsewhere."""
    node = body.function.node
    if body.reached.is_orchestrator and isinstance(node, ast.AsyncFunctionDef):
        yield body.finding(
            "DF005",
            node,
            f"the orchestrator '{node.name}' is declared with 'async def', and the SDK cannot drive a coroutine: "
            "use 'def', and 'yield' in place of 'await'",
            fix=_make_sync(body, tasks),
            fatal=not body.reached.orchestrator.is_agent,
        )
        return
    if body.function.is_async:
        return  # reported where it is called
    for inner in body.nodes:
        match inner:
            case ast.Await(value=value):
                fix = None
                if tasks.is_task(body.module, value) and may_yield(body):
                    fix = Fix("use yield", _await_to_yield(body, inner))
                yield body.finding(
                    "DF011",
                    inner,
                    f"'await' in orchestrator '{body.orchestrator}': tasks are waited for with 'yield'",
                    fix=fix,
                )
            case ast.Call(func=func):
                called = body.resolve(func)
                if (
                    isinstance(called, Function)
                    and called.is_async
                    and not isinstance(body.parent(inner), ast.Await)
                ):
                    yield body.finding(
                        "DF011",
                        inner,
                        f"{called.name}() is a coroutine function, and nothing runs its coroutine in orchestrator "
                        f"'{body.orchestrator}': make it an activity, or declare it with 'def'",
                    )


def check_generator_calls(body: Body, tasks: Tasks) -> Iterator[Finding]:
    """DF007."""
    for node in body.nodes:
        if not isinstance(node, ast.Call):
            continue
        called = body.resolve(node.func)
        if not isinstance(called, Function):
            continue
        drives = tasks.is_driven_generator(called)
        if not drives and not (called.is_generator and isinstance(body.parent(node), ast.Expr)):
            continue
        if (problem := _left_alone(body, node)) is None:
            continue
        entry = body.reached.is_orchestrator
        fatal = entry and (not body.function.yields or isinstance(body.parent(node), (ast.Return, ast.Yield)))
        yield body.finding(
            "DF007",
            node,
            f"{called.name}() is a generator, and {problem} in orchestrator '{body.orchestrator}': "
            f"yield from {called.name}(...)",
            fix=_yield_from(body, node) if drives and may_yield(body) else None,
            fatal=fatal,
        )


def _left_alone(body: Body, call: ast.Call) -> str | None:
    """What is wrong with how a generator is used; None where it is driven, or may be driven elsewhere."""
    parent = body.parent(call)
    match parent:
        case ast.Expr():
            return "none of its lines runs"
        case ast.Yield():
            return "the SDK cannot wait for it"
        case ast.Await():
            return "cannot be awaited"
        case ast.Return():
            return "cannot be an orchestrator's result" if body.function.yields else None
        case ast.Subscript(value=value) | ast.Attribute(value=value) if value is call:
            known = isinstance(parent, ast.Attribute) and parent.attr in ("send", "throw", "close", "__next__")
            return None if known else "has no result before it is driven"
        case ast.BinOp() | ast.Compare() | ast.FormattedValue():
            return "has no result before it is driven"
        case ast.List() | ast.Tuple():
            outer = body.parent(parent)
            is_race = isinstance(outer, ast.Call) and method_of_context(body, outer) in COMPOUND
            return "is no task" if is_race else None
        case ast.Call() if call in parent.args:
            handed = method_of_context(body, parent)
            return "is no value that can be passed on" if handed and handed not in COMPOUND else None
        case ast.Assign(targets=[ast.Name() as name]) | ast.AnnAssign(target=ast.Name() as name):
            return None if _driven_by_name(body, name) else "nothing drives it"
    return None


def _driven_by_name(body: Body, name: ast.Name) -> bool:
    """Whether a generator kept in a variable may be driven through it."""
    owner = body.scope(name).find(name.id)
    if owner is None or owner.function is not body.function.scope:
        return True
    for load in body.loads(name.id, owner):
        parent = body.parent(load)
        match parent:
            case ast.Subscript(value=value) if value is load:
                continue
            case ast.BinOp() | ast.Compare() | ast.FormattedValue() | ast.Expr() | ast.Yield():
                continue
            case ast.Return() if body.function.yields:
                continue
            case ast.Dict():
                continue
            case ast.Call() if (method_of_context(body, parent) or "task_all") not in COMPOUND:
                continue
        return True
    return False


def _yield_from(body: Body, call: ast.Call) -> Fix | None:
    parent = body.parent(call)
    if isinstance(parent, (ast.Yield, ast.Await)):
        start, _ = body.module.source.span(parent)
        middle, _ = body.module.source.span(call)
        keyword_end = start + len("yield" if isinstance(parent, ast.Yield) else "await")
        if body.module.source.text[keyword_end:middle].strip():  # parentheses or comments in between
            return None
        if isinstance(parent, ast.Yield):
            return Fix("use yield from", (Edit(keyword_end, keyword_end, " from"),))
        return Fix("use yield from", (Edit(start, middle, ""), *body.wrap_in_yield(parent, "yield from")))
    return Fix("use yield from", body.wrap_in_yield(call, "yield from"))


def _await_to_yield(body: Body, node: ast.Await) -> tuple[Edit, ...]:
    start, _ = body.module.source.span(node)
    opening, *closing = body.wrap_in_yield(node, "yield")
    return (Edit(start, start + len("await"), opening.text.rstrip()), *closing)


def _make_sync(body: Body, tasks: Tasks) -> Fix | None:
    """Turn an async orchestrator into a generator, if tasks are all it awaits."""
    source = body.module.source
    node = body.function.node
    assert isinstance(node, ast.AsyncFunctionDef)
    edits: list[Edit] = []
    waits = False
    for inner in body.nodes:
        match inner:
            case ast.AsyncFor() | ast.AsyncWith() | ast.comprehension(is_async=1):
                return None
            case ast.Await(value=value):
                if not tasks.is_task(body.module, value) or body.scope(inner) is not body.function.scope:
                    return None
                waits = True
                edits += _await_to_yield(body, inner)
    start, _ = source.span(node)
    head = source.text[start:]
    between = head[len("async") : head.index("def")]
    if not (waits or body.function.yields) or between.strip():
        return None
    return Fix("use def and yield", (Edit(start, start + head.index("def"), ""), *edits))
