"""Names and values in Bicep files, compared with the models that Azure's own Python SDK has of each resource.

A Bicep compiler checks more (types of expressions, scopes, what is known when a deployment starts) and has to be
downloaded. The models come from the package index: every property that a resource may have, under its name in the
REST API; which can be set and which have to be; and for many of them the list of their values.
"""

from __future__ import annotations

import importlib
import typing
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import Enum
from types import ModuleType
from typing import Any

# Type of resource in Bicep: the module and the class of its model.
MODELS = {
    "Microsoft.Authorization/roleAssignments": ("authorization", "RoleAssignmentCreateParameters"),
    "Microsoft.DurableTask/schedulers": ("durabletask", "Scheduler"),
    "Microsoft.DurableTask/schedulers/taskHubs": ("durabletask", "TaskHub"),
    "Microsoft.Insights/components": ("applicationinsights", "ApplicationInsightsComponent"),
    "Microsoft.ManagedIdentity/userAssignedIdentities": ("msi", "Identity"),
    "Microsoft.OperationalInsights/workspaces": ("loganalytics", "Workspace"),
    "Microsoft.Resources/resourceGroups": ("resource.resources", "ResourceGroup"),
    "Microsoft.Storage/storageAccounts": ("storage", "StorageAccountCreateParameters"),
    "Microsoft.Storage/storageAccounts/blobServices": ("storage", "BlobServiceProperties"),
    "Microsoft.Storage/storageAccounts/blobServices/containers": ("storage", "BlobContainer"),
    "Microsoft.Web/serverfarms": ("web", "AppServicePlan"),
    "Microsoft.Web/sites": ("web", "Site"),
}
PACKAGES = tuple(sorted({f"azure-mgmt-{module.partition('.')[0]}" for module, _ in MODELS.values()}))

# Words of Bicep itself in a resource, besides its properties. The parser spells dependsOn with an underscore.
BICEP = {"name", "parent", "scope", "dependsOn", "depends_on"}
# How the parser shows an expression, whose value only a compiler knows.
EXPRESSIONS = {"operator", "function", "functions", "condition"}
A_SYMBOL: dict[str, Any] = {"operator": "a symbol"}


@dataclass(frozen=True, slots=True)
class Field:
    """A property of a model: its type (None: unknown, not looked into), and whether it can, or must, be set."""

    type: Any
    settable: bool = True
    required: bool = False


def problems(document: Mapping[str, Any]) -> Iterator[str]:
    """What is wrong with the resources of one file, one sentence each.

    Args:
        document: As the parser ``pycep`` gives it.
    """
    symbols = {name for part in ("parameters", "variables", "resources") for name in document.get(part, {})}
    for symbol, resource in document.get("resources", {}).items():
        kind = resource["type"]
        if kind not in MODELS:
            yield f"{symbol}: no model is known of {kind}"
            continue
        config = resource["config"]
        if "loop_type" in config:
            config = config["config"]
        module, name = MODELS[kind]
        models = importlib.import_module(f"azure.mgmt.{module}.models")
        own = {key: without_symbols(value, symbols) for key, value in config.items() if key not in BICEP}
        yield from object_problems(own, fields_of(getattr(models, name), models), models, symbol)


def without_symbols(value: Any, symbols: set[str]) -> Any:
    """A value in which names of parameters and variables, which the parser gives as texts, are expressions."""
    if isinstance(value, dict):
        return {key: without_symbols(item, symbols) for key, item in value.items()}
    if isinstance(value, list):
        return [without_symbols(item, symbols) for item in value]
    return A_SYMBOL if isinstance(value, str) and value in symbols else value


def object_problems(
    value: Mapping[str, Any], fields: Mapping[str, Field], models: ModuleType, path: str
) -> Iterator[str]:
    """What is wrong with one object, and with what is in it."""
    for key, item in value.items():
        field = fields.get(key)
        if field is None:
            yield f"{path}.{key} is no property of it; there are {', '.join(sorted(fields))}"
        elif not field.settable:
            yield f"{path}.{key} cannot be set"
        else:
            yield from value_problems(item, field.type, models, f"{path}.{key}")
    for key, field in fields.items():
        if field.required and field.settable and key not in value and key not in BICEP:
            yield f"{path}.{key} is missing"


