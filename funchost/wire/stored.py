"""The format of what a task hub keeps: history events, message bodies and parents as compact JSON texts.

A stored text is one JSON object, for example::

    {"t":"TC","at":1704067200000000,"task_scheduled_id":0,"result":"\\"Hello Tokyo!\\""}

``t`` is the tag of the type (``_EVENTS`` below), ``at`` the timestamp; the other keys are the fields of the
type in ``funchost.model``. Times are integer microseconds since 1970 in UTC. Texts are ASCII, so a lone
surrogate, which UTF-8 cannot hold, survives too.

What is written today is read by every later version: a tag or key keeps its meaning for good, a new field
needs a default in the model, and ``tests/funchost/wire/stored_golden.json`` only ever grows.

Decoding raises ValueError for a text that is not of this format, and names the tag or field it stopped at.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import MISSING, dataclass, fields
from datetime import datetime, timedelta, timezone
from operator import attrgetter
from typing import Any

from funchost.model import history as h
from funchost.model.entities import EntityRequest
from funchost.model.history import HistoryEvent, ParentInstance, RetryOptions
from funchost.model.messages import MessageBody
from funchost.model.status import RuntimeStatus
from funchost.wire.json_text import quote

_EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)
_US_PER_DAY = 86_400_000_000


def encode_time(when: datetime) -> int:
    """Microseconds since 1970, UTC. Raises TypeError for a time without a zone."""
    since = when - _EPOCH
    return since.days * _US_PER_DAY + since.seconds * 1_000_000 + since.microseconds


def decode_time(microseconds: int) -> datetime:
    return _EPOCH + timedelta(microseconds=microseconds)


# -- Kinds of field: how one value becomes JSON text, and how a parsed JSON value becomes it again -----------


_encode_json = json.JSONEncoder(separators=(",", ":")).encode


def _encode_optional_text(text: str | None) -> str:
    return "null" if text is None else quote(text)


def _encode_list(items: tuple[object, ...]) -> str:
    if not items:
        return "[]"
    return f"[{','.join(map(_encode_json, items))}]"  # one by one: texts and numbers take the encoder's short cut


def _encode_flag(value: bool) -> str:
    return "true" if value else "false"


def _encode_status(status: RuntimeStatus) -> str:
    return f'"{status.value}"'


def _encode_retry(retry: RetryOptions) -> str:
    return _RETRY.encode(retry)


def _decode_retry(value: Any) -> RetryOptions:
    retry: RetryOptions = _RETRY.decode(value)
    return retry


def _encode_parent(parent: ParentInstance) -> str:
    return _PARENT.encode(parent)


def _decode_parent(value: Any) -> ParentInstance:
    parent: ParentInstance = _PARENT.decode(value)
    return parent


_Encode = Callable[[Any], object]
_Decode = Callable[[Any], object]

# Keyed by the annotation in the model; a decoder of None means that the parsed value is already right.
_KINDS: dict[str, tuple[_Encode, _Decode | None]] = {
    "datetime": (encode_time, decode_time),
    "int": (int.__index__, None),  # refuses a text, where str() would not
    "float": (_encode_json, None),
    "bool": (_encode_flag, None),
    "str": (quote, None),
    "str | None": (_encode_optional_text, None),
    "tuple[str, ...]": (_encode_list, tuple),
    "tuple[int, ...]": (_encode_list, tuple),
    "RuntimeStatus": (_encode_status, RuntimeStatus),
    "RetryOptions": (_encode_retry, _decode_retry),
    "ParentInstance": (_encode_parent, _decode_parent),
}


def _kind(annotation: str) -> tuple[_Encode, _Decode | None]:
    """The pair for a field; ``X | None`` is made from ``X``. Raises KeyError for a kind not known yet."""
    if annotation in _KINDS or not annotation.endswith(" | None"):
        return _KINDS[annotation]
    encode, decode = _KINDS[annotation.removesuffix(" | None")]

    def encode_optional(value: Any) -> object:
        return "null" if value is None else encode(value)

    def decode_optional(value: Any) -> object:
        return None if value is None else decode(value) if decode else value

    return encode_optional, decode_optional if decode else None


class _Shape:
    """How one dataclass is stored; worked out once, because encoding is on the way of every commit."""

    def __init__(self, cls: type[Any], tag: str | None) -> None:
        self._cls, self._tag = cls, tag
        self._names = [field.name for field in fields(cls)]
        keys = ["at" if name == "timestamp" else name for name in self._names]
        self._keys = set(keys)
        self._required = {
            key
            for key, field in zip(keys, fields(cls), strict=True)
            if field.default is MISSING and field.default_factory is MISSING
        }
        kinds = [_kind(str(field.type)) for field in fields(cls)]
        self._encoders = [encode for encode, _ in kinds]
        self._decoders = [(key, decode) for key, (_, decode) in zip(keys, kinds, strict=True) if decode]
        # attrgetter answers a tuple only for two names or more, hence the class's own slot as a companion.
        self._values = attrgetter(*self._names, "__class__")
        members = [f'"t":"{tag}"'] if tag else []
        self._template = "{" + ",".join(members + [f'"{key}":%s' for key in keys]) + "}"

    def encode(self, value: object) -> str:
        """The JSON text. Raises TypeError where a field holds what the model does not allow."""
        return self._template % tuple(
            [encode(part) for encode, part in zip(self._encoders, self._values(value), strict=False)]
        )

    def decode(self, stored: Any) -> Any:
        """The value; ``stored`` is the parsed object without its tag, and is used up."""
        if not isinstance(stored, dict):
            raise ValueError(f"a {self._where()} is a JSON object, not {_shown(stored)}")
        if not self._required <= stored.keys() <= self._keys:
            raise ValueError(self._complaint(stored))
        for key, decode in self._decoders:
            if key in stored:
                try:
                    stored[key] = decode(stored[key])
                except (TypeError, ValueError, OverflowError) as error:
                    raise ValueError(f"{self._where()}, field {key!r}: {error}") from error
        if "at" in stored:
            stored["timestamp"] = stored.pop("at")
        return self._cls(**stored)

    def _where(self) -> str:
        return f"stored {self._cls.__name__}" + (f" (tag {self._tag!r})" if self._tag else "")

    def _complaint(self, stored: dict[str, Any]) -> str:
        found = [f"has the unknown field {key!r}" for key in sorted(stored.keys() - self._keys)]
        found += [f"lacks the field {key!r}" for key in sorted(self._required - stored.keys())]
        return f"{self._where()} {' and '.join(found)}"


_PARENT = _Shape(ParentInstance, None)
_RETRY = _Shape(RetryOptions, None)

_EVENTS: dict[str, type[Any]] = {
    "OS": h.OrchestratorStarted,
    "OC": h.OrchestratorCompleted,
    "ES": h.ExecutionStarted,
    "EC": h.ExecutionCompleted,
    "ET": h.ExecutionTerminated,
    "ESU": h.ExecutionSuspended,
    "ERE": h.ExecutionResumed,
    "ERW": h.ExecutionRewound,
    "CAN": h.ContinueAsNew,
    "TS": h.TaskScheduled,
    "TC": h.TaskCompleted,
    "TF": h.TaskFailed,
    "SOS": h.SubOrchestrationInstanceCreated,
    "SOC": h.SubOrchestrationInstanceCompleted,
    "SOF": h.SubOrchestrationInstanceFailed,
    "TIC": h.TimerCreated,
    "TIF": h.TimerFired,
    "EVS": h.EventSent,
    "EVR": h.EventRaised,
}
_REQUEST_TAG = "ER"


@dataclass(frozen=True, slots=True)
class _Family:
    """The types that may stand in one place."""

    what: str
    by_type: dict[type[Any], _Shape]
    by_tag: dict[str, _Shape]

    @classmethod
    def of(cls, what: str, shapes: dict[str, type[Any]]) -> _Family:
        by_tag = {tag: _Shape(type_, tag) for tag, type_ in shapes.items()}
        return cls(what, {type_: by_tag[tag] for tag, type_ in shapes.items()}, by_tag)

    def encode(self, value: object) -> str:
        shape = self.by_type.get(type(value))
        if shape is None:
            raise TypeError(f"a {type(value).__name__} cannot be stored as a {self.what}")
        return shape.encode(value)

    def decode(self, stored: object) -> Any:
        if not isinstance(stored, dict):
            raise ValueError(f"a stored {self.what} is a JSON object, not {_shown(stored)}")
        tag = stored.pop("t", None)
        shape = self.by_tag.get(tag) if isinstance(tag, str) else None
        if shape is None:
            raise ValueError(f"a stored {self.what} has the unknown tag {tag!r} in field 't'")
        return shape.decode(stored)


_EVENT_FAMILY = _Family.of("history event", _EVENTS)
_BODY_FAMILY = _Family.of("message body", {**_EVENTS, _REQUEST_TAG: EntityRequest})


def _shown(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 60 else text[:57] + "..."


def _parse(text: str, what: str) -> object:
    try:
        return json.loads(text)
    except ValueError as error:
        raise ValueError(f"a stored {what} is not JSON ({error}): {_shown(text)}") from error


# -- The pairs ----------------------------------------------------------------------------------------------


def encode_event(event: HistoryEvent) -> str:
    """One history event with all its bookkeeping. Raises TypeError for what no event may hold."""
    return _EVENT_FAMILY.encode(event)


def decode_event(text: str) -> HistoryEvent:
    """The event ``encode_event`` was given. Raises ValueError, see above."""
    event: HistoryEvent = _EVENT_FAMILY.decode(_parse(text, "history event"))
    return event


def decode_events(texts: list[str]) -> list[HistoryEvent]:
    """Many at once: one call of the JSON parser for all, which halves the cost of a long history."""
    parsed = _parse(f"[{','.join(texts)}]", "history")
    if not isinstance(parsed, list) or len(parsed) != len(texts):
        raise ValueError("a stored history event is not one JSON object")
    return [_EVENT_FAMILY.decode(stored) for stored in parsed]


def encode_body(body: MessageBody) -> str:
    """What a task message carries. Raises TypeError for what no body may hold."""
    return _BODY_FAMILY.encode(body)


def decode_body(text: str) -> MessageBody:
    """The body ``encode_body`` was given. Raises ValueError, see above."""
    body: MessageBody = _BODY_FAMILY.decode(_parse(text, "message body"))
    return body


def encode_parent(parent: ParentInstance) -> str:
    return _encode_parent(parent)


def decode_parent(text: str) -> ParentInstance:
    """The parent ``encode_parent`` was given. Raises ValueError, see above."""
    return _decode_parent(_parse(text, "parent instance"))
