"""Checks one function before it may run: names and bindings (the host's rules), parameters (the worker's).

Source: functions-host reference B.2 and B.9, and the published Python worker runtime for which annotation
counts as what. Texts are the host's and the worker's own, since people search for them.
Imported by worker processes: standard library only.
"""

from __future__ import annotations

import collections.abc
import inspect
import re
import typing
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from funchost.app import converters
from funchost.app.index import TRIGGERS_RUN, Binding
from funchost.app.problems import FunctionRefused, user_function

FUNCTION_NAME = re.compile(r"[a-z][a-z0-9_\-]{0,127}", re.IGNORECASE | re.ASCII)
BINDING_NAME = re.compile(r"(?!.*__)[A-Za-z_][A-Za-z0-9_]{0,127}", re.ASCII)
CLASSES_ONLY = (
    "Azure's Python worker refuses it too: it takes classes, and generics of typing such as typing.List[int]. "
    "Write one of those (dict for dict[str, int]), or leave the annotation out."
)
CLIENT_BINDINGS = frozenset({"durableClient", "orchestrationClient"})


@dataclass(frozen=True, slots=True)
class Parameter:
    """How the value of one binding is converted: by which converter, for which annotation."""

    converter: str
    annotation: Any = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Signature:
    """What a function takes and gives, by parameter name. ``returns`` None: nothing may be returned."""

    inputs: Mapping[str, Parameter]
    outputs: Mapping[str, Parameter] = field(default_factory=dict)
    returns: Parameter | None = None
    wants_context: bool = False


def check_names(name: str, bindings: Sequence[Binding]) -> Binding:
    """Check a function's name and its bindings as the host does; give its trigger.

    Raises ``FunctionRefused`` with the host's own sentence.
    """
    if not FUNCTION_NAME.fullmatch(name) or name.lower() == "host":
        raise FunctionRefused(f"'{name}' is not a valid function name.")
    if not bindings:
        raise FunctionRefused("At least one binding must be declared.")
    for binding in bindings:
        if binding.name != "$return" and not BINDING_NAME.fullmatch(binding.name):
            raise FunctionRefused(
                f"The binding name {binding.name} is invalid. Please assign a valid name to the binding."
            )
    names = [binding.name for binding in bindings]
    for repeated in (n for n in names if names.count(n) > 1):
        raise FunctionRefused(f"Multiple bindings with name '{repeated}' discovered. Binding names must be unique.")
    triggers = [binding for binding in bindings if binding.type.lower().endswith("trigger")]
    if not triggers:
        raise FunctionRefused("No trigger binding specified. A function must have a trigger input binding.")
    if len(triggers) > 1:
        raise FunctionRefused(
            "Multiple trigger bindings defined. A function can only have a single trigger binding."
        )
    return triggers[0]


def check_runs_here(trigger: Binding, bindings: Sequence[Binding]) -> None:
    """Refuse what funchost does not run, by name: other triggers, bindings to other services, and SDK 2.x.

    Bindings of SDK 2.x say that they need the gRPC protocol; its functions would fail at their first call.
    """
    if any(binding.properties.get("durableRequiresGrpc") for binding in bindings):
        raise FunctionRefused(
            "it is declared with SDK 2.x (azure-functions-durable 2.0 or newer), whose gRPC protocol funchost does "
            "not speak. Pin azure-functions-durable>=1.7,<2 in requirements.txt and install it again."
        )
    if trigger.type not in TRIGGERS_RUN:
        raise FunctionRefused(
            f"its trigger is of type '{trigger.type}', which funchost does not run "
            f"(it runs {', '.join(sorted(TRIGGERS_RUN))}). Run the app with Azure Functions Core Tools to use it; "
            "the other functions of this app work here."
        )
    for binding in bindings:
        runs = (
            binding is trigger
            or (binding.type in CLIENT_BINDINGS and binding.direction == "in")
            or (binding.type == "http" and binding.direction == "out")
        )
        if not runs and binding.direction != "inout" and binding.name != "$return":
            raise FunctionRefused(
                f"its {binding.direction} binding '{binding.name}' is of type '{binding.type}', which funchost "
                "does not run. Run the app with Azure Functions Core Tools to use it; the other functions of this "
                "app work here."
            )


