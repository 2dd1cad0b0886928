"""State outside the orchestrator that a body changes, and orders that are not fixed."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from funchost.lint.body import Body
from funchost.lint.finding import Edit, Finding, Fix
from funchost.lint.project import ClassSymbol, External, ModuleSymbol
from funchost.lint.scopes import Assigned, Imported
from funchost.lint.sets import holds_only_text, is_set

_CHANGES = frozenset(
    {"append", "appendleft", "extend", "extendleft", "insert", "add", "update", "pop", "popitem", "popleft",
     "clear", "remove", "discard", "setdefault", "sort", "reverse", "subtract", "difference_update",
     "intersection_update"}
)  # fmt: skip
_CONTAINERS = frozenset(
    {"builtins.list", "builtins.dict", "builtins.set", "builtins.bytearray", "collections.deque",
     "collections.Counter", "collections.defaultdict", "collections.OrderedDict"}
)  # fmt: skip
_DISPLAYS = (ast.List, ast.Dict, ast.Set, ast.ListComp, ast.DictComp, ast.SetComp)
# Calls whose result does not depend on the order of what they are given, and those that keep it.
_KEEPS_ORDER = frozenset(
    {"builtins.list", "builtins.tuple", "builtins.enumerate", "builtins.iter", "builtins.zip", "builtins.map",
     "builtins.filter", "builtins.reversed", "builtins.dict.fromkeys", "itertools.chain", "itertools.islice",
     "itertools.batched"}
)  # fmt: skip
_FORGETS_ORDER = frozenset(
    {"builtins.sorted", "builtins.set", "builtins.frozenset", "builtins.sum", "builtins.min", "builtins.max",
     "builtins.len", "builtins.any", "builtins.all", "collections.Counter"}
)  # fmt: skip


def check_global_state(body: Body) -> Iterator[Finding]:
    """DF012."""
    for node in body.nodes:
        match node:
            case ast.Name(id=name, ctx=ast.Store() | ast.Del()):
                scope = body.scope(node)
                outer = scope.function.outer.get(name)
                if outer is not None and outer.kind == "module":
                    yield _state(body, node, f"the global '{name}' is set")
            case ast.Attribute(value=value, ctx=ast.Store() | ast.Del()):
                if what := _shared(body, value, any_object=True):
                    yield _state(body, node, f"an attribute of {what} is set")
            case ast.Subscript(value=value, ctx=ast.Store() | ast.Del()):
                if what := _shared(body, value, any_object=True):
                    yield _state(body, node, f"an element of {what} is set")
            case ast.Call(func=ast.Attribute(value=value, attr=attribute)) if attribute in _CHANGES:
                if what := _shared(body, value, any_object=False):
                    yield _state(body, node, f"{what} is changed by {attribute}()")
            case ast.Call(func=func, args=[ast.Name() as counter, *_]):
                if body.external(func) == "builtins.next" and _module_value(body, counter) is not None:
                    yield _state(body, node, f"the global '{counter.id}' is moved on by next()")


def _state(body: Body, node: ast.expr, what: str) -> Finding:
    return body.finding(
        "DF012",
        node,
        f"{what} in orchestrator '{body.orchestrator}', again at every replay: keep state in local variables, or "
        "in an entity",
    )


def _module_value(body: Body, name: ast.Name) -> ast.expr | None:
    """What a module variable of this file was first set to; None for other names."""
    scope = body.scope(name).find(name.id)
    if scope is None or scope.kind != "module":
        return None
    return next((b.value for b in scope.bindings[name.id] if isinstance(b, Assigned)), None)


def _shared(body: Body, value: ast.expr, *, any_object: bool) -> str | None:
    """Name a thing that belongs to a module: a variable, a class, another module; None for the body's own."""
    while isinstance(value, ast.Subscript):
        value = value.value
    symbol = body.resolve(value)
    if isinstance(symbol, (ClassSymbol, ModuleSymbol)):
        return f"'{body.code(value)}'" if any_object else None
    match value:
        case ast.Name(id=name):
            scope = body.scope(value).find(name)
            if scope is None or scope.kind != "module":
                return None
            if isinstance(scope.bindings[name][0], Imported):
                return f"'{name}', which is imported," if any_object or _imported_container(body, value) else None
            first = _module_value(body, value)
            return (
                f"the global '{name}'" if first is not None and (any_object or _is_container(body, first)) else None
            )
        case ast.Attribute(value=ast.Name(id=name) as owner, attr=attribute):
            owner_symbol = body.resolve(owner)
            if isinstance(owner_symbol, ModuleSymbol):
                return f"'{name}.{attribute}'"
            if isinstance(owner_symbol, ClassSymbol) and attribute in owner_symbol.scope.bindings:
                return f"'{name}.{attribute}', which all instances share,"
            if isinstance(owner_symbol, External) and any_object and body.scope(owner).find(name) is not None:
                is_module = "(" not in owner_symbol.dotted
                return f"'{name}.{attribute}'" if is_module and owner_symbol.dotted != "os" else None
    return None


