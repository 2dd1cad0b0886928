"""The JSON of entities for SDK 1.x: a batch of operations out, new state and results in, requests and answers.

Source: ``azure.durable_functions`` 1.7 ``entity.py``, ``DurableEntityContext.from_json``, ``ResponseMessage``,
and the extension's ``EntityScheduler`` messages.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass

from funchost.model.entities import EntityId, EntityRequest
from funchost.model.history import EventSent
from funchost.wire.timestamps import format_time

NO_INPUT = '"null"'
"""An operation without input: the SDK decodes twice and needs text both times."""


class EntityReplyError(ValueError):
    """The entity's reply is not one that an SDK 1.x entity gives."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OperationResult:
    """``result`` is JSON text; on an error, the JSON text of the failure text."""

    is_error: bool
    result: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class EntityReply:
    """``state`` is JSON text, None where the entity does not exist."""

    exists: bool
    state: str | None
    results: tuple[OperationResult, ...]


def encode_batch(entity_id: EntityId, *, exists: bool, state: str | None, requests: Sequence[EntityRequest]) -> str:
    """The trigger value of an entity function: exactly the four keys that the SDK's context takes."""
    return json.dumps(
        {
            "self": {"name": entity_id.name, "key": entity_id.key},
            "exists": exists,
            "state": state,
            "batch": [
                {
                    "name": request.operation,
                    "input": NO_INPUT if request.input is None else request.input,
                    "isSignal": request.is_signal,
                }
                for request in requests
            ],
        }
    )


def decode_entity_reply(text: str) -> EntityReply:
    """Read what ``Entity.handle`` returned. Raises EntityReplyError on anything else."""
    try:
        reply = json.loads(text)
        exists = bool(reply["entityExists"])
        return EntityReply(
            exists=exists,
            state=reply["entityState"] if exists else None,
            results=tuple(
                OperationResult(is_error=bool(result["isError"]), result=result.get("result"))
                for result in reply["results"]
            ),
        )
    except (ValueError, KeyError, TypeError) as error:
        raise EntityReplyError(f"not an entity's reply: {error!r}") from error


def encode_request(event: EventSent) -> str:
    """The ``Input`` of ``EventSent``; the SDK finds the name of the answer in its ``id``."""
    message: dict[str, object] = {"op": event.operation}
    if event.is_signal:
        message["signal"] = True
    message["input"] = event.input
    message["id"] = event.request_id
    message["Timestamp"] = format_time(event.timestamp)
    return json.dumps(message)


def encode_answer(result: OperationResult) -> str:
    """The ``Input`` of the ``EventRaised`` that answers a call; ``exceptionType`` stands only in failures.

    The SDK decodes ``result`` and fails on null, so nothing becomes the text ``null``.
    """
    answer = {"result": "null" if result.result is None else result.result}
    if result.is_error:
        answer["exceptionType"] = "Error"
    return json.dumps(answer)