def check_durable(trigger: Binding, bindings: Sequence[Binding], function: Callable[..., Any]) -> None:
    """Refuse durable functions that load but can never work: each call would fail, far from the cause."""
    inner = inspect.unwrap(user_function(function))
    is_async = inspect.iscoroutinefunction(inner) or inspect.isasyncgenfunction(inner)
    if trigger.type == "orchestrationTrigger" and is_async:
        raise FunctionRefused(
            f"the orchestrator '{inner.__name__}' is declared with 'async def'. An orchestrator is replayed by the "
            "SDK as a generator: declare it with 'def' and use 'yield' where you wrote 'await'."
        )
    if trigger.type == "entityTrigger" and is_async:
        raise FunctionRefused(
            f"the entity '{inner.__name__}' is declared with 'async def', and the SDK does not await it: "
            "declare it with 'def'."
        )
    has_rich_client = hasattr(function, "client_function")
    if has_rich_client and any(b.type in CLIENT_BINDINGS for b in bindings) and not is_async:
        raise FunctionRefused(
            f"the function '{inner.__name__}' takes a durable client and is declared with 'def'. The client's "
            "methods are coroutines: declare the function with 'async def' and 'await' them."
        )


def check_parameters(
    function: Callable[..., Any], bindings: Sequence[Binding], programming_model: str
) -> Signature:
    """Match parameters and annotations against bindings as the Python worker does.

    Raises ``FunctionRefused`` with the worker's own sentence (without its ``cannot load`` beginning).
    """
    for binding in bindings:
        if binding.direction == "inout":
            raise FunctionRefused('"inout" bindings are not supported')
        if binding.name == "$return" and binding.direction != "out":
            raise FunctionRefused('"$return" binding must have direction set to "out"')
    parameters = set(inspect.signature(function).parameters)
    annotations = _annotations(function)
    bound = {binding.name: binding for binding in bindings if binding.name != "$return"}
    wants_context = "context" in parameters and "context" not in bound
    if wants_context:
        parameters.discard("context")
        _check_context(annotations)
    _check_same_names(parameters, set(bound), programming_model)
    inputs: dict[str, Parameter] = {}
    outputs: dict[str, Parameter] = {}
    for name, binding in bound.items():
        parameter = _check_parameter(binding, name in annotations, annotations.get(name), programming_model)
        (outputs if binding.direction == "out" else inputs)[name] = parameter
    return Signature(
        inputs=inputs,
        outputs=outputs,
        returns=_check_return(bindings, annotations),
        wants_context=wants_context,
    )


def _annotations(function: Callable[..., Any]) -> dict[str, Any]:
    try:
        return typing.get_type_hints(function)
    except Exception as error:
        raise FunctionRefused(f"its annotations cannot be read: {type(error).__name__}: {error}") from error


def _check_context(annotations: Mapping[str, Any]) -> None:
    if "context" not in annotations:
        return
    annotation = annotations["context"]
    if not isinstance(annotation, type) or annotation.__name__ != "Context":
        raise FunctionRefused(
            f'the "context" parameter is expected to be of type azure.functions.Context, got "{annotation!r}"'
        )


def _check_same_names(parameters: set[str], bound: set[str], programming_model: str) -> None:
    if extra := parameters - bound:
        definition = (
            "function.json: "
            if programming_model == "v1"
            else "the function definition (function.json or function decorators):  "
        )
        raise FunctionRefused(
            f"the following parameters are declared in Python but not in {definition}{_set(extra)}"
        )
    if missing := bound - parameters:
        known = (
            "the following parameters are declared in function.json but not in Python"
            if programming_model == "v1"
            else "Extra parameters in binding definition \N{EM DASH} the following parameters are declared as "
            "bindings but are not present in Python"
        )
        raise FunctionRefused(f"{known}: {_set(missing)}")


