"""Finds the orchestrators of an app, in both programming models.

v2: a function under ``@<anything>.orchestration_trigger(...)`` or ``generic_trigger(type="orchestrationTrigger")``.
v1: a function handed to ``df.Orchestrator`` or ``df.Orchestrator.create``, and the entry point of a
``function.json`` with an ``orchestrationTrigger``. In the same way it knows activities, entities and clients.
"""

from __future__ import annotations

import ast
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from funchost.lint.project import External, Function, Module, ModuleSymbol
from funchost.lint.resolve import Resolver

_DECORATORS = {
    "orchestration_trigger": "orchestrationTrigger",
    "activity_trigger": "activityTrigger",
    "entity_trigger": "entityTrigger",
}
_ORCHESTRATOR = "azure.durable_functions.Orchestrator"
_AGENT = "durable_openai_agent_orchestrator"


@dataclass(frozen=True, slots=True)
class Orchestrator:
    """One orchestrator. ``is_agent``: the SDK's agents integration drives it, so it is no generator."""

    function: Function
    context: str | None  # the parameter that holds the context
    is_agent: bool = False


def trigger_of(resolver: Resolver, function: Function) -> str | None:
    """The type of a function's trigger, from its decorators or its ``function.json``; None for a plain function."""
    if function in resolver.activities:
        return "activityTrigger"
    if isinstance(function.node, ast.Lambda):
        return None
    for decorator in function.node.decorator_list:
        found = _trigger(resolver, function.module, decorator)
        if found is not None:
            return found[0]
    return None


def find_orchestrators(resolver: Resolver, modules: list[Module], root: Path) -> list[Orchestrator]:
    """Every orchestrator in the modules, each once, in the order of the text; those of v1's entry points last."""
    found: dict[Function, Orchestrator] = {}
    for module in modules:
        for node in ast.walk(module.source.tree):
            match node:
                case ast.FunctionDef() | ast.AsyncFunctionDef() if node.decorator_list:
                    function = module.function(node)
                    for orchestrator in _decorated(resolver, function):
                        found.setdefault(function, orchestrator)
                case ast.Call():
                    for orchestrator in _handed_over(resolver, module, node):
                        found.setdefault(orchestrator.function, orchestrator)
    for _, function, binding in v1_functions(resolver, root, "orchestrationTrigger"):
        if not any(_delegates(resolver, function, other) for other in found):
            found.setdefault(function, Orchestrator(function, binding))
    resolver.activities.update(f for _, f, _ in v1_functions(resolver, root, "activityTrigger"))
    for orchestrator in found.values():
        if orchestrator.context is not None:
            resolver.contexts.add((orchestrator.function.scope, orchestrator.context))
    return list(found.values())


def v1_functions(resolver: Resolver, root: Path, trigger: str) -> list[tuple[str, Function, str | None]]:
    """Plain functions that a ``function.json`` names as entry point: folder, function, the trigger's parameter."""
    found = []
    for definition in sorted(root.glob("*/function.json")):
        try:
            fields: Any = json.loads(definition.read_text(encoding="utf-8-sig"))
            bindings = [b for b in fields["bindings"] if b.get("type") == trigger]
        except (OSError, ValueError, KeyError, TypeError, AttributeError):
            continue  # starting the app reports what is wrong with it
        if not bindings:
            continue
        script = definition.parent / str(fields.get("scriptFile") or "__init__.py")
        if not script.resolve().is_relative_to(root.resolve()) or not script.is_file():
            continue
        module = resolver.project.load(script)
        entry_point = str(fields.get("entryPoint") or "main")
        symbol = resolver.member(ModuleSymbol(module), entry_point) if module else None
        if isinstance(symbol, Function):
            found.append((definition.parent.name, symbol, bindings[0].get("name")))
    return found


def _decorated(resolver: Resolver, function: Function) -> list[Orchestrator]:
    assert not isinstance(function.node, ast.Lambda)
    for decorator in function.node.decorator_list:
        found = _trigger(resolver, function.module, decorator)
        if found is not None and found[0] == "orchestrationTrigger":
            is_agent = any(_AGENT in ast.unparse(d) for d in function.node.decorator_list)
            return [Orchestrator(function, _parameter(function, found[1]), is_agent)]
    return []


def _handed_over(resolver: Resolver, module: Module, call: ast.Call) -> list[Orchestrator]:
    """``df.Orchestrator.create(fn)``, ``df.Orchestrator(fn)``, ``app.orchestration_trigger(...)(fn)``."""
    if not call.args:
        return []
    context_name: str | None = None
    if isinstance(call.func, ast.Call):
        found = _trigger(resolver, module, call.func)
        if found is None or found[0] != "orchestrationTrigger":
            return []
        context_name = found[1]
    else:
        called = resolver(module, call.func)
        if not isinstance(called, External) or not _is_orchestrator_class(called.dotted):
            return []
    function = resolver(module, call.args[0])
    if not isinstance(function, Function):
        return []
    return [Orchestrator(function, _parameter(function, context_name))]


def _is_orchestrator_class(dotted: str) -> bool:
    name = dotted.removesuffix(".create").replace(".orchestrator.Orchestrator", ".Orchestrator")
    return name == _ORCHESTRATOR


def _trigger(resolver: Resolver, module: Module, decorator: ast.expr) -> tuple[str, str | None] | None:
    """Trigger type and, where it is given, the parameter's name of one decorator."""
    if not isinstance(decorator, ast.Call):
        return None
    factory = _attribute_behind(resolver, module, decorator.func)
    keywords = {k.arg: k.value.value for k in decorator.keywords if isinstance(k.value, ast.Constant)}
    if factory in _DECORATORS:
        given = [a.value for a in decorator.args[:1] if isinstance(a, ast.Constant)]
        name = keywords.get("context_name", keywords.get("input_name", given[0] if given else None))
        return _DECORATORS[factory], name if isinstance(name, str) else None
    if factory == "generic_trigger":
        kind, name = keywords.get("type"), keywords.get("arg_name")
        return (str(kind), name if isinstance(name, str) else None) if kind else None
    return None


def _attribute_behind(resolver: Resolver, module: Module, expression: ast.expr) -> str | None:
    """``orchestration_trigger`` of ``app.orchestration_trigger``, and of a name that stands for it."""
    for _ in range(5):
        if isinstance(expression, ast.Attribute):
            return expression.attr
        found = resolver.binding(module, expression) if isinstance(expression, ast.Name) else None
        value = getattr(found[1], "value", None) if found else None
        if not isinstance(value, ast.expr):
            return None
        expression = value
    return None


def _parameter(function: Function, name: str | None) -> str | None:
    """The parameter that holds the context: the one named by the decorator, else the first."""
    names = [argument.arg for argument in function.parameters]
    return name if name in names else names[0] if names else None


def _delegates(resolver: Resolver, function: Function, orchestrator: Function) -> bool:
    """Whether a v1 entry point only hands its context on: ``return df.Orchestrator(fn).handle(context)``."""
    if function is orchestrator:
        return False
    for node in function.own_nodes():
        if isinstance(node, ast.Call) and node.args:
            called = resolver(function.module, node.func)
            if isinstance(called, External) and _is_orchestrator_class(called.dotted):
                return resolver(function.module, node.args[0]) is orchestrator
    return False
