"""Stand-ins for the protobuf messages between host and worker, of which the packages need names and fields only."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any


class _Message(SimpleNamespace):
    """Any message: holds the fields it was made with."""


class TypedData(_Message):
    """A value and which of the kinds it is."""

    def WhichOneof(self, name: str) -> str | None:
        return next(iter(vars(self)), None)


class ParameterBinding(_Message):
    """The value of one parameter."""

    def WhichOneof(self, name: str) -> str:
        return "data"


class BindingInfo(_Message):
    """A binding; directions have the numbers of the enum in the protocol."""

    undefined = 0
    out = 1
    inout = 2


class StatusResult(_Message):
    Failure = 0
    Success = 1


class RpcHttpCookie(_Message):
    SameSite = SimpleNamespace(**{"None": "", "Lax": "lax", "Strict": "strict", "ExplicitNone": "none"})


class NullableString(_Message): ...


class NullableBool(_Message): ...


class NullableDouble(_Message): ...


class NullableTimestamp(_Message): ...


class RpcHttp(_Message): ...


class RpcException(_Message): ...


class InvocationResponse(_Message): ...


DIRECTIONS = {"in": 0, "out": 1, "inout": 2}


def no_trace() -> dict[str, Any]:
    """What an invocation says of tracing and retries when there is neither."""
    return {
        "trace_context": SimpleNamespace(trace_parent="", trace_state="", attributes={}),
        "retry_context": SimpleNamespace(retry_count=0, max_retry_count=0, exception=None),
        "trigger_metadata": {},
    }