def value_problems(value: Any, wanted: Any, models: ModuleType, path: str) -> Iterator[str]:
    """What is wrong with a value of a type, as far as it is no expression."""
    if isinstance(value, dict) and EXPRESSIONS & value.keys():
        return
    if isinstance(value, list):
        for index, item in enumerate(value):
            yield from value_problems(item, item_type(wanted), models, f"{path}[{index}]")
    elif isinstance(value, dict) and isinstance(wanted, dict):
        yield from object_problems(value, wanted, models, path)
    elif isinstance(value, dict) and is_model(wanted):
        yield from object_problems(value, fields_of(wanted, models), models, path)
    elif isinstance(value, str) and "${" not in value:
        known = enumeration(wanted)
        if known is not None and value not in [member.value for member in known]:
            yield f"{path} is {value!r}, and can be {', '.join(str(member.value) for member in known)}"


# -- Models, of both generations of the SDK --------------------------------------------------------------------


def is_model(wanted: Any) -> bool:
    return isinstance(wanted, type) and (hasattr(wanted, "_attribute_map") or hasattr(wanted, "_is_model"))


def fields_of(model: type[Any], models: ModuleType) -> dict[str, Field]:
    """The properties of a model, under their names in the REST API."""
    described: Mapping[str, Any] | None = getattr(model, "_attribute_map", None)
    return _older(model, described, models) if described is not None else _newer(model, models)


def _newer(model: type[Any], models: ModuleType) -> dict[str, Field]:
    """Of a model whose properties are descriptors with type annotations."""
    hints = typing.get_type_hints(model, localns={"_models": models})
    fields: dict[str, Field] = {}
    for ancestor in reversed(model.__mro__):
        for name, descriptor in vars(ancestor).items():
            if type(descriptor).__name__ != "_RestField":
                continue
            visibility = descriptor._visibility
            settable = visibility is None or bool({"create", "update"} & set(visibility))
            wanted = hints[name]
            fields[descriptor._rest_name_input or name] = Field(
                plain(wanted), settable, required=type(None) not in typing.get_args(wanted)
            )
    return fields


def _older(model: type[Any], described: Mapping[str, Any], models: ModuleType) -> dict[str, Field]:
    """Of a model with a table of names, in which a dotted name is a property of a nested object."""
    rules: Mapping[str, Any] = getattr(model, "_validation", {})
    nested: dict[str, dict[str, Field]] = {}
    fields: dict[str, Field] = {}
    for name, entry in described.items():
        parent, _, key = entry["key"].rpartition(".")
        rule = rules.get(name, {})
        field = Field(
            getattr(models, entry["type"].strip("[]{}"), None),
            settable=not rule.get("readonly", False),
            required=bool(rule.get("required", False)),
        )
        (nested.setdefault(parent, {}) if parent else fields)[key] = field
    for parent, properties in nested.items():
        fields[parent] = Field(properties, required=any(field.required for field in properties.values()))
    return fields


def plain(wanted: Any) -> Any:
    """A type without its None."""
    options = [option for option in typing.get_args(wanted) if option is not type(None)]
    return options[0] if typing.get_origin(wanted) is typing.Union and len(options) == 1 else wanted


def item_type(wanted: Any) -> Any:
    """The type of a list's items; an older model's table gives it as it is."""
    return typing.get_args(wanted)[0] if typing.get_origin(wanted) is list else wanted


def enumeration(wanted: Any) -> type[Enum] | None:
    """The list of values that a type names, if it does."""
    for option in (wanted, *typing.get_args(wanted)):
        if isinstance(option, type) and issubclass(option, Enum):
            return option
    return None
