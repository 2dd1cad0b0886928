"""Everything an orchestrator runs: itself, and the functions of the app that it calls, however far away."""

from __future__ import annotations

import ast
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass

from funchost.lint.finding import Step
from funchost.lint.orchestrators import Orchestrator, trigger_of
from funchost.lint.project import ClassSymbol, External, Function
from funchost.lint.resolve import Resolver

# Builtins that call the function they are given.
_CALLERS = frozenset(
    {"builtins.map", "builtins.filter", "builtins.sorted", "builtins.min", "builtins.max", "functools.reduce"}
)


@dataclass(eq=False, slots=True)
class Reached:
    """A function that runs as part of an orchestration.

    ``is_driven``: what it yields goes to the SDK, for it is an orchestrator or is called with ``yield from``.
    """

    function: Function
    orchestrator: Orchestrator
    via: tuple[Step, ...]
    is_driven: bool

    @property
    def is_orchestrator(self) -> bool:
        return self.function is self.orchestrator.function


def reach(resolver: Resolver, orchestrators: list[Orchestrator]) -> list[Reached]:
    """Follow calls from every orchestrator, nearest first. Marks parameters that are given the context.

    A function that several orchestrators reach is listed once, by the shortest way from the first of them.
    """
    found: dict[Function, Reached] = {}
    waiting: deque[Reached] = deque()
    for orchestrator in orchestrators:
        function = orchestrator.function
        entry = Reached(function, orchestrator, (_step(function),), not orchestrator.is_agent)
        found[function] = entry
        waiting.append(entry)
    while waiting:
        caller = waiting.popleft()
        for called, call in _calls(resolver, caller.function):
            if trigger_of(resolver, called) is not None:
                continue  # an activity, or another orchestrator: they have rules of their own
            learned = _hand_context_on(resolver, caller.function, called, call)
            driven = caller.is_driven and _is_handed_to_the_sdk(caller.function, call)
            known = found.get(called)
            if known is None:
                known = Reached(called, caller.orchestrator, (*caller.via, _step(called)), driven)
                found[called] = known
            elif learned or (driven and not known.is_driven):
                known.is_driven = known.is_driven or driven
            else:
                continue
            waiting.append(known)
    return list(found.values())


def _is_handed_to_the_sdk(caller: Function, call: ast.Call) -> bool:
    """``yield from helper()``, or ``return helper()`` in a function that is no generator itself."""
    parent = caller.module.scopes.parents.get(call)
    return isinstance(parent, ast.YieldFrom) or (isinstance(parent, ast.Return) and not caller.yields)


def called_function(resolver: Resolver, function: Function, call: ast.Call) -> Function | None:
    """The app's own function that a call runs; for a class its ``__init__``."""
    symbol = resolver(function.module, call.func)
    if isinstance(symbol, ClassSymbol):
        return resolver.method(symbol, "__init__")
    return symbol if isinstance(symbol, Function) else None


def _calls(resolver: Resolver, function: Function) -> Iterator[tuple[Function, ast.Call]]:
    for node in function.own_nodes():
        if not isinstance(node, ast.Call):
            continue
        if called := called_function(resolver, function, node):
            yield called, node
        symbol = resolver(function.module, node.func)
        if isinstance(symbol, External) and symbol.dotted in _CALLERS:
            for value in (*node.args, *(k.value for k in node.keywords if k.arg == "key")):
                given = resolver(function.module, value)
                if isinstance(given, Function) and not isinstance(given.node, ast.Lambda):
                    yield given, node


def _hand_context_on(resolver: Resolver, caller: Function, called: Function, call: ast.Call) -> bool:
    """Mark the parameters that this call gives the context to; whether one of them is news."""
    before = len(resolver.contexts)
    positional = [*called.node.args.posonlyargs, *called.node.args.args]
    if called.owner is not None and "staticmethod" not in called.decorators:
        positional = positional[1:]
    for argument, value in zip(positional, call.args, strict=False):
        if isinstance(value, ast.Starred):
            break
        if resolver.is_context(caller.module, value):
            resolver.contexts.add((called.scope, argument.arg))
    names = {argument.arg for argument in called.parameters}
    for keyword in call.keywords:
        if keyword.arg in names and resolver.is_context(caller.module, keyword.value):
            resolver.contexts.add((called.scope, keyword.arg))
    return len(resolver.contexts) > before


def _step(function: Function) -> Step:
    name = f"{function.owner.node.name}.{function.name}" if function.owner else function.name
    return Step(name, function.module.source.path, function.node.lineno)
