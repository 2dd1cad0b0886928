"""Frames between host and worker process, and the messages in them.

A frame is the length of a header and of a body, 4 bytes each, big-endian, then the header (a small JSON object;
``k`` is the kind), then the body: raw bytes. Whatever may be large (histories, HTTP bodies, outputs) travels in
the body, so it is never escaped a second time. Imported by worker processes: standard library only.

====  =========  =====================================================================================
kind  direction  header and body
====  =========  =====================================================================================
s     to worker  start: the fields of ``StartRequest``
i     to worker  an invocation: id, function, HTTP fields or null, names and sizes of the texts in the body
q     to worker  quit, in good order
a     to host    the app is indexed: the body is the index as JSON
r     to host    a result: id, kind of value, HTTP fields; the body is the value
l     to host    log lines: the body is a JSON list
====  =========  =====================================================================================
"""

from __future__ import annotations

import json
import struct
from collections.abc import Awaitable, Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass
from typing import Any

from funchost.worker.contract import (
    Failed,
    Following,
    HttpRequestData,
    HttpResponseData,
    Invocation,
    InvocationResult,
    LogLine,
    Session,
    Succeeded,
    TriggerValue,
)

_LENGTHS = struct.Struct(">II")
START, INVOKE, QUIT, INDEXED, RESULT, LOGS = "s", "i", "q", "a", "r", "l"
_to_json = json.JSONEncoder(separators=(",", ":")).encode
_quote = json.encoder.encode_basestring_ascii
_from_json = json.JSONDecoder().raw_decode


@dataclass(frozen=True, slots=True, kw_only=True)
class StartRequest:
    """What a worker process must know before it loads the app. ``log_level`` is a ``logging`` number."""

    app_root: str
    packages: tuple[str, ...]
    threads: int
    log_level: int


@dataclass(slots=True)
class Frame:
    kind: str
    header: Mapping[str, Any]
    body: bytes


class FrameReader:
    """Cuts a stream of bytes into frames: ``feed`` what came, get every frame that is whole."""

    def __init__(self) -> None:
        self._buffer = bytearray()
        self._wanted = _LENGTHS.size

    def feed(self, data: bytes) -> Iterator[Frame]:
        buffer = self._buffer
        buffer += data
        while len(buffer) >= self._wanted:
            header_size, body_size = _LENGTHS.unpack_from(buffer)
            body_at = _LENGTHS.size + header_size
            end = body_at + body_size
            if len(buffer) < end:
                self._wanted = end
                return
            header, _ = _from_json(buffer[_LENGTHS.size : body_at].decode())
            body = bytes(memoryview(buffer)[body_at:end])
            del buffer[:end]
            self._wanted = _LENGTHS.size
            yield Frame(header["k"], header, body)


def frame(header: Mapping[str, Any], body: bytes = b"") -> bytes:
    return _frame(_to_json(header), body)


def _frame(header: str, body: bytes) -> bytes:
    head = header.encode()
    return b"".join((_LENGTHS.pack(len(head), len(body)), head, body))


def encode_start(request: StartRequest) -> bytes:
    return frame({"k": START, **asdict(request)})


def decode_start(received: Frame) -> StartRequest:
    fields = {key: value for key, value in received.header.items() if key != "k"}
    return StartRequest(**{**fields, "packages": tuple(fields["packages"])})


def encode_invocation(invocation: Invocation) -> bytes:
    trigger = invocation.trigger
    http = "null"
    if isinstance(trigger, HttpRequestData):
        first = trigger.body
        http = _to_json([trigger.method, trigger.url, trigger.headers, dict(trigger.route_params)])
    else:
        first = _bytes(trigger)
    parts = [first, *map(_bytes, invocation.inputs.values())]
    following = invocation.following
    if following is not None:
        parts.append(_bytes(following.events))
    # Spelled by hand, as the encoder takes several times as long for an object as for the texts in it.
    head = (
        f'{{"k":"{INVOKE}","id":{_quote(invocation.invocation_id)},"fn":{_quote(invocation.function_name)},'
        f'"http":{http},"names":[{",".join(map(_quote, invocation.inputs))}],'
        f'"sizes":[{",".join([str(len(part)) for part in parts])}]'
    )
    if invocation.session is not None:
        head += f',"session":{_encode_session(invocation.session)}'
    if following is not None:
        head += (
            f',"next":[{_quote(following.invocation_id)},{_quote(following.function_name)},'
            f"{_encode_session(following.session)},{_quote(following.not_before)}]"
        )
    return _frame(head + "}", b"".join(parts))


