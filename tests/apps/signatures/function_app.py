"""Functions with every kind of parameter, annotation and result, good and bad.

What becomes of each is for Microsoft's worker to say; funchost's must say the same.
"""

# ruff: noqa: UP006, UP007, UP035, UP045 - how an annotation is spelled decides what the worker makes of it

import json
from typing import Any, Dict, List, Optional, Union

import azure.durable_functions as df
import azure.functions as func
from more.blueprint import blueprint
from points import Point

app = df.DFApp(http_auth_level=func.AuthLevel.ANONYMOUS)
app.register_functions(blueprint)


# -- Results of an HTTP function ----------------------------------------------------------------------------


@app.route(route="returns/{kind}")
def returns(req: func.HttpRequest):
    kind = req.route_params["kind"]
    if kind == "raised":
        raise KeyError("boom é\nsecond line")
    if kind == "mapping_body":
        return func.HttpResponse({"a": 1})
    plain = {
        "none": None,
        "text": "hello",
        "json_text": '{"a":1}',
        "bytes": b"ab",
        "mapping": {"a": 1},
        "number": 5,
    }
    if kind in plain:
        return plain[kind]
    return {
        "response": func.HttpResponse("r", status_code=418, headers={"X-Y": "z"}),
        "json_response": func.HttpResponse(json.dumps({"a": 1}), mimetype="application/json"),
        "bytes_response": func.HttpResponse(b"\x00\xff", mimetype="application/octet-stream"),
        "no_content": func.HttpResponse(status_code=204),
        "redirect": func.HttpResponse(status_code=302, headers={"Location": "/x"}),
        "cookies": func.HttpResponse("c", headers={"Set-Cookie": "a=b; Path=/; HttpOnly"}),
        "html": func.HttpResponse("<b>é</b>", mimetype="text/html"),
        "latin": func.HttpResponse("é", charset="latin-1"),
        "own_content_type": func.HttpResponse("x", headers={"content-type": "text/csv"}),
    }[kind]


@app.route(route="tells-all/{r?}")
def tells_all(req: func.HttpRequest) -> str:
    try:
        value = req.get_json()
    except ValueError as problem:
        value = str(problem)
    told = {
        "method": req.method,
        "url": req.url,
        "params": dict(req.params),
        "route": dict(req.route_params),
        "headers": dict(req.headers),
        "json": value,
        "form": dict(req.form),
        "files": {name: file.read().decode() for name, file in req.files.items()},
    }
    return "told " + json.dumps(told)


# -- Annotations of HTTP functions --------------------------------------------------------------------------


@app.route(route="a1")
def http_without_annotations(req): ...


@app.route(route="a2")
def http_wrong_request(req: int): ...


@app.route(route="a3")
def http_text_request(req: str): ...


@app.route(route="a4")
def http_returns_mapping(req: func.HttpRequest) -> dict: ...


@app.route(route="a5")
def http_returns_none(req: func.HttpRequest) -> None: ...


@app.route(route="a6")
def http_returns_optional(req: func.HttpRequest) -> Optional[func.HttpResponse]: ...


@app.route(route="a7")
def http_returns_bytes(req: func.HttpRequest) -> bytes: ...


@app.route(route="a8")
def http_extra_parameter(req: func.HttpRequest, other: str): ...


@app.route(route="a9")
def http_missing_parameter(): ...


@app.route(route="a10")
def http_wrong_context(req: func.HttpRequest, context: str): ...


@app.route(route="a11", trigger_arg_name="request")
def http_other_name(request: func.HttpRequest): ...


@app.route(route="a12")
def http_union(req: Union[func.HttpRequest, None]): ...


@app.route(route="a13")
def http_default(req: func.HttpRequest, other: str = "x"): ...


# -- Annotations of activities ------------------------------------------------------------------------------


@app.activity_trigger(input_name="value")
def annotated_optional(value: Optional[str]): ...


@app.activity_trigger(input_name="value")
def annotated_union(value: int | str): ...


@app.activity_trigger(input_name="value")
def annotated_typing_list(value: List[int]): ...


@app.activity_trigger(input_name="value")
def annotated_list(value: list[int]): ...


@app.activity_trigger(input_name="value")
def annotated_typing_dict(value: Dict[str, Any]): ...


@app.activity_trigger(input_name="value")
def annotated_dict(value: dict[str, Any]): ...


@app.activity_trigger(input_name="value")
def annotated_any(value: Any): ...


@app.activity_trigger(input_name="value")
def annotated_none(value: None): ...


@app.activity_trigger(input_name="value")
def annotated_forward(value: "Point"): ...


@app.activity_trigger(input_name="value")
def annotated_unknown(value: "NotDefined"): ...  # noqa: F821


@app.activity_trigger(input_name="value")
def annotated_value(value: "text"): ...  # noqa: F821


@app.activity_trigger(input_name="value")
def annotated_out(value: func.Out[str]): ...


@app.activity_trigger(input_name="value")
def annotated_result(value: str) -> Optional[List[int]]: ...


@app.activity_trigger(input_name="value")
def annotated_bytes(value: bytes) -> bytes: ...


# -- Values of activities -----------------------------------------------------------------------------------


@app.activity_trigger(input_name="value")
def shows(value: Any) -> str:
    return repr(value)


@app.activity_trigger(input_name="value")
async def shows_awaited(value):
    return {"shown": repr(value), "é": [None, True, 1.5]}


@app.activity_trigger(input_name="value")
def own_class(value: Point) -> Point:
    return Point(value.x + 1) if isinstance(value, Point) else value


@app.activity_trigger(input_name="value")
def gives_a_set(value):
    return {1, 2}


@app.activity_trigger(input_name="value")
def gives_nothing(value) -> None:
    return None


@app.activity_trigger(input_name="value")
def asks_for_context(value, context: func.Context):
    return [context.function_name, context.invocation_id, context.retry_context.retry_count]


@app.activity_trigger(input_name="value")
def fails_with_cause(value):
    try:
        return 1 / 0
    except ZeroDivisionError as cause:
        raise RuntimeError("no way") from cause


class Unspeakable(Exception):
    def __str__(self) -> str:
        raise RuntimeError("no words")


@app.activity_trigger(input_name="value")
def fails_without_words(value):
    raise Unspeakable


# -- Other triggers -----------------------------------------------------------------------------------------


@app.orchestration_trigger(context_name="context", orchestration="Renamed")
def orchestrator(context: df.DurableOrchestrationContext):
    return (yield context.call_activity("shows", context.get_input()))


@app.entity_trigger(context_name="context", entity_name="Thing")
def entity(context: df.DurableEntityContext): ...


@app.timer_trigger(schedule="0 */5 * * * *", arg_name="timer", use_monitor=False)
def timed(timer: func.TimerRequest) -> None:
    assert timer.past_due


@app.timer_trigger(schedule="0 */5 * * * *", arg_name="timer")
@app.durable_client_input(client_name="starter", task_hub="OtherHub")
async def timed_start(timer: func.TimerRequest, starter: df.DurableOrchestrationClient) -> None: ...


@app.function_name("by_generic_trigger")
@app.generic_trigger(arg_name="req", type="httpTrigger", route="generic", methods=["GET"], auth_level="anonymous")
@app.generic_output_binding(arg_name="$return", type="http")
@app.generic_input_binding(arg_name="starter", type="durableClient")
def by_generic_trigger(req: func.HttpRequest, starter: str) -> func.HttpResponse:
    return func.HttpResponse(starter)


@app.function_name("by_generic_activity")
@app.generic_trigger(arg_name="value", type="activityTrigger")
def by_generic_activity(value: str) -> str:
    return value
