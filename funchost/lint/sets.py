"""Which expressions are sets."""

from __future__ import annotations

import ast

from funchost.lint.body import Body
from funchost.lint.scopes import Parameter

_MAKERS = frozenset({"builtins.set", "builtins.frozenset"})
_ANNOTATIONS = frozenset(
    {"set", "frozenset", "Set", "AbstractSet", "FrozenSet", "MutableSet", "typing.Set", "typing.FrozenSet"}
)
_COMBINING = frozenset({"union", "intersection", "difference", "symmetric_difference"})
_OPERATORS = (ast.BitOr, ast.BitAnd, ast.Sub, ast.BitXor)


def is_set(body: Body, expression: ast.expr, depth: int = 0) -> bool:
    """Whether an expression certainly is a set whose order may differ: not one of numbers written in the code."""
    if depth > 5:
        return False
    match expression:
        case ast.Set(elts=elements):
            return not all(_is_number(element) for element in elements)
        case ast.SetComp():
            return True
        case ast.Call(func=ast.Attribute(value=value, attr=method)) if method in _COMBINING:
            return is_set(body, value, depth + 1)
        case ast.Call(func=func):
            return body.external(func) in _MAKERS and bool(expression.args)
        case ast.BinOp(left=left, op=op, right=right) if isinstance(op, _OPERATORS):
            if isinstance(op, ast.BitOr):
                return is_set(body, left, depth + 1) and is_set(body, right, depth + 1)
            return any(is_set(body, side, depth + 1) or _is_keys(side) for side in (left, right))
        case ast.Name():
            return _is_set_name(body, expression, depth)
    return False


def _is_set_name(body: Body, name: ast.Name, depth: int) -> bool:
    scope = body.scope(name).find(name.id)
    if scope is None:
        return False
    match scope.bindings[name.id]:
        case [Parameter(argument)]:
            return _annotated(argument.annotation) is not None
    if (values := body.values(name)) is not None:
        return bool(values) and all(_starts_as_set(body, value, depth) for value in values)
    if scope.kind == "module":
        found = body.resolver.binding(body.module, name)
        value = getattr(found[1], "value", None) if found else None
        return isinstance(value, ast.expr) and is_set(body, value, depth + 1)
    return False


def _starts_as_set(body: Body, value: ast.expr, depth: int) -> bool:
    """A variable may also begin as an empty set, and be filled."""
    is_empty = isinstance(value, ast.Call) and body.external(value.func) in _MAKERS and not value.args
    return is_empty or is_set(body, value, depth + 1)


def _is_keys(expression: ast.expr) -> bool:
    return (
        isinstance(expression, ast.Call)
        and isinstance(expression.func, ast.Attribute)
        and expression.func.attr == "keys"
    )


def _is_number(expression: ast.expr) -> bool:
    return isinstance(expression, ast.Constant) and isinstance(expression.value, (int, float))


def _annotated(annotation: ast.expr | None) -> str | None:
    """The element type of a set's annotation, empty if it is not given; None for any other annotation."""
    match annotation:
        case ast.Subscript(value=base, slice=element) if ast.unparse(base).split(".")[-1] in _ANNOTATIONS:
            return ast.unparse(element)
        case ast.Name() | ast.Attribute() if ast.unparse(annotation) in _ANNOTATIONS:
            return ""
    return None


def holds_only_text(body: Body, expression: ast.expr) -> bool:
    """Whether every element certainly is a str, so that sorting works."""
    match expression:
        case ast.Set(elts=elements):
            return all(isinstance(e, ast.Constant) and isinstance(e.value, str) for e in elements)
        case ast.Name():
            scope = body.scope(expression).find(expression.id)
            match scope.bindings[expression.id] if scope else []:
                case [Parameter(argument)]:
                    return _annotated(argument.annotation) == "str"
            values = body.values(expression)
            changed = (
                values is not None
                and scope is not None
                and any(isinstance(body.parent(load), ast.Attribute) for load in body.loads(expression.id, scope))
            )
            return bool(values) and not changed and all(holds_only_text(body, value) for value in values or ())
    return False
