"""The modules of one app, and what an expression in them refers to.

Nothing is imported or run. Modules are looked for as the Python worker would: below the app's root, and in
programming model v1 also as ``__app__.<module>``; everything else is *external* and known by its dotted name.
"""

from __future__ import annotations

import ast
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeAlias

from funchost.lint.scopes import FunctionNode, Scope, ScopeTree, all_arguments, scopes_of
from funchost.lint.source import Source, Unreadable

V1_NAMESPACE = "__app__"


@dataclass(eq=False, slots=True)
class Module:
    """A file of the app. ``dotted`` is its name seen from the app's root: ``shared.greetings``."""

    dotted: str
    source: Source
    scopes: ScopeTree
    functions: dict[ast.AST, Function] = field(default_factory=dict)

    def function(self, node: FunctionNode, owner: ClassSymbol | None = None) -> Function:
        if node not in self.functions:
            self.functions[node] = Function(self, node, self.scopes.made_by[node], owner)
        return self.functions[node]


@dataclass(eq=False, slots=True)
class Function:
    """A ``def``, ``async def`` or ``lambda`` of the app. Compared by identity."""

    module: Module
    node: FunctionNode
    scope: Scope
    owner: ClassSymbol | None = None  # set for a method
    nodes: tuple[ast.AST, ...] | None = None  # what own_nodes found, once it has been asked

    @property
    def name(self) -> str:
        return "<lambda>" if isinstance(self.node, ast.Lambda) else self.node.name

    @property
    def is_async(self) -> bool:
        return isinstance(self.node, ast.AsyncFunctionDef)

    @property
    def is_generator(self) -> bool:
        """Whether a call gives a generator. One with an unknown decorator (``contextmanager``) may not."""
        return self.yields and not self.decorators - {"staticmethod", "classmethod", "override", "typing.override"}

    @property
    def yields(self) -> bool:
        return any(isinstance(node, (ast.Yield, ast.YieldFrom)) for node in self.own_nodes())

    @property
    def decorators(self) -> set[str]:
        listed = [] if isinstance(self.node, ast.Lambda) else self.node.decorator_list
        return {ast.unparse(decorator) for decorator in listed}

    @property
    def parameters(self) -> list[ast.arg]:
        return all_arguments(self.node.args)

    def own_nodes(self) -> tuple[ast.AST, ...]:
        """Every node that a call of this function may run, in the order of the text.

        Bodies of functions and classes defined inside are left out; those of lambdas and comprehensions, which
        mostly run where they stand, are in.
        """
        if self.nodes is None:
            self.nodes = tuple(self._own_nodes())
        return self.nodes

    def _own_nodes(self) -> list[ast.AST]:
        body: list[ast.AST] = [self.node.body] if isinstance(self.node, ast.Lambda) else [*self.node.body]
        found: list[ast.AST] = []
        while body:
            node = body.pop(0)
            found.append(node)
            match node:
                case ast.FunctionDef(decorator_list=outside) | ast.AsyncFunctionDef(decorator_list=outside):
                    body[:0] = [*outside, *node.args.defaults, *filter(None, node.args.kw_defaults)]
                case ast.ClassDef():
                    body[:0] = [*node.decorator_list, *node.bases]
                case ast.AnnAssign():
                    body[:0] = [node.target, *([node.value] if node.value else [])]
                case _:
                    body[:0] = ast.iter_child_nodes(node)
        return found


@dataclass(eq=False, frozen=True, slots=True)
class ClassSymbol:
    """A class of the app."""

    module: Module
    node: ast.ClassDef

    @property
    def scope(self) -> Scope:
        return self.module.scopes.made_by[self.node]


@dataclass(frozen=True, slots=True)
class External:
    """Something outside the app, by its full name; ``()`` marks a call's result: ``pathlib.Path().exists``."""

    dotted: str


@dataclass(frozen=True, slots=True)
class Instance:
    """An object of a class of the app."""

    of: ClassSymbol


@dataclass(frozen=True, slots=True)
class ModuleSymbol:
    """A module of the app."""

    module: Module


@dataclass(frozen=True, slots=True)
class Context:
    """The orchestration context, or one of its attributes: ``attribute`` is empty for the context itself."""

    attribute: str = ""


Symbol: TypeAlias = External | Function | ClassSymbol | Instance | ModuleSymbol | Context


class Project:
    """The modules below one root, parsed when first asked for."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.problems: dict[Path, Unreadable] = {}
        self._modules: dict[Path, Module | None] = {}

    def load(self, path: Path) -> Module | None:
        """The module in a file; None, and an entry in ``problems``, for one that cannot be read."""
        if path not in self._modules:
            self._modules[path] = None
            try:
                source = Source.read(path)
            except Unreadable as error:
                self.problems[path] = error
                return None
            relative = path.relative_to(self.root).with_suffix("")
            is_package = relative.name == "__init__"
            parts = relative.parts[:-1] if is_package else relative.parts
            package = parts if is_package else parts[:-1]
            # v1 code says ``from ..shared import x``, and ``..`` is then the namespace above all functions
            scopes = scopes_of(source.tree, ".".join([V1_NAMESPACE, *package]))
            self._modules[path] = Module(".".join(parts), source, scopes)
        return self._modules[path]

    def find(self, dotted: str) -> Module | None:
        """The app's module of that name; None when there is none, and for a folder without ``__init__.py``."""
        parts = _without_namespace(dotted)
        if not parts:
            return None
        path = self.root.joinpath(*parts)
        for candidate in (path / "__init__.py", path.with_name(f"{path.name}.py")):
            if candidate.is_file():
                return self.load(candidate)
        return None

    def has_folder(self, dotted: str) -> bool:
        """Whether the name is a folder of the app: a namespace package on the way to a module."""
        return self.root.joinpath(*_without_namespace(dotted)).is_dir()

    def external_name(self, dotted: str) -> str:
        return ".".join(_without_namespace(dotted))


def _without_namespace(dotted: str) -> list[str]:
    parts = dotted.split(".")
    return parts[1:] if parts[0] == V1_NAMESPACE else parts
