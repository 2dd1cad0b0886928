"""Which name means what: every scope of a module, and what is bound to each name in it.

Follows Python's rules as far as they can be seen without running the code: imports, assignments, ``def``,
``class``, ``for``, ``with``, ``except``, ``match``, walrus, ``global`` and ``nonlocal``.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

FunctionNode: TypeAlias = ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda
ScopeKind = Literal["module", "function", "class", "comprehension"]


@dataclass(frozen=True, slots=True)
class Imported:
    """``import a.b`` (dotted ``a``), ``import a.b as x`` (``a.b``), ``from a import b`` (``a.b``)."""

    dotted: str


@dataclass(frozen=True, slots=True)
class Defined:
    """A ``def``, ``async def`` or ``class``."""

    node: ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef


@dataclass(frozen=True, slots=True)
class Assigned:
    """A value, or None where it is a part of something: a loop's element, an unpacked tuple's, an exception."""

    value: ast.expr | None
    annotation: ast.expr | None = None
    in_place: bool = False  # ``x += value``


@dataclass(frozen=True, slots=True)
class Parameter:
    """A parameter of a function."""

    argument: ast.arg


Binding: TypeAlias = Imported | Defined | Assigned | Parameter


@dataclass(eq=False, slots=True)
class Scope:
    """One scope. Compared by identity."""

    kind: ScopeKind
    node: ast.AST
    parent: Scope | None
    bindings: dict[str, list[Binding]] = field(default_factory=dict)
    outer: dict[str, Scope] = field(default_factory=dict)  # names declared global or nonlocal
    star_imports: list[str] = field(default_factory=list)

    def bind(self, name: str, binding: Binding) -> None:
        owner = self.outer.get(name, self)
        owner.bindings.setdefault(name, []).append(binding)

    def find(self, name: str) -> Scope | None:
        """The scope that a name read here belongs to; None for a builtin or an unknown name."""
        if name in self.outer:
            return self.outer[name]
        scope: Scope | None = self
        while scope is not None:
            if name in scope.bindings and (scope is self or scope.kind != "class"):
                return scope
            scope = scope.parent
        return None

    @property
    def function(self) -> Scope:
        """The nearest scope that is not a comprehension: where a walrus binds and a ``yield`` belongs."""
        scope = self
        while scope.kind == "comprehension" and scope.parent is not None:
            scope = scope.parent
        return scope


@dataclass(eq=False, slots=True)
class ScopeTree:
    """The scopes of a module, and for each node its scope and its parent."""

    module: Scope
    of: dict[ast.AST, Scope]  # the scope a node is evaluated in
    made_by: dict[ast.AST, Scope]  # the scope a function, class or comprehension opens
    parents: dict[ast.AST, ast.AST]

    def ancestors(self, node: ast.AST) -> Iterator[ast.AST]:
        while (parent := self.parents.get(node)) is not None:
            yield parent
            node = parent


def scopes_of(tree: ast.Module, package: str) -> ScopeTree:
    """Build the scopes. ``package``: the dotted package that relative imports start from, maybe empty."""
    module = Scope("module", tree, None)
    result = ScopeTree(module, {tree: module}, {tree: module}, {})
    _Builder(result, package).visit_children(tree, module)
    return result


class _Builder:
    def __init__(self, tree: ScopeTree, package: str) -> None:
        self._tree = tree
        self._package = package

    def visit_children(self, node: ast.AST, scope: Scope) -> None:
        for child in ast.iter_child_nodes(node):
            self._tree.parents[child] = node
            self._visit(child, scope)

    def _visit(self, node: ast.AST, scope: Scope) -> None:
        self._tree.of[node] = scope
        match node:
            case ast.FunctionDef() | ast.AsyncFunctionDef():
                scope.bind(node.name, Defined(node))
                self._open("function", node, scope, [*node.body], node.args)
            case ast.Lambda():
                self._open("function", node, scope, [node.body], node.args)
            case ast.ClassDef():
                scope.bind(node.name, Defined(node))
                self._open("class", node, scope, [*node.body], None)
            case ast.ListComp() | ast.SetComp() | ast.DictComp() | ast.GeneratorExp():
                inner = self._tree.made_by[node] = Scope("comprehension", node, scope)
                for generator in node.generators:
                    self._bind_target(generator.target, None, inner)
                self.visit_children(node, inner)
            case ast.Import():
                for alias in node.names:
                    dotted = alias.name if alias.asname else alias.name.split(".")[0]
                    scope.bind(alias.asname or dotted, Imported(dotted))
            case ast.ImportFrom():
                self._import_from(node, scope)
            case ast.Global():
                scope.outer.update(dict.fromkeys(node.names, self._tree.module))
            case ast.Nonlocal():
                for name in node.names:
                    if scope.parent and (owner := scope.parent.find(name)):
                        scope.outer[name] = owner
            case _:
                self._bind(node, scope)
                self.visit_children(node, scope)

    def _bind(self, node: ast.AST, scope: Scope) -> None:
        match node:
            case ast.Assign():
                for target in node.targets:
                    self._bind_target(target, node.value, scope)
            case ast.AnnAssign(target=ast.Name(id=name)):
                if node.value is not None or scope.kind != "function":
                    scope.bind(name, Assigned(node.value, node.annotation))
            case ast.AugAssign(target=ast.Name(id=name)):
                scope.bind(name, Assigned(node.value, in_place=True))
            case ast.NamedExpr():
                self._bind_target(node.target, node.value, scope.function)
            case ast.For() | ast.AsyncFor():
                self._bind_target(node.target, None, scope)
            case ast.withitem(optional_vars=ast.expr() as target):
                self._bind_target(target, node.context_expr, scope)
            case ast.ExceptHandler(name=str(name)):
                scope.bind(name, Assigned(None))
            case ast.MatchAs(name=str(name)) | ast.MatchStar(name=str(name)) | ast.MatchMapping(rest=str(name)):
                scope.bind(name, Assigned(None))

    def _open(
        self,
        kind: ScopeKind,
        node: FunctionNode | ast.ClassDef,
        scope: Scope,
        body: list[ast.stmt | ast.expr],
        arguments: ast.arguments | None,
    ) -> None:
        """Decorators, defaults, annotations and bases are evaluated outside, the body inside."""
        inner = self._tree.made_by[node] = Scope(kind, node, scope)
        for argument in all_arguments(arguments) if arguments else ():
            inner.bind(argument.arg, Parameter(argument))
        for statement in body:  # declared before anything is bound
            if kind == "function":
                self._declare_outer(statement, inner)
        inside = set(map(id, body))
        for child in ast.iter_child_nodes(node):
            self._tree.parents[child] = node
            self._visit(child, inner if id(child) in inside else scope)

    def _declare_outer(self, statement: ast.AST, scope: Scope) -> None:
        if isinstance(statement, (ast.Global, ast.Nonlocal)):
            self._visit(statement, scope)
        elif not isinstance(statement, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.expr)):
            for child in ast.iter_child_nodes(statement):
                self._declare_outer(child, scope)

    def _import_from(self, node: ast.ImportFrom, scope: Scope) -> None:
        base = node.module or ""
        if node.level:
            parts = self._package.split(".") if self._package else []
            kept = parts[: len(parts) - node.level + 1]
            base = ".".join([*kept, *([node.module] if node.module else [])])
        for alias in node.names:
            if alias.name == "*":
                scope.star_imports.append(base)
            else:
                dotted = f"{base}.{alias.name}" if base else alias.name
                scope.bind(alias.asname or alias.name, Imported(dotted))

    def _bind_target(self, target: ast.expr, value: ast.expr | None, scope: Scope) -> None:
        match target:
            case ast.Name(id=name):
                scope.bind(name, Assigned(value))
            case ast.Tuple(elts=targets) | ast.List(elts=targets):
                values: list[ast.expr | None] = [None] * len(targets)
                if isinstance(value, (ast.Tuple, ast.List)) and len(value.elts) == len(targets):
                    starred = any(isinstance(e, ast.Starred) for e in (*value.elts, *targets))
                    values = values if starred else [*value.elts]
                for part, its_value in zip(targets, values, strict=True):
                    self._bind_target(part, its_value, scope)
            case ast.Starred(value=inner):
                self._bind_target(inner, None, scope)


def all_arguments(arguments: ast.arguments) -> list[ast.arg]:
    """Every parameter in the order of a call: positional first, then ``*args``, keyword-only, ``**kwargs``."""
    return [
        *arguments.posonlyargs,
        *arguments.args,
        *([arguments.vararg] if arguments.vararg else []),
        *arguments.kwonlyargs,
        *([arguments.kwarg] if arguments.kwarg else []),
    ]
