"""One function that runs in an orchestration, with what every check asks about it."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from funchost.lint.finding import Edit, Finding, Fix
from funchost.lint.project import External, Function, Module, Symbol
from funchost.lint.reach import Reached
from funchost.lint.resolve import Resolver
from funchost.lint.rules import RULES
from funchost.lint.scopes import Assigned, Scope


class Body:
    """A reached function: its nodes, what expressions mean in it, and how to report on it."""

    def __init__(self, resolver: Resolver, reached: Reached) -> None:
        self.resolver = resolver
        self.reached = reached
        self.function: Function = reached.function
        self.module: Module = reached.function.module
        self.orchestrator = reached.orchestrator.function.name

    @property
    def nodes(self) -> tuple[ast.AST, ...]:
        return self.function.own_nodes()

    def resolve(self, expression: ast.expr) -> Symbol | None:
        return self.resolver(self.module, expression)

    def external(self, expression: ast.expr) -> str | None:
        """The dotted name of something outside the app, else None."""
        symbol = self.resolve(expression)
        return symbol.dotted if isinstance(symbol, External) else None

    def parent(self, node: ast.AST) -> ast.AST:
        return self.module.scopes.parents[node]

    def scope(self, node: ast.AST) -> Scope:
        return self.module.scopes.of[node]

    def values(self, name: ast.Name) -> list[ast.expr] | None:
        """Every value ever bound to a local name; None if one of them cannot be seen."""
        scope = self.scope(name).find(name.id)
        if scope is None or scope.function is not self.function.scope:
            return None
        values: list[ast.expr] = []
        for binding in scope.bindings[name.id]:
            if not isinstance(binding, Assigned) or binding.value is None:
                return None
            values.append(binding.value)
        return values

    def loads(self, name: str, owner: Scope) -> Iterator[ast.Name]:
        """Where a name of a scope is read, in functions defined inside as well."""
        for node in ast.walk(owner.node):
            is_load = isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load) and node.id == name
            if is_load and self.scope(node).find(name) is owner:
                assert isinstance(node, ast.Name)
                yield node

    def context_name(self, node: ast.AST) -> str | None:
        """The name under which the context can be used where a node stands."""
        scope: Scope | None = self.scope(node)
        while scope is not None:
            for owner, name in self.resolver.contexts:
                if owner is scope and self.scope(node).find(name) is owner and len(owner.bindings[name]) == 1:
                    return name
            scope = scope.parent
        return None

    def finding(
        self,
        code: str,
        node: ast.expr | ast.stmt,
        message: str,
        *,
        fix: Fix | None = None,
        fatal: bool = False,
    ) -> Finding:
        return Finding(
            code=code,
            message=message,
            severity=RULES[code].severity,
            place=self.module.source.place(node),
            via=self.reached.via,
            fix=fix,
            fatal=fatal,
        )

    # -- Edits ----------------------------------------------------------------------------------------------

    def replace(self, node: ast.expr | ast.stmt, text: str) -> Edit:
        start, end = self.module.source.span(node)
        return Edit(start, end, text)

    def insert(self, node: ast.expr | ast.stmt, text: str) -> Edit:
        start, _ = self.module.source.span(node)
        return Edit(start, start, text)

    def code(self, node: ast.expr | ast.stmt) -> str:
        return self.module.source.code(node)

    def wrap_in_yield(self, node: ast.expr, keyword: str = "yield") -> tuple[Edit, ...]:
        """Put ``yield`` or ``yield from`` before an expression, in parentheses where the grammar wants them."""
        start, end = self.module.source.span(node)
        parent = self.parent(node)
        bare = isinstance(parent, ast.Expr) or (
            isinstance(parent, (ast.Assign, ast.AugAssign, ast.AnnAssign)) and parent.value is node
        )
        if bare:
            return (Edit(start, start, f"{keyword} "),)
        return (Edit(start, start, f"({keyword} "), Edit(end, end, ")"))
