"""Which expressions are tasks, and which functions are generators of tasks."""

from __future__ import annotations

import ast

from funchost.lint.body import Body
from funchost.lint.project import Context, Function, Module, Symbol
from funchost.lint.resolve import Resolver
from funchost.lint.scopes import Assigned

TASK_METHODS = frozenset(
    {
        "call_activity",
        "call_activity_with_retry",
        "call_sub_orchestrator",
        "call_sub_orchestrator_with_retry",
        "call_http",
        "call_entity",
        "create_timer",
        "wait_for_external_event",
        "task_all",
        "task_any",
    }
)
COMPOUND = frozenset({"task_all", "task_any"})


def method_of_context(body: Body, call: ast.expr) -> str | None:
    """``create_timer`` for ``context.create_timer(...)``; None for anything else."""
    symbol = body.resolve(call.func) if isinstance(call, ast.Call) else None
    return symbol.attribute or None if isinstance(symbol, Context) else None


class Tasks:
    """Answers of what a call gives. Keeps them, for helpers are asked about again and again."""

    def __init__(self, resolver: Resolver) -> None:
        self._resolver = resolver
        self._makes_task: dict[Function, bool] = {}
        self._drives: dict[Function, bool] = {}

    def is_task(self, module: Module, expression: ast.expr, depth: int = 0) -> bool:
        """Whether an expression certainly is a task: a call on the context, or of a helper that returns one."""
        match expression:
            case ast.Call():
                symbol = self._resolver(module, expression.func)
                if isinstance(symbol, Context):
                    return symbol.attribute in TASK_METHODS
                return isinstance(symbol, Function) and self._returns_task(symbol)
            case ast.IfExp(body=one, orelse=other):
                return self.is_task(module, one, depth) and self.is_task(module, other, depth)
            case ast.Name() if depth < 5:
                found = self._resolver.binding(module, expression)
                value = found[1].value if found and isinstance(found[1], Assigned) else None
                in_place = found is not None and isinstance(found[1], Assigned) and found[1].in_place
                return value is not None and not in_place and self.is_task(module, value, depth + 1)
        return False

    def is_list_of_tasks(self, module: Module, expression: ast.expr) -> bool:
        """Whether an expression certainly is a list or tuple of tasks, with at least one."""
        match expression:
            case ast.ListComp(elt=element) | ast.GeneratorExp(elt=element):
                return self.is_task(module, element)
            case ast.List(elts=elements) | ast.Tuple(elts=elements):
                return bool(elements) and all(self.is_task(module, e) for e in elements)
            case ast.Name():
                found = self._resolver.binding(module, expression)
                value = found[1].value if found and isinstance(found[1], Assigned) else None
                return (
                    value is not None and not isinstance(value, ast.Name) and self.is_list_of_tasks(module, value)
                )
        return False

    def _returns_task(self, function: Function) -> bool:
        """Whether a plain helper returns a task on every way out."""
        if function not in self._makes_task:
            self._makes_task[function] = False  # for helpers that call each other
            values = _returned(function)
            self._makes_task[function] = (
                not function.yields
                and not function.is_async
                and bool(values)
                and all(value is not None and self.is_task(function.module, value) for value in values)
            )
        return self._makes_task[function]

    def is_driven_generator(self, symbol: Symbol | None) -> bool:
        """Whether a call gives a generator that yields tasks: by itself, or because it returns such a call."""
        if not isinstance(symbol, Function) or symbol.is_async:
            return False
        if symbol not in self._drives:
            self._drives[symbol] = False
            self._drives[symbol] = (
                self._yields_tasks(symbol) if symbol.is_generator else self._returns_generator(symbol)
            )
        return self._drives[symbol]

    def _yields_tasks(self, function: Function) -> bool:
        for node in function.own_nodes():
            match node:
                case ast.YieldFrom(value=ast.Call(func=func)):
                    if self.is_driven_generator(self._resolver(function.module, func)):
                        return True
                case ast.Yield(value=ast.expr() as value):
                    uses_result = not isinstance(function.module.scopes.parents[node], ast.Expr)
                    if self.is_task(function.module, value) or (uses_result and self._has_context(function)):
                        return True
        return False

    def _has_context(self, function: Function) -> bool:
        return any(scope is function.scope for scope, _ in self._resolver.contexts)

    def _returns_generator(self, function: Function) -> bool:
        values = _returned(function)
        return bool(values) and all(
            isinstance(value, ast.Call) and self.is_driven_generator(self._resolver(function.module, value.func))
            for value in values
        )


def _returned(function: Function) -> list[ast.expr | None]:
    if isinstance(function.node, ast.Lambda):
        return [function.node.body]
    return [node.value for node in function.own_nodes() if isinstance(node, ast.Return)]