def decode_invocation(received: Frame) -> Invocation:
    header = received.header
    first, *others = _split(received.body, header["sizes"])
    trigger: TriggerValue
    if header["http"] is not None:
        method, url, headers, route_params = header["http"]
        trigger = HttpRequestData(
            method=method, url=url, headers=_pairs(headers), route_params=route_params, body=first
        )
    else:
        trigger = _text(first)
    following = _following(header["next"], others.pop()) if "next" in header else None
    return Invocation(
        invocation_id=header["id"],
        function_name=header["fn"],
        trigger=trigger,
        inputs=dict(zip(header["names"], map(_text, others), strict=True)),
        session=_session(header.get("session")),
        following=following,
    )


def encode_result(invocation_id: str, result: InvocationResult) -> bytes:
    header: dict[str, Any] = {"k": RESULT, "id": invocation_id}
    if isinstance(result, Failed):
        message = _bytes(result.message)
        header |= {"v": "failed", "type": result.error_type, "size": len(message)}
        return frame(header, message + _bytes(result.stack))
    value = result.value
    if result.session_kept:
        header["canceled"] = result.canceled_timers
    if result.followed_at is not None:
        header["at"] = result.followed_at
    if isinstance(value, HttpResponseData):
        header |= {"v": "http", "status": value.status_code, "headers": value.headers}
        return frame(header, value.body)
    if value is None:
        return frame(header | {"v": "none"})
    return frame(header | {"v": "text"}, _bytes(value))


def is_followed(received: Frame) -> bool:
    """Whether a result is of an activity after which the worker has gone on."""
    return "at" in received.header


def decode_result(received: Frame, episode: Awaitable[InvocationResult] | None = None) -> InvocationResult:
    """``episode`` gives the result of what the worker has gone on with."""
    header = received.header
    match header["v"]:
        case "failed":
            size = header["size"]
            return Failed(
                error_type=header["type"],
                message=_text(received.body[:size]),
                stack=_text(received.body[size:]),
            )
        case "http":
            return Succeeded(
                value=HttpResponseData(
                    status_code=header["status"], headers=_pairs(header["headers"]), body=received.body
                )
            )
        case "text":
            return Succeeded(
                value=_text(received.body),
                session_kept="canceled" in header,
                canceled_timers=tuple(header.get("canceled", ())),
                followed_at=header.get("at"),
                episode=episode,
            )
        case _:
            return Succeeded(value=None)


def encode_logs(lines: Iterable[LogLine]) -> bytes:
    fields = [(line.invocation_id, line.function_name, line.level, line.category, line.message) for line in lines]
    return frame({"k": LOGS}, _to_json(fields).encode())


def decode_logs(received: Frame) -> list[LogLine]:
    return [
        LogLine(invocation_id=i, function_name=f, level=level, category=category, message=message)
        for i, f, level, category, message in json.loads(received.body)
    ]


def _following(fields: list[Any], events: bytes) -> Following | None:
    invocation_id, function_name, session_fields, not_before = fields
    session = _session(session_fields)
    assert session is not None
    return Following(
        invocation_id=invocation_id,
        function_name=function_name,
        session=session,
        events=_text(events),
        not_before=not_before,
    )


def _encode_session(session: Session) -> str:
    return (
        f"[{_quote(session.key)},{session.known_events},{session.known_actions},{session.events},"
        f"{'true' if session.replays else 'false'}]"
    )


def _session(fields: list[Any] | None) -> Session | None:
    if fields is None:
        return None
    key, known_events, known_actions, events, replays = fields
    return Session(key=key, known_events=known_events, known_actions=known_actions, events=events, replays=replays)


def _pairs(pairs: list[list[str]]) -> tuple[tuple[str, str], ...]:
    return tuple((name, value) for name, value in pairs)


def _split(body: bytes, sizes: list[int]) -> Iterator[bytes]:
    at = 0
    for size in sizes:
        yield body[at : at + size]
        at += size


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")  # user text may hold halves of surrogate pairs


def _text(raw: bytes) -> str:
    return raw.decode("utf-8", "surrogatepass")
