"""The SDK's own converters, looked up by binding type; text and bytes for a type the SDK does not know.

Imported by worker processes after the app's packages are on the path: standard library and the app's SDK only.
"""

from __future__ import annotations

import json
from typing import Any, Protocol, cast


class Datum(Protocol):
    """A value on its way in or out, as the SDK's converters take and give it."""

    value: Any
    type: str | None


class Converter(Protocol):
    """The part of a converter class of ``azure.functions.meta`` that is used here."""

    def decode(self, data: Datum, *, trigger_metadata: Any) -> Any: ...

    def encode(self, obj: Any, *, expected_type: Any) -> Datum | None: ...

    def check_input_type_annotation(self, pytype: Any) -> bool: ...

    def check_output_type_annotation(self, pytype: Any) -> bool: ...


class _TextOrBytes:
    """Stands in for a binding type without a converter, as the Python worker's generic binding does."""

    def decode(self, data: Datum, *, trigger_metadata: Any) -> Any:
        return data.value

    def encode(self, obj: Any, *, expected_type: Any) -> Datum | None:
        if isinstance(obj, (bytes, bytearray)):
            return make_datum(bytes(obj), "bytes")
        if obj is None or isinstance(obj, str):
            return make_datum(obj, None if obj is None else "string")
        if isinstance(obj, (dict, list, int, float)):
            return make_datum(json.dumps(obj), "json")
        raise NotImplementedError

    def check_input_type_annotation(self, pytype: Any) -> bool:
        return issubclass(pytype, (str, bytes))

    def check_output_type_annotation(self, pytype: Any) -> bool:
        return issubclass(pytype, (str, bytes, bytearray))


_GENERIC = _TextOrBytes()


def make_datum(value: Any, type_name: str | None) -> Datum:
    from azure.functions import meta  # the app's SDK: there only after the app's packages are on the path

    return cast("Datum", meta.Datum(value, type_name))


def converter(binding_type: str) -> Converter:
    """The converter registered for a binding type. SDK 2.x registers its own for the durable bindings."""
    from azure.functions import meta

    found = meta.get_binding_registry().get(binding_type)
    return _GENERIC if found is None else cast("Converter", found)


def has_implicit_output(binding_type: str) -> bool:
    """Whether a function with this binding may return a value without a ``$return`` binding.

    The worker exempts ``durableClient`` and forgets its old name, ``orchestrationClient``.
    """
    found = converter(binding_type)
    if found is _GENERIC:
        return binding_type != "durableClient"
    implicit = getattr(found, "has_implicit_output", None)
    return bool(implicit()) if implicit is not None else False


def accepts(binding_type: str, annotation: Any, *, out: bool) -> bool:
    """Whether a parameter (or, with ``out``, an output) of this binding may carry this annotation."""
    found = converter(binding_type)
    check = getattr(found, "check_output_type_annotation" if out else "check_input_type_annotation", None)
    if check is None:
        return False
    try:
        return bool(check(annotation))
    except TypeError:  # the SDK's checks hand the annotation to issubclass(), which takes classes only
        return False
