"""What an expression refers to: through imports, aliases, classes, and other files of the app.

``None`` means "cannot be seen", and no rule fires on it: the linter would rather miss than alarm falsely.
"""

from __future__ import annotations

import ast
import builtins
import re

from funchost.lint.project import (
    ClassSymbol,
    Context,
    External,
    Function,
    Instance,
    Module,
    ModuleSymbol,
    Project,
    Symbol,
)
from funchost.lint.scopes import Assigned, Binding, Defined, Imported, Parameter, Scope

_DEEPEST = 25  # aliases of aliases, and imports that go in circles
_CONTEXT_CLASS = re.compile(r"(^|\.)(DurableOrchestrationContext|OrchestrationContext)$")
_SAME_AGAIN = {  # what gives another object of the same kind
    "pathlib.Path()": {"parent", "absolute()", "resolve()", "with_suffix()", "with_name()", "joinpath()"},
}


class Resolver:
    """Resolves expressions.

    ``contexts`` are the parameters known to hold the orchestration context, ``activities`` the functions that
    a ``function.json`` makes activities.
    """

    def __init__(self, project: Project) -> None:
        self.project = project
        self.contexts: set[tuple[Scope, str]] = set()
        self.activities: set[Function] = set()

    def __call__(self, module: Module, expression: ast.expr) -> Symbol | None:
        return self._expression(module, expression, 0)

    def is_context(self, module: Module, expression: ast.expr) -> bool:
        return self(module, expression) == Context()

    def binding(self, module: Module, name: ast.Name) -> tuple[Scope, Binding] | None:
        """The only thing ever bound to a name, and the scope it is bound in; None where there are several."""
        scope = module.scopes.of[name].find(name.id)
        if scope is None:
            return None
        bindings = scope.bindings[name.id]
        if len(bindings) > 1 and all(isinstance(b, Imported) for b in bindings):
            bindings = bindings[:1]  # try: import a, except ImportError: import b
        return (scope, bindings[0]) if len(bindings) == 1 else None

    def dotted(self, dotted: str) -> Symbol | None:
        """What an absolute dotted name refers to."""
        return self._dotted(dotted, 0)

    def member(self, symbol: Symbol, name: str) -> Symbol | None:
        return self._member(symbol, name, 0)

    def method(self, owner: ClassSymbol, name: str) -> Function | None:
        """A method of a class of the app, its own or inherited from another class of the app."""
        return self._method(owner, name, 0)

    # -- Steps ----------------------------------------------------------------------------------------------

    def _expression(self, module: Module, expression: ast.expr, depth: int) -> Symbol | None:
        if depth > _DEEPEST:
            return None
        depth += 1
        match expression:
            case ast.Name():
                return self._name(module, expression, depth)
            case ast.Attribute(value=value, attr=attribute):
                base = self._expression(module, value, depth)
                return self._member(base, attribute, depth) if base is not None else None
            case ast.Call(func=function):
                called = self._expression(module, function, depth)
                return self._result(called, expression)
            case ast.BinOp(left=left, op=ast.Div()):
                path = self._expression(module, left, depth)
                return path if path == External("pathlib.Path()") else None
            case ast.Await(value=value) | ast.NamedExpr(value=value):
                return self._expression(module, value, depth)
            case ast.Lambda():
                return module.function(expression)
            case ast.IfExp(body=body, orelse=orelse):
                symbols = (self._expression(module, body, depth), self._expression(module, orelse, depth))
                return symbols[0] if symbols[0] == symbols[1] else None
        return None

    def _name(self, module: Module, name: ast.Name, depth: int) -> Symbol | None:
        scope = module.scopes.of[name].find(name.id)
        if scope is None:
            return self._star(module, name.id, depth)
        if (scope, name.id) in self.contexts:
            return Context()
        found = self.binding(module, name)
        return self._binding(module, *found, depth) if found else None

    def _star(self, module: Module, name: str, depth: int) -> Symbol | None:
        for dotted in module.scopes.module.star_imports:
            if (other := self.project.find(dotted)) is not None:
                if (symbol := self._member(ModuleSymbol(other), name, depth)) is not None:
                    return symbol
            elif not hasattr(builtins, name):
                return External(f"{dotted}.{name}")
        return External(f"builtins.{name}") if hasattr(builtins, name) else None

    def _binding(self, module: Module, scope: Scope, binding: Binding, depth: int) -> Symbol | None:
        match binding:
            case Imported(dotted):
                return self._dotted(dotted, depth)
            case Defined(ast.ClassDef() as node):
                return ClassSymbol(module, node)
            case Defined(ast.FunctionDef() | ast.AsyncFunctionDef() as node):
                owner = ClassSymbol(module, scope.node) if isinstance(scope.node, ast.ClassDef) else None
                return module.function(node, owner)
            case Assigned(in_place=True):
                return None
            case Assigned(value=ast.expr() as value):
                return self._expression(module, value, depth + 1)
            case Parameter(argument):
                return self._parameter(module, scope, argument, depth)
        return None

    def _parameter(self, module: Module, scope: Scope, argument: ast.arg, depth: int) -> Symbol | None:
        outer = scope.parent
        if outer is not None and isinstance(outer.node, ast.ClassDef):
            node = scope.node
            assert isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef))
            first = (node.args.posonlyargs + node.args.args)[:1]
            if [argument] == first:
                method = module.function(node, ClassSymbol(module, outer.node))
                if "classmethod" in method.decorators:
                    return ClassSymbol(module, outer.node)
                if "staticmethod" not in method.decorators:
                    return Instance(ClassSymbol(module, outer.node))
        return self._instance_of(module, argument.annotation, depth)

    def _instance_of(self, module: Module, annotation: ast.expr | None, depth: int) -> Symbol | None:
        match annotation:
            case ast.Constant(value=str(text)):
                match = _CONTEXT_CLASS.search(text.strip())
                return Context() if match else None
            case ast.BinOp(left=left, op=ast.BitOr(), right=ast.Constant(value=None)):
                return self._instance_of(module, left, depth)
            case ast.Name() | ast.Attribute():
                symbol = self._expression(module, annotation, depth)
                if isinstance(symbol, ClassSymbol):
                    return Instance(symbol)
                if isinstance(symbol, External) and not symbol.dotted.startswith("builtins."):
                    is_context = symbol.dotted.startswith("azure.") and _CONTEXT_CLASS.search(symbol.dotted)
                    return Context() if is_context else External(f"{symbol.dotted}()")
        return None

    def _dotted(self, dotted: str, depth: int) -> Symbol | None:
        if depth > _DEEPEST:
            return None
        parts = dotted.split(".")
        for end in range(len(parts), 0, -1):
            module = self.project.find(".".join(parts[:end]))
            if module is not None:
                symbol: Symbol | None = ModuleSymbol(module)
                for part in parts[end:]:
                    symbol = self._member(symbol, part, depth + 1) if symbol is not None else None
                return symbol
        return External(self.project.external_name(dotted))

    def _member(self, symbol: Symbol, name: str, depth: int) -> Symbol | None:
        match symbol:
            case External(dotted):
                if name in _SAME_AGAIN.get(dotted, ()):
                    return symbol
                # a package may be the app's only below a folder: azure is not, azure_helpers.x may be
                member = f"{dotted}.{name}"
                if self.project.has_folder(dotted) and (module := self.project.find(member)):
                    return ModuleSymbol(module)
                return External(member)
            case ModuleSymbol(module):
                return self._module_member(module, name, depth)
            case ClassSymbol():
                return self._method(symbol, name, depth)
            case Instance(of):
                return self._method(of, name, depth) or self._attribute(of, name, depth)
            case Context(""):
                return Context(name)
        return None

    def _module_member(self, module: Module, name: str, depth: int) -> Symbol | None:
        scope = module.scopes.module
        bindings = scope.bindings.get(name, [])
        if len(bindings) == 1 or (bindings and all(isinstance(b, Imported) for b in bindings)):
            return self._binding(module, scope, bindings[0], depth + 1)
        if bindings or depth > _DEEPEST:
            return None
        if other := self.project.find(f"{module.dotted}.{name}" if module.dotted else name):
            return ModuleSymbol(other)
        found = self._star(module, name, depth + 1)
        return None if isinstance(found, External) and found.dotted.startswith("builtins.") else found

    def _method(self, owner: ClassSymbol, name: str, depth: int) -> Function | None:
        match owner.scope.bindings.get(name):
            case [Defined(ast.FunctionDef() | ast.AsyncFunctionDef() as node)]:
                return owner.module.function(node, owner)
        for base in owner.node.bases if depth <= _DEEPEST else ():
            symbol = self._expression(owner.module, base, depth + 1)
            if isinstance(symbol, ClassSymbol) and (found := self._method(symbol, name, depth + 1)):
                return found
        return None

    def _attribute(self, owner: ClassSymbol, name: str, depth: int) -> Symbol | None:
        """What ``self.name`` holds, if ``__init__`` is the one place that sets it."""
        init = self._method(owner, "__init__", depth)
        if init is None or not init.parameters or depth > _DEEPEST:
            return None
        itself = init.parameters[0].arg
        for node in init.own_nodes():
            targets = (
                node.targets
                if isinstance(node, ast.Assign)
                else [node.target]
                if isinstance(node, ast.AnnAssign)
                else []
            )
            for target in targets:
                match target:
                    case ast.Attribute(value=ast.Name(id=owner_name), attr=attribute) if (
                        owner_name == itself and attribute == name
                    ):
                        assert isinstance(node, (ast.Assign, ast.AnnAssign))
                        return self._expression(init.module, node.value, depth + 1) if node.value else None
        return None

    def _result(self, called: Symbol | None, call: ast.Call) -> Symbol | None:
        match called:
            case ClassSymbol():
                return Instance(called)
            case External(dotted):
                base, _, last = dotted.rpartition(".")
                if f"{last}()" in _SAME_AGAIN.get(base, ()):
                    return External(base)
                seeded = "seeded" if (call.args or call.keywords) and _SEEDED.search(dotted) else ""
                return External(f"{dotted}({seeded})")
        return None


_SEEDED = re.compile(r"^random\.Random$|\.random\.(default_rng|RandomState|Generator)$")
