"""What the functions of the apps are called with."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from funchost.worker.contract import HttpRequestData, TriggerValue


@dataclass(frozen=True)
class Call:
    """One call of a function, with the text of each further input."""

    function: str
    trigger: TriggerValue
    inputs: Mapping[str, str] = field(default_factory=dict)


def _request(
    path: str = "x", method: str = "GET", body: bytes = b"", headers: Mapping[str, str] | None = None, **route: str
) -> HttpRequestData:
    return HttpRequestData(
        method=method,
        url=f"http://localhost:7071/api/{path}",
        headers=tuple((headers or {}).items()),
        route_params=route,
        body=body,
    )


_KINDS = (
    "none", "text", "json_text", "bytes", "mapping", "number", "response", "json_response", "bytes_response",
    "no_content", "redirect", "cookies", "html", "latin", "own_content_type", "mapping_body", "raised",
)  # fmt: skip
_FORM = b'--b\r\nContent-Disposition: form-data; name="f"; filename="n.txt"\r\n\r\nzz\r\n--b--\r\n'
_VALUES = ("null", "0", '""', '"text"', '{"a": [1, null]}', "no json", "[1, 2]", "1.5", '"\\ud83d\\ude00"', "NaN")

CALLS: Mapping[str, tuple[Call, ...]] = {
    "signatures": (
        *(Call("returns", _request(kind=kind)) for kind in _KINDS),
        Call("tells_all", _request("x?a=1&a=2&b=&c=%C3%A9+z", "POST", b'{"q":1}', {"X-A": "1", "x-a": "2"}, r="")),
        Call("tells_all", _request("x", "POST", b"f=1", {"Content-Type": "application/x-www-form-urlencoded"})),
        Call("tells_all", _request("x", "POST", _FORM, {"Content-Type": "multipart/form-data; boundary=b"})),
        *(Call("shows", value) for value in _VALUES),
        *(Call("shows_awaited", value) for value in _VALUES),
        *(Call("own_class", value) for value in _VALUES),
        Call("own_class", '{"__class__": "Point", "__module__": "points", "__data__": "{\\"x\\": 1}"}'),
        Call("gives_a_set", "null"),
        Call("gives_nothing", "null"),
        Call("asks_for_context", "null"),
        Call("fails_with_cause", "null"),
        Call("fails_without_words", "null"),
        Call("timed", '{"Schedule":{"AdjustForDST":true},"ScheduleStatus":null,"IsPastDue":true}'),
    ),
    "worker_v1": (
        Call("Hello", _request("x?name=World")),
        Call("say_hello", '"Tokyo"'),
        Call("set_response", _request()),
        Call("silent", _request()),
    ),
}
