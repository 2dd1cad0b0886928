"""What user code may ask for beside its inputs: ``func.Context`` and ``func.Out``.

Plain classes with the members of the SDK's abstract ones, as in the Python worker.
Imported by worker processes: standard library only.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from funchost.worker.logs import thread_local_storage


@dataclass(frozen=True, slots=True)
class TraceContext:
    """W3C trace context: that of the HTTP request, empty otherwise."""

    trace_parent: str = ""
    trace_state: str = ""
    attributes: Mapping[str, str] = field(default_factory=dict)

    # The worker's older spellings, still found in apps.

    @property
    def Traceparent(self) -> str:
        return self.trace_parent

    @property
    def Tracestate(self) -> str:
        return self.trace_state

    @property
    def Attributes(self) -> Mapping[str, str]:
        return self.attributes


@dataclass(frozen=True, slots=True)
class RetryContext:
    """The host runs every function once, so there is never a retry to tell of."""

    retry_count: int = 0
    max_retry_count: int = 0
    exception: None = None


@dataclass(frozen=True, slots=True)
class Context:
    function_name: str
    function_directory: str
    invocation_id: str
    trace_context: TraceContext = TraceContext()
    retry_context: RetryContext = RetryContext()

    @property
    def thread_local_storage(self) -> threading.local:
        return thread_local_storage


class Out:
    """The value of an output parameter; None until it is set."""

    def __init__(self) -> None:
        self._value: Any = None

    def set(self, val: Any) -> None:
        self._value = val

    def get(self) -> Any:
        return self._value
