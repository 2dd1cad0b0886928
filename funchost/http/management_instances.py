"""Handlers for orchestration instances: start, list, status, purge, and the verbs on one instance."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import replace

from starlette.responses import Response

from funchost.errors import (
    InstanceExists,
    InstanceFinished,
    InstanceNotFinished,
    InstanceNotFound,
    InvalidInstanceId,
    RewindRefused,
)
from funchost.http.bodies import media_type
from funchost.http.functions import request_url
from funchost.http.management_call import Call
from funchost.http.replies import empty, error, header_url, json_body, json_value
from funchost.model.entities import EntityId
from funchost.model.records import EntityRecord, InstanceQuery, InstanceRecord
from funchost.model.status import TERMINAL, RuntimeStatus
from funchost.wire.management import dump, dump_status, encode_check_status, encode_entity_status

DEFAULT_PAGE_SIZE = 100
START_RETRY_AFTER_SECONDS = 10
STATUS_RETRY_AFTER_SECONDS = 5


async def start(call: Call, function_name: str, instance_id: str | None) -> Response:
    """POST orchestrators/{functionName}/{instanceId?}

    A 400 carries ``ExceptionMessage`` besides ``Message``, which extension 3.x leaves out: SDK 1.x reads nothing
    else and would raise KeyError.
    """
    input_text = await call.json_text()
    if refusal := _bad_wait(call):
        return refusal
    try:
        started = await call.hub.start_orchestration(
            function_name, instance_id=instance_id, input_text=input_text, version=call.query.text("version")
        )
    except InvalidInstanceId as problem:
        return error(400, str(problem), str(problem))
    except InstanceExists as problem:
        return error(409, str(problem))
    return await _wait_or_check_status(call, started)


async def list_instances(call: Call) -> Response:
    """GET instances

    Entities are among them, as they are where the extension keeps them in Azure Storage; with
    ``showEntities=false`` they are not. The SDK ignores continuation tokens, so on its listener a query without
    ``top`` is answered whole.
    """
    query = InstanceQuery(
        created_from=call.query.time("createdTimeFrom"),
        created_to=call.query.time("createdTimeTo"),
        statuses=call.query.statuses(),
        instance_id_prefix=call.query.text("instanceIdPrefix"),
        page_size=call.query.page_size(DEFAULT_PAGE_SIZE),
        continuation_token=call.continuation_token,
    )
    with_entities = call.query.boolean("showEntities", True)
    try:
        page = await call.hub.list_instances(query, with_entities=with_entities)
    except ValueError as problem:
        return _bad_token(problem)
    records, token = list(page.records), page.continuation_token
    while token is not None and call.for_sdk and call.query.text("top") is None:
        page = await call.hub.list_instances(replace(query, continuation_token=token), with_entities=with_entities)
        records += page.records
        token = page.continuation_token
    show_input = call.query.boolean("showInput", True)
    items = b",".join(_dump_listed(record, show_input=show_input) for record in records)
    return json_body(b"[" + items + b"]", headers={"x-ms-continuation-token": token or ""})


async def status(call: Call, instance_id: str) -> Response:
    """GET instances/{instanceId}"""
    record = await call.hub.get_instance(instance_id)
    if record is None:
        return await _entity_status(call, instance_id)
    return await _status_of(call, record, call.query.boolean("returnInternalServerErrorOnFailure", False))


async def purge(call: Call, instance_id: str) -> Response:
    """DELETE instances/{instanceId}

    Ids that start with ``@`` are entities, which have no end, and a missing one counts as zero deleted.
    """
    try:
        deleted = await call.hub.purge(instance_id)
    except InstanceNotFinished as problem:
        return json_value(str(problem), 412)
    if deleted == 0 and not instance_id.startswith("@"):
        return empty(404)
    return json_value({"instancesDeleted": deleted})


async def purge_many(call: Call) -> Response:
    """DELETE instances

    Only finished instances are deleted, whatever ``runtimeStatus`` says: the extension reads a filter of
    unfinished statuses as no filter at all and deletes running instances with the rest.
    """
    created_from = call.query.time("createdTimeFrom")
    if created_from is None:
        return json_value("Please provide value for 'createdTimeFrom' parameter.", 400)
    asked = call.query.statuses()
    if asked and not asked & TERMINAL:
        return empty(404)
    query = InstanceQuery(
        created_from=created_from,
        created_to=call.query.time("createdTimeTo") or call.clock.now(),
        statuses=asked & TERMINAL or TERMINAL,
    )
    deleted = await call.hub.purge_many(query)
    return json_value({"instancesDeleted": deleted}) if deleted else empty(404)


async def raise_event(call: Call, instance_id: str, event_name: str) -> Response:
    """POST instances/{instanceId}/raiseEvent/{eventName}"""
    record = await call.hub.get_instance(instance_id)
    if record is None:
        return empty(404)
    if record.runtime_status.is_terminal:
        return empty(410)
    if media_type(call.request) != "application/json":
        return error(400, "Only application/json request content is supported")
    input_text = await call.json_text()

    async def send() -> None:
        await call.hub.raise_event(instance_id, event_name, input_text)

    return await _accepted(send())


async def terminate(call: Call, instance_id: str) -> Response:
    """POST instances/{instanceId}/terminate"""
    return await _accepted(call.hub.terminate(instance_id, call.reason))


async def suspend(call: Call, instance_id: str) -> Response:
    """POST instances/{instanceId}/suspend"""
    return await _accepted(call.hub.suspend(instance_id, call.reason))


async def resume(call: Call, instance_id: str) -> Response:
    """POST instances/{instanceId}/resume"""
    return await _accepted(call.hub.resume(instance_id, call.reason))


async def rewind(call: Call, instance_id: str) -> Response:
    """POST instances/{instanceId}/rewind

    The dollar sign in the first text is the extension's own. The SDK shows its user the text of a 412.
    """
    record = await call.hub.get_instance(instance_id)
    if record is None:
        return json_value(f'No orchestration with instance ID "${instance_id}" found.', 404)
    if record.runtime_status is not RuntimeStatus.FAILED:
        return json_value(
            f"This orchestration has status {record.runtime_status.value}, but only orchestrations in the "
            '"Failed" state can be rewound.',
            412,
        )
    try:
        await call.hub.rewind(instance_id, call.reason)
    except RewindRefused as problem:
        return json_value(str(problem), 412)
    except InstanceNotFound:
        return empty(404)
    return empty(202)


async def restart(call: Call, instance_id: str) -> Response:
    """POST instances/{instanceId}/restart

    SDK 1.x takes 404 for an unknown id and a bare JSON string, the new id, for success; the extension answers
    400 and the check-status object. So each listener answers in the way its callers understand.
    """
    if refusal := _bad_wait(call):
        return refusal
    try:
        restarted = await call.hub.restart(
            instance_id, new_instance_id=call.query.boolean("restartWithNewInstanceId", True)
        )
    except InstanceNotFound as problem:
        if call.for_sdk:
            return empty(404)
        return error(400, "InstanceId does not match a valid orchestration instance.", str(problem))
    except InstanceExists as problem:
        return error(
            409,
            "A non-terminal instance with this instance ID already exists.",
            str(problem),
            kind="DurableTask.Core.Exceptions.OrchestrationAlreadyExistsException",
        )
    if call.for_sdk:
        return json_value(restarted, 202)
    return await _wait_or_check_status(call, restarted)


OPERATIONS: dict[str, Callable[[Call, str], Awaitable[Response]]] = {
    "terminate": terminate,
    "suspend": suspend,
    "resume": resume,
    "rewind": rewind,
    "restart": restart,
}


async def _accepted(sending: Awaitable[None]) -> Response:
    """202 once the message is durable; 404 or 410 where there is nobody to take it."""
    try:
        await sending
    except InstanceNotFound:
        return empty(404)
    except InstanceFinished:
        return empty(410)
    return empty(202)


async def _status_of(call: Call, record: InstanceRecord, failed_is_500: bool) -> Response:
    history = None
    if call.query.boolean("showHistory", False) and record.runtime_status is not RuntimeStatus.PENDING:
        history = await call.hub.get_history(record.instance_id)
    body = dump_status(
        record,
        show_input=call.query.boolean("showInput", True),
        history=history,
        show_history_output=call.query.boolean("showHistoryOutput", False),
        show_links=call.query.boolean("showLinks", False),
    )
    if not record.runtime_status.is_terminal:
        headers = {
            "Location": header_url(request_url(call.request)),
            "Retry-After": str(STATUS_RETRY_AFTER_SECONDS),
        }
        return json_body(body, 202, headers)
    failed = record.runtime_status is RuntimeStatus.FAILED
    return json_body(body, 500 if failed and failed_is_500 else 200)


def _dump_listed(record: InstanceRecord | EntityRecord, *, show_input: bool) -> bytes:
    if isinstance(record, EntityRecord):
        return dump(encode_entity_status(record, show_input=show_input))
    return dump_status(record, show_input=show_input)


async def _entity_status(call: Call, instance_id: str) -> Response:
    """An entity answers under its instance id as an orchestration that never ends; anything else is 404."""
    try:
        entity = await call.hub.get_entity(EntityId.parse(instance_id))
    except ValueError:
        return empty(404)
    if entity is None:
        return empty(404)
    headers = {
        "Location": header_url(request_url(call.request)),
        "Retry-After": str(STATUS_RETRY_AFTER_SECONDS),
    }
    shown = encode_entity_status(entity, show_input=call.query.boolean("showInput", True))
    return json_value(shown, 202, headers)


def _wait(call: Call) -> tuple[float, float] | None:
    """Timeout and polling interval in seconds; both must be given, as with Azure Storage on the real host."""
    timeout, interval = call.query.seconds("timeout"), call.query.seconds("pollingInterval")
    return None if timeout is None or interval is None else (timeout, interval)


def _bad_wait(call: Call) -> Response | None:
    """Refuse an interval longer than the timeout, before anything is started; the extension starts first."""
    wait = _wait(call)
    if wait is None or wait[1] <= wait[0]:
        return None
    text = f"Total timeout {wait[0]:g} should be bigger than retry timeout {wait[1]:g}"
    return error(400, text, text)


async def _wait_or_check_status(call: Call, instance_id: str) -> Response:
    """The output when the instance completes in time, its status when it ends otherwise, else the 202."""
    if (wait := _wait(call)) is not None:
        record = await call.hub.wait_until_finished(instance_id, wait[0])
        if record is not None and record.runtime_status is RuntimeStatus.COMPLETED:
            return json_body((record.output if record.output is not None else "null").encode("utf-8", "replace"))
        if record is not None and record.runtime_status.is_terminal:
            return await _status_of(call, record, call.query.boolean("returnInternalServerErrorOnFailure", False))
    base_url, query = call.links(call.request)
    urls = encode_check_status(base_url, instance_id, query)
    headers = {
        "Location": header_url(urls["statusQueryGetUri"]),
        "Retry-After": str(START_RETRY_AFTER_SECONDS),
    }
    return json_value(urls, 202, headers)


def _bad_token(problem: ValueError) -> Response:
    text = f"The header x-ms-continuation-token is not one that this host gave out: {problem}"
    return error(400, text, text)