def _set(names: set[str]) -> str:
    return "{" + ", ".join(repr(name) for name in sorted(names)) + "}"


def _check_parameter(binding: Binding, annotated: bool, annotation: Any, programming_model: str) -> Parameter:
    name = binding.name
    definition = "function.json" if programming_model == "v1" else "the binding decorator"
    origin = typing.get_origin(annotation) or annotation
    is_out = annotated and isinstance(origin, type) and origin.__name__ == "Out"
    if is_out:
        arguments = typing.get_args(annotation)
        if len(arguments) != 1:
            raise FunctionRefused(f"binding {name} has invalid Out annotation {annotation!r}")
        pytype: Any = arguments[0]
    else:
        pytype = annotation
    if annotated and not isinstance(pytype, type) and not _is_generic(pytype):
        raise FunctionRefused(f"binding {name} has invalid non-type annotation {annotation!r}. {CLASSES_ONLY}")
    if binding.direction == "out" and annotated and not is_out:
        raise FunctionRefused(
            f'binding {name} is declared to have the "out" direction, but its annotation in Python is not a '
            "subclass of azure.functions.Out"
        )
    if binding.direction != "out" and is_out:
        raise FunctionRefused(
            f'binding {name} is declared to have the "in" direction in {definition}, but its annotation is '
            "azure.functions.Out in Python"
        )
    as_text = annotated and pytype in (str, bytes) and not converters.has_implicit_output(binding.type)
    converter = "generic" if as_text else binding.type
    if annotated and not converters.accepts(converter, pytype, out=is_out):
        wrong = getattr(pytype, "__name__", pytype)
        if programming_model == "v1" and binding.properties.get("dataType") is None:
            raise FunctionRefused(
                f'type of {name} binding in {definition} "{binding.type}" does not match its Python annotation '
                f'"{wrong}"'
            )
        raise FunctionRefused(
            f'binding type "{name!r}" and dataType "{binding.type}" in {definition} do not match the corresponding '
            f"function parameter's Python type annotation {wrong}"
        )
    return Parameter(converter, pytype)


def _is_generic(annotation: Any) -> bool:
    """Whether the worker lets an annotation pass that is not a class: ``typing.List[int]`` yes, ``list[int]`` no.

    The worker knows the aliases of ``typing`` only, so on Python 3.11 and later a builtin generic, like a union,
    is refused; funchost refuses what Azure would refuse.
    """
    if isinstance(annotation, (type(typing.List[int]), type(typing.List))):  # noqa: UP006
        return typing.get_origin(annotation) not in (
            typing.Union,
            tuple,
            typing.ClassVar,
            collections.abc.Callable,
        )
    return False


def _check_return(bindings: Sequence[Binding], annotations: Mapping[str, Any]) -> Parameter | None:
    explicit = next((b for b in bindings if b.name == "$return"), None)
    annotation = annotations.get("return")
    if explicit is not None and "return" in annotations:
        origin = typing.get_origin(annotation)
        if getattr(origin, "__name__", None) == "Out":
            raise FunctionRefused("return annotation should not be azure.functions.Out")
        if not isinstance(annotation, type):
            raise FunctionRefused(f"has invalid non-type return annotation {annotation!r}. {CLASSES_ONLY}")
        if not converters.accepts(explicit.type, annotation, out=True):
            raise FunctionRefused(
                f'Python return annotation "{annotation.__name__}" does not match binding type "{explicit.type}"'
            )
    if explicit is not None:
        return Parameter(explicit.type, annotation)
    implicit = [b.type for b in bindings if converters.has_implicit_output(b.type)]
    return Parameter(implicit[-1], annotation) if implicit else None
