"""Values on their way to a function and back, through the SDK's own converters.

Source: functions-host reference B.4, C.4, C.5. Imported by worker processes: standard library and the app's SDK.
"""

from __future__ import annotations

import traceback
from pathlib import Path
from typing import Any

from funchost.app import converters
from funchost.app.checks import CLIENT_BINDINGS, Parameter
from funchost.app.loader import LoadedFunction
from funchost.worker import http_values
from funchost.worker.context import Context, Out, TraceContext
from funchost.worker.contract import (
    Failed,
    HttpRequestData,
    HttpResponseData,
    Invocation,
    InvocationResult,
    Succeeded,
    TriggerValue,
)

NO_MESSAGE = "Unhandled exception in function. Could not serialize original exception message."

_THIS_ROOM = str(Path(__file__).parent)


def arguments_for(loaded: LoadedFunction, invocation: Invocation) -> tuple[dict[str, Any], dict[str, Out]]:
    """Every argument by name, and those among them that are outputs."""
    trigger = loaded.info.trigger
    arguments: dict[str, Any] = {}
    for name, parameter in loaded.signature.inputs.items():
        if name == trigger.name:
            datum = _trigger_datum(trigger.type, invocation.trigger)
        else:
            datum = converters.make_datum(invocation.inputs[name], "string")
        arguments[name] = _decode(parameter, datum)
    outputs = {name: Out() for name in loaded.signature.outputs}
    arguments |= outputs
    if loaded.signature.wants_context:
        arguments["context"] = _context(loaded, invocation)
    return arguments, outputs


def result_of(loaded: LoadedFunction, value: Any, outputs: dict[str, Out]) -> InvocationResult:
    """What a function returned or set, as the host wants it. Raises as the worker does for what cannot be sent."""
    signature, trigger = loaded.signature, loaded.info.trigger
    if value is not None and signature.returns is None:
        raise RuntimeError(f"function {loaded.info.name!r} without a $return binding returned a non-None value")
    if trigger.type == "httpTrigger":
        if signature.returns is not None and signature.returns.converter not in CLIENT_BINDINGS:
            return Succeeded(value=_http_response(signature.returns, value))
        for name, parameter in signature.outputs.items():
            if (given := outputs[name].get()) is not None:
                return Succeeded(value=_http_response(parameter, given))
        return Succeeded(value=http_values.NO_CONTENT)
    if signature.returns is None:
        return Succeeded(value=None)
    if signature.returns.converter in CLIENT_BINDINGS:
        _encode(signature.returns, value)  # there is nobody to take it, but the worker looks whether it could
        return Succeeded(value=None)
    return Succeeded(value=_durable_text(signature.returns, value))


def failure_of(error: BaseException) -> Failed:
    """An exception as the host wants it: the traceback of its cause too, without this room's own frames."""
    try:
        return Failed(error_type=type(error).__name__, message=str(error), stack=_stack(error))
    except Exception:  # a __str__ of the app's own may raise; the worker then says this instead of the type
        return Failed(error_type="", message=NO_MESSAGE, stack=_stack(error))


def _trigger_datum(trigger_type: str, value: TriggerValue) -> converters.Datum:
    if isinstance(value, HttpRequestData):
        parts = http_values.request_parts(value)
        datum = converters.make_datum
        return datum(
            {
                "method": datum(parts["method"], "string"),
                "url": datum(parts["url"], "string"),
                "headers": {n: datum(v, "string") for n, v in parts["headers"].items()},
                "query": {n: datum(v, "string") for n, v in parts["query"].items()},
                "params": {n: datum(v, "string") for n, v in parts["params"].items()},
                "body": datum(parts["body"], "bytes"),
            },
            "http",
        )
    return converters.make_datum(value, "json" if trigger_type == "timerTrigger" else "string")


def _decode(parameter: Parameter, datum: converters.Datum) -> Any:
    converter = converters.converter(parameter.converter)
    try:
        return converter.decode(datum, trigger_metadata={})
    except NotImplementedError:
        raise TypeError(
            "unable to decode incoming TypedData: unsupported combination of TypedData field "
            f"{datum.type!r} and expected binding type {parameter.converter}"
        ) from None


def _encode(parameter: Parameter, value: Any) -> converters.Datum | None:
    converter = converters.converter(parameter.converter)
    try:
        return converter.encode(value, expected_type=parameter.annotation)
    except NotImplementedError:
        raise TypeError(
            f'unable to encode outgoing TypedData: unsupported type "{parameter.converter}" for Python type '
            f'"{type(value).__name__}"'
        ) from None


def _http_response(parameter: Parameter, value: Any) -> HttpResponseData:
    datum = _encode(parameter, value)
    if datum is None or datum.value is None:
        return http_values.NO_CONTENT
    if datum.type == "http":
        return http_values.response_from_parts(datum.value)
    if isinstance(datum.value, bytes):
        text = (("Content-Type", http_values.TEXT),)
        return HttpResponseData(status_code=200, headers=text, body=datum.value)
    return http_values.response_from_text(str(datum.value))


def _durable_text(parameter: Parameter, value: Any) -> str:
    datum = _encode(parameter, value)
    text = None if datum is None else datum.value
    if not isinstance(text, str):
        raise TypeError(
            f'unable to encode outgoing TypedData: the function of type "{parameter.converter}" gave '
            f'"{type(text).__name__}" where JSON text is expected'
        )
    return text


def _context(loaded: LoadedFunction, invocation: Invocation) -> Context:
    trace = TraceContext()
    if isinstance(invocation.trigger, HttpRequestData):
        headers = {name.lower(): value for name, value in invocation.trigger.headers}
        trace = TraceContext(headers.get("traceparent", ""), headers.get("tracestate", ""))
    return Context(loaded.info.name, loaded.info.directory, invocation.invocation_id, trace)


def _stack(error: BaseException) -> str:
    parts = [_frames(error)]
    seen = {id(error)}
    while True:
        if error.__cause__ is not None:
            inner, link = error.__cause__, "The above exception was the direct cause of the following exception:"
        elif error.__context__ is not None and not error.__suppress_context__:
            inner, link = error.__context__, "During handling of the above exception, another exception occurred:"
        else:
            break
        if id(inner) in seen:
            break
        seen.add(id(inner))
        shown = "".join(traceback.format_exception_only(inner)).rstrip()
        parts[:0] = [_frames(inner) + shown, f"\n\n{link}\n\n"]
        error = inner
    return "".join(parts).rstrip("\n")


def _frames(error: BaseException) -> str:
    frames = traceback.extract_tb(error.__traceback__)
    while frames and frames[0].filename.startswith(_THIS_ROOM):
        del frames[0]
    return "".join(traceback.format_list(frames))