def _imported_container(body: Body, name: ast.Name) -> bool:
    """Whether an imported name is a list, dict or set of another file of the app."""
    found = body.resolver.binding(body.module, name)
    if found is None or not isinstance(found[1], Imported):
        return False
    module_name, _, member = found[1].dotted.rpartition(".")
    module = body.resolver.project.find(module_name) if module_name else None
    if module is None:
        return False
    bindings = module.scopes.module.bindings.get(member, [])
    values = [b.value for b in bindings if isinstance(b, Assigned) and b.value is not None]
    return bool(values) and isinstance(values[0], _DISPLAYS)


def _is_container(body: Body, value: ast.expr) -> bool:
    return isinstance(value, _DISPLAYS) or (
        isinstance(value, ast.Call) and body.external(value.func) in _CONTAINERS
    )


def check_unordered(body: Body) -> Iterator[Finding]:
    """DF013."""
    for node in body.nodes:
        match node:
            case ast.For(iter=iterated):
                yield from _unordered(body, iterated)
            case ast.ListComp() | ast.GeneratorExp() | ast.DictComp():
                if not _order_is_forgotten(body, node):
                    for generator in node.generators:
                        yield from _unordered(body, generator.iter)
            case ast.Starred(value=value, ctx=ast.Load()):
                if isinstance(body.parent(node), (ast.List, ast.Tuple)):
                    yield from _unordered(body, value)
            case ast.Call(func=ast.Attribute(value=value, attr="pop"), args=[], keywords=[]):
                if is_set(body, value):
                    yield _order(body, value, fix=False)
            case ast.Call(func=ast.Attribute(attr="join"), args=[joined]):
                yield from _unordered(body, joined)
            case ast.Call(func=func, args=arguments):
                if body.external(func) in _KEEPS_ORDER and not _order_is_forgotten(body, node):
                    for argument in arguments:
                        yield from _unordered(body, argument)


def _unordered(body: Body, iterated: ast.expr) -> Iterator[Finding]:
    if is_set(body, iterated):
        yield _order(body, iterated, fix=holds_only_text(body, iterated))


def _order(body: Body, node: ast.expr, *, fix: bool) -> Finding:
    start, end = body.module.source.span(node)
    wrap = Fix("sort it", (Edit(start, start, "sorted("), Edit(end, end, ")")))
    return body.finding(
        "DF013",
        node,
        f"the order of the set '{body.code(node)}' is not fixed, and orchestrator '{body.orchestrator}' "
        f"depends on it: "
        "use sorted(...)",
        fix=wrap if fix else None,
    )


def _order_is_forgotten(body: Body, node: ast.expr) -> bool:
    """Whether the result goes straight to something that does not care about the order."""
    parent = body.parent(node)
    if isinstance(parent, ast.Call) and node in parent.args:
        name = body.external(parent.func)
        return name in _FORGETS_ORDER or (name in _KEEPS_ORDER and _order_is_forgotten(body, parent))
    return isinstance(parent, ast.comprehension) and isinstance(body.parent(parent), ast.SetComp)
