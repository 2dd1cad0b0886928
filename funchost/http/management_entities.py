"""Handlers for entities: read one, list, signal."""

from __future__ import annotations

import json

from starlette.responses import Response

from funchost.errors import FunctionNotFound
from funchost.http.bodies import BodyUnreadable, media_type, parse_json
from funchost.http.management_call import Call
from funchost.http.replies import empty, error, json_body, json_value
from funchost.model.entities import EntityId
from funchost.model.records import EntityQuery
from funchost.wire.management import encode_entity

DEFAULT_PAGE_SIZE = 100
EMPTY_KEY = "$"
MAX_ID_LENGTH = 256


class InvalidEntityId(ValueError):
    """Name or key cannot make an entity id; ``str()`` says which rule is broken."""


async def read(call: Call, name: str, key: str) -> Response:
    """GET entities/{entityName}/{entityKey}: the state as JSON, 404 where the entity does not exist."""
    try:
        record = await call.hub.get_entity(_entity_id(name, key))
    except InvalidEntityId:
        return empty(404)
    if record is None or not record.exists:
        return empty(404)
    return json_body((record.state if record.state is not None else "null").encode("utf-8", "replace"))


async def list_entities(call: Call, name: str | None) -> Response:
    """GET entities and entities/{entityName}; like the extension, only the name filters, in any case."""
    query = EntityQuery(
        name=None if name is None else name.lower(),
        last_operation_from=call.query.time("lastOperationTimeFrom"),
        last_operation_to=call.query.time("lastOperationTimeTo"),
        page_size=call.query.page_size(DEFAULT_PAGE_SIZE),
        continuation_token=call.continuation_token,
    )
    try:
        page = await call.hub.list_entities(query)
    except ValueError as problem:
        text = f"The header x-ms-continuation-token is not one that this host gave out: {problem}"
        return error(400, text, text)
    fetch_state = call.query.boolean("fetchState", False)
    items = [encode_entity(record, fetch_state=fetch_state) for record in page.records]
    return json_value(items, headers={"x-ms-continuation-token": page.continuation_token or ""})


async def signal(call: Call, name: str, key: str) -> Response:
    """POST and DELETE entities/{entityName}/{entityKey}; DELETE is the operation ``delete``."""
    try:
        entity_id = _entity_id(name, key)
    except InvalidEntityId as problem:
        return error(400, str(problem))
    deleting = call.request.method == "DELETE"
    operation = "delete" if deleting else call.query.text("op") or ""
    text = await call.text()
    input_text = None
    if text != "":
        if media_type(call.request) == "application/json":
            try:
                parse_json(text)
            except BodyUnreadable as problem:
                return error(400, f"Could not parse JSON content: {problem}")
        else:
            text = json.dumps(text)
        input_text = text
    try:
        await call.hub.signal_entity(entity_id, operation, input_text)
    except FunctionNotFound as problem:
        return error(400, str(problem))
    return empty(202)


def _entity_id(name: str, key: str) -> EntityId:
    """Source: the extension's ``EntityId.cs`` and its rules for instance ids."""
    key = "" if key == EMPTY_KEY else key
    if not name:
        raise InvalidEntityId("Invalid entity id: the entity name must not be empty.")
    if "@" in name:
        raise InvalidEntityId("Invalid entity id: the entity name must not contain @.")
    if any(character in "/\\#?" or ord(character) < 32 or 127 <= ord(character) < 160 for character in name + key):
        raise InvalidEntityId(
            "Invalid entity id: name and key must not contain /, \\, #, ?, or control characters."
        )
    entity_id = EntityId(name, key)
    if len(str(entity_id)) > MAX_ID_LENGTH:
        raise InvalidEntityId(f"Invalid entity id: it must not exceed {MAX_ID_LENGTH} characters.")
    return entity_id
