"""Every method of the SDK's own client, over real HTTP, against the RPC listener: results and error texts."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import azure.durable_functions as df
import azure.functions as func
import pytest
from azure.durable_functions.models.utils import http_utils

from funchost.app.index import Binding
from funchost.http.client_payload import client_binding_text
from funchost.http.server import HttpServer, bind_public

from .support import ADDRESS, Host, host

BINDING = Binding(name="client", type="durableClient", direction="in")
Scenario = Callable[[Host, df.DurableOrchestrationClient], Awaitable[None]]
STARTED = datetime(2024, 5, 1)
STATUS = df.OrchestrationRuntimeStatus


def run(scenario: Scenario) -> None:
    async def main() -> None:
        async with host() as running:
            server = HttpServer(running.rpc_app, bind_public("127.0.0.1", 0))
            await server.start()
            address = replace(ADDRESS, rpc_base_url=f"http://127.0.0.1:{server.port}/durabletask/")
            client = df.DurableOrchestrationClient(client_binding_text(address, BINDING), "not-a-guid")
            try:
                await scenario(running, client)
            finally:
                await http_utils._close_session()  # it belongs to this event loop
                await server.stop()

    asyncio.run(main())


async def raised(call: Awaitable[Any]) -> Any:
    """What a call raises, as its user sees it: the argument of a plain Exception."""
    with pytest.raises(Exception) as caught:  # noqa: PT011  (the SDK raises nothing narrower)
        await call
    assert type(caught.value) is Exception
    return caught.value.args[0]


def test_start_and_look() -> None:
    async def scenario(host: Host, client: df.DurableOrchestrationClient) -> None:
        assert await client.start_new("waits", "a", {"n": 1}) == "a"
        assert len(await client.start_new("hello", client_input="World")) == 32
        await host.settle()
        status = await client.get_status("a")
        assert status
        assert (status.name, status.instance_id, status.runtime_status) == ("waits", "a", STATUS.Running)
        assert status.input_ == '{"n": 1}'  # JSON text, as on the real host
        assert status.created_time == host.clock.now()
        assert status.to_json()["runtimeStatus"] == "Running"

    run(scenario)


@pytest.mark.parametrize("value", [0, "", [], False, {"a": [1, None]}, "text", "ü世\ud800", 1.5, "5"])
def test_inputs_arrive_whole(value: Any) -> None:
    async def scenario(host: Host, client: df.DurableOrchestrationClient) -> None:
        await client.start_new("waits", "a", value)
        await client.raise_event("a", "Go", value)
        await host.settle()
        status = await client.get_status("a")
        assert status.runtime_status is STATUS.Completed
        got, event = status.output
        assert got == value
        assert json.loads(event) == value  # the SDK hands events over as text

    run(scenario)


def test_start_errors_read_as_on_the_real_host() -> None:
    async def scenario(host: Host, client: df.DurableOrchestrationClient) -> None:
        unknown = await raised(client.start_new("nope"))
        assert unknown.startswith("The function 'nope' doesn't exist, is disabled, or is not an orchestrator")
        assert await raised(client.start_new("hello", "@x")) == (
            "Orchestration instance ids must not start with @."
        )
        await client.start_new("waits", "a")
        await host.settle()
        clash = await raised(client.start_new("waits", "a"))
        assert clash == {"Message": "An Orchestration instance with the status Running already exists."}

    run(scenario)


def test_a_version_is_passed_on() -> None:
    async def scenario(host: Host, client: df.DurableOrchestrationClient) -> None:
        await client.start_new("waits", "a", version="1.0 & more")
        assert (await host.running.record("a")).version == "1.0 & more"

    run(scenario)


def test_the_status_of_nobody_is_falsy() -> None:
    async def scenario(host: Host, client: df.DurableOrchestrationClient) -> None:
        status = await client.get_status("nobody")
        assert not status
        assert status.runtime_status is None

    run(scenario)


def test_history_can_be_read_from_the_status() -> None:
    async def scenario(host: Host, client: df.DurableOrchestrationClient) -> None:
        await client.start_new("fails", "a")
        await host.settle()
        status = await client.get_status("a", show_history=True, show_history_output=True, show_input=True)
        kinds = ["ExecutionStarted", "TaskFailed", "ExecutionCompleted"]
        assert [event["EventType"] for event in status.history] == kinds
        assert status.historyEvents == status.history
        assert status.history[1]["FunctionName"] == "fail_once"

    run(scenario)


def test_lists() -> None:
    async def scenario(host: Host, client: df.DurableOrchestrationClient) -> None:
        assert await client.get_status_all() == []
        await client.start_new("waits", "a1")
        await client.start_new("hello", "b1")
        await host.settle()
        assert [s.instance_id for s in await client.get_status_all()] == ["a1", "b1"]

        async def ids(**filters: Any) -> list[str]:
            return [s.instance_id for s in await client.get_status_by(**filters)]

        later = STARTED + timedelta(days=1)
        assert await ids(created_time_from=STARTED, created_time_to=later) == ["a1", "b1"]
        assert await ids(created_time_from=later) == []
        assert await ids(runtime_status=[STATUS.Running, STATUS.Pending]) == ["a1"]
        assert await ids(instance_id_prefix="b") == ["b1"]

    run(scenario)


def test_raise_event_errors() -> None:
    async def scenario(host: Host, client: df.DurableOrchestrationClient) -> None:
        assert await raised(client.raise_event("x", "Go")) == "No instance with ID x found."
        await client.start_new("hello", "a")
        await host.settle()
        gone = await raised(client.raise_event("a", "Go", 1))
        assert gone == "Instance with ID a is gone: either completed or failed"

    run(scenario)


def test_an_event_without_data_is_null() -> None:
    async def scenario(host: Host, client: df.DurableOrchestrationClient) -> None:
        await client.start_new("waits", "a", 1)
        await client.raise_event("a", "Go", task_hub_name="TestHub", connection_name="Storage")
        await host.settle()
        assert (await client.get_status("a")).output == [1, "null"]

    run(scenario)


def test_terminate_suspend_resume() -> None:
    async def scenario(host: Host, client: df.DurableOrchestrationClient) -> None:
        await client.start_new("waits", "a")
        await host.settle()
        await client.suspend("a", "one & two")
        await host.settle()
        assert (await client.get_status("a")).runtime_status is STATUS.Suspended
        await client.resume("a", "go on?")
        await host.settle()
        assert (await client.get_status("a")).runtime_status is STATUS.Running
        await client.terminate("a", "a/b ü")
        await host.settle()
        status = await client.get_status("a")
        assert (status.runtime_status, status.output) == (STATUS.Terminated, "a/b ü")
        for verb in (client.terminate, client.suspend, client.resume):
            await verb("a", "again")  # a finished instance is fine
            assert await raised(verb("x", "r")) == "No instance with ID 'x' found."

    run(scenario)


def test_rewind() -> None:
    async def scenario(host: Host, client: df.DurableOrchestrationClient) -> None:
        assert await raised(client.rewind("x", "why")) == "No instance with ID x found."
        await client.start_new("fails", "a")
        await host.settle()
        await client.rewind("a", "why", task_hub_name="TestHub", connection_name="Storage")
        await host.settle()
        assert (await client.get_status("a")).output == "done x"
        assert await raised(client.rewind("a", "why")) == (
            'This orchestration has status Completed, but only orchestrations in the "Failed" state can be rewound.'
        )

    run(scenario)


def test_restart_gives_the_new_id_as_text() -> None:
    async def scenario(host: Host, client: df.DurableOrchestrationClient) -> None:
        assert await raised(client.restart("x")) == "No instance with ID 'x' found."
        await client.start_new("hello", "a", "World")
        await host.settle()
        new_id = await client.restart("a")
        assert isinstance(new_id, str)
        assert new_id != "a"
        assert await client.restart("a", restart_with_new_instance_id=False) == "a"
        await host.settle()
        assert (await client.get_status(new_id)).output == "Hello World!"

    run(scenario)


def test_purge() -> None:
    async def scenario(host: Host, client: df.DurableOrchestrationClient) -> None:
        assert (await client.purge_instance_history("x")).instances_deleted == 0
        for instance_id in ("a", "b", "c"):
            await client.start_new("hello", instance_id)
        await host.settle()
        assert (await client.purge_instance_history("a")).instances_deleted == 1
        await client.start_new("waits", "d")
        await host.settle()
        assert await raised(client.purge_instance_history("d")) == (
            "The operation failed with an unexpected status code 412"
        )
        purged = await client.purge_instance_history_by(STARTED, STARTED + timedelta(days=1), [STATUS.Completed])
        assert purged.instances_deleted == 2
        assert (await client.purge_instance_history_by(STARTED)).instances_deleted == 0

    run(scenario)


def test_entities() -> None:
    async def scenario(host: Host, client: df.DurableOrchestrationClient) -> None:
        entity = df.EntityId("Counter", "k@1")
        assert (await client.read_entity_state(entity)).entity_exists is False
        await client.signal_entity(entity, "add", 5)
        await client.signal_entity(entity, "add", 2, task_hub_name="TestHub")
        await host.settle()
        state = await client.read_entity_state(entity)
        assert (state.entity_exists, state.entity_state) == (True, 7)
        await client.signal_entity(entity, "delete")
        await host.settle()
        assert (await client.read_entity_state(entity)).entity_exists is False
        assert await raised(client.signal_entity(df.EntityId("nobody", "k"), "add", 1)) == (
            "The operation failed with an unexpected status code 400"
        )

    run(scenario)


def test_wait_for_completion() -> None:
    async def scenario(host: Host, client: df.DurableOrchestrationClient) -> None:
        request = func.HttpRequest(method="GET", url="http://localhost:7071/api/x", body=b"")

        async def waited(name: str) -> func.HttpResponse:
            instance_id = await client.start_new(name, client_input="World")
            return await client.wait_for_completion_or_create_check_status_response(
                request, instance_id, timeout_in_milliseconds=50, retry_interval_in_milliseconds=5
            )

        completed, failed, running = await waited("hello"), await waited("fails"), await waited("waits")
        assert (completed.status_code, completed.get_body()) == (200, b"Hello World!")
        assert failed.status_code == 500
        assert json.loads(failed.get_body())["runtimeStatus"] == "Failed"
        assert running.status_code == 202
        assert running.headers["Retry-After"] == "10"

    run(scenario)


def test_many_calls_at_once_share_the_connections() -> None:
    async def scenario(host: Host, client: df.DurableOrchestrationClient) -> None:
        ids = [f"i{number:03d}" for number in range(120)]
        assert await asyncio.gather(*(client.start_new("hello", one, one) for one in ids)) == ids
        await host.settle()
        assert [status.instance_id for status in await client.get_status_all()] == ids

    run(scenario)
