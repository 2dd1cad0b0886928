"""Functions give the same results whether they run in this process or in worker processes."""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager

import pytest

from funchost.worker.categories import CONSOLE, is_system
from funchost.worker.contract import Failed, HttpResponseData, LogLine, Succeeded, Workers
from tests.funchost.worker.calls import (
    APPS,
    CLIENT,
    Log,
    call,
    failure,
    in_process,
    invocation,
    processes,
    request,
    text,
)

Open = Callable[..., AbstractAsyncContextManager[tuple[Workers, object]]]
HISTORY_START = [
    {"EventType": 12, "EventId": -1, "IsPlayed": False, "Timestamp": "2024-01-01T00:00:00.0000000Z"},
    {
        "EventType": 0, "EventId": -1, "IsPlayed": False, "Timestamp": "2024-01-01T00:00:00.0000000Z",
        "ParentInstance": None, "Name": "chain", "Version": "", "Input": "null", "Tags": None,
        "OrchestrationInstance": {"InstanceId": "a1", "ExecutionId": "e1"},
    },
]  # fmt: skip
ORCHESTRATION = json.dumps(
    {
        "history": HISTORY_START, "input": "null", "instanceId": "a1", "isReplaying": False,
        "parentInstanceId": None, "upperSchemaVersion": 1, "upperSchemaVersionNew": 2,
    }
)  # fmt: skip


@pytest.fixture(params=[in_process, processes], ids=["in-process", "processes"])
def open_app(request: pytest.FixtureRequest) -> Open:
    """Opens an app in this process, or in worker processes."""
    opener: Open = request.param
    return opener


def test_http_function_sees_the_request_and_its_response_is_sent(open_app: Open) -> None:
    async def scenario() -> None:
        async with open_app() as (app, _):
            result = await call(app, "hello", request("http://localhost/api/hello?name=Ann", X_Sent="yes"))
            assert result == Succeeded(
                value=HttpResponseData(
                    status_code=200,
                    headers=(("X-Seen", "yes"), ("Content-Type", "text/plain; charset=utf-8")),
                    body=b"Hello Ann",
                )
            )

    asyncio.run(scenario())


def test_http_bodies_of_any_bytes_travel_both_ways_unchanged(open_app: Open) -> None:
    async def scenario() -> None:
        body = bytes(range(256)) * 4096  # a megabyte: more than any pipe holds at once
        async with open_app() as (app, _):
            result = await call(app, "echo", request(method="POST", body=body))
        assert isinstance(result, Succeeded)
        assert isinstance(result.value, HttpResponseData)
        assert result.value.status_code == 201
        assert result.value.body == body

    asyncio.run(scenario())


def test_client_binding_becomes_the_durable_client(open_app: Open) -> None:
    async def scenario() -> None:
        async with open_app() as (app, _):
            answer = json.loads(await text(app, "start", request(method="POST"), client=CLIENT))
        assert answer == {"id": "the-instance", "statusQueryGetUri": "http://localhost:7071/instances/the-instance"}

    asyncio.run(scenario())


def test_context_names_function_invocation_and_directory(open_app: Open) -> None:
    async def scenario() -> None:
        async with open_app() as (app, _):
            asked = invocation("tells_context", request())
            result = await app.invoke(asked)
        assert isinstance(result, Succeeded)
        assert isinstance(result.value, HttpResponseData)
        told = result.value.body.decode().split("|")
        assert told == ["tells_context", asked.invocation_id, str(APPS / "worker_basic")]

    asyncio.run(scenario())


def test_activity_input_and_result_are_json_texts(open_app: Open) -> None:
    async def scenario() -> None:
        values: list[object] = [None, 0, "", "é€😀", [1, {"a": None}], {"deep": [[]]}]
        async with open_app() as (app, _):
            for value in values:
                assert json.loads(await text(app, "same", json.dumps(value))) == value
            assert await text(app, "same", "not json") == '"not json"'

    asyncio.run(scenario())


def test_orchestrator_answers_with_its_actions(open_app: Open) -> None:
    async def scenario() -> None:
        async with open_app() as (app, _):
            reply = json.loads(await text(app, "chain", ORCHESTRATION))
        assert reply["isDone"] is False
        assert [a["functionName"] for a in reply["actions"][0]] == ["say_hello"]

    asyncio.run(scenario())


def test_failing_orchestrator_keeps_the_sdks_marker_and_tells_the_users_line(open_app: Open) -> None:
    async def scenario() -> None:
        async with open_app() as (app, _):
            failed = await failure(app, "failing_orchestrator", ORCHESTRATION)
        assert failed.message.startswith("no way\n\n$OutOfProcData$:{")
        assert 'in failing_orchestrator\n    raise ValueError("no way")' in failed.stack

    asyncio.run(scenario())


def test_entity_runs_its_batch(open_app: Open) -> None:
    async def scenario() -> None:
        batch = [{"name": "add", "input": json.dumps("5"), "isSignal": False}]
        body = {"self": {"name": "counter", "key": "k"}, "exists": True, "state": "7", "batch": batch}
        async with open_app() as (app, _):
            reply = json.loads(await text(app, "counter", json.dumps(body)))
        assert reply["entityState"] == "12"
        assert [r["result"] for r in reply["results"]] == ["12"]

    asyncio.run(scenario())


def test_timer_function_gets_a_timer_request_and_returns_nothing(open_app: Open) -> None:
    async def scenario() -> None:
        log = Log()
        async with open_app(log=log) as (app, _):
            result = await call(app, "tick", json.dumps({"IsPastDue": True, "Schedule": {}}))
        assert result == Succeeded(value=None)
        assert "past due: True" in log.messages()

    asyncio.run(scenario())


def test_exception_gives_type_message_and_only_the_users_frames(open_app: Open) -> None:
    async def scenario() -> None:
        async with open_app() as (app, _):
            failed = await failure(app, "fails", request())
        assert (failed.error_type, failed.message) == ("ValueError", "boom")
        assert failed.stack.startswith(f'  File "{APPS / "worker_basic" / "function_app.py"}", line ')
        assert failed.stack.endswith('in fails\n    raise ValueError("boom")')

    asyncio.run(scenario())


def test_exit_in_a_function_fails_that_function_and_nothing_else(open_app: Open) -> None:
    async def scenario() -> None:
        async with open_app() as (app, _):
            failed = await failure(app, "exits", request())
            assert (failed.error_type, failed.message) == ("SystemExit", "4")
            assert await text(app, "say_hello", '"Rome"') == '"Hello Rome!"'

    asyncio.run(scenario())


def test_result_that_is_not_json_fails_the_activity(open_app: Open) -> None:
    async def scenario() -> None:
        async with open_app() as (app, _):
            failed = await failure(app, "returns_a_set", '"x"')
        assert failed.error_type == "ValueError"
        assert failed.message.startswith("activity trigger output must be json serializable (")

    asyncio.run(scenario())


def test_unknown_function_fails_by_name(open_app: Open) -> None:
    async def scenario() -> None:
        async with open_app() as (app, _):
            assert await failure(app, "nobody", '"x"') == Failed(
                error_type="LookupError", message="The app has no function 'nobody'.", stack=""
            )

    asyncio.run(scenario())


def test_log_records_carry_level_category_and_invocation_and_come_before_the_result(open_app: Open) -> None:
    async def scenario() -> list[LogLine]:
        log = Log()
        async with open_app(log=log) as (app, _):
            asked = invocation("logs", request())
            await app.invoke(asked)
            seen = [line for line in log if line.invocation_id == asked.invocation_id]
        return seen

    lines = asyncio.run(scenario())
    assert {line.function_name for line in lines} == {"logs"}
    records = [(line.level, line.category, line.message) for line in lines if line.category != CONSOLE]
    assert records == [
        (logging.INFO, "Function.logs.User", "an info record"),
        (logging.WARNING, "Function.logs.User", "a warning of a part"),
        (logging.INFO, "Worker.azure.functions.DurableFunctions", "a record of the SDK"),
        (logging.INFO, "Function.logs.User", "from a thread"),
    ]
    assert [is_system(category) for _, category, _ in records] == [False, False, True, False]


def test_coroutines_log_under_their_own_invocation(open_app: Open) -> None:
    async def scenario() -> None:
        log = Log()
        async with open_app(log=log) as (app, _):
            asked = [invocation("async_logs", request()) for _ in range(20)]
            await asyncio.gather(*(app.invoke(one) for one in asked))
        told = [line.invocation_id for line in log if line.message == "from a coroutine"]
        assert sorted(map(str, told)) == sorted(one.invocation_id for one in asked)

    asyncio.run(scenario())


def test_coroutines_share_one_event_loop(open_app: Open) -> None:
    async def scenario() -> None:
        async with open_app() as (app, _):
            loops = {await text(app, "which_loop", request()) for _ in range(3)}
        assert len(loops) == 1

    asyncio.run(scenario())


def test_context_variables_do_not_leak_into_the_next_invocation(open_app: Open) -> None:
    async def scenario() -> None:
        async with open_app() as (app, _):
            assert [await text(app, "remembers", request()) for _ in range(40)] == ["unset"] * 40

    asyncio.run(scenario())


def test_busy_activities_do_not_keep_orchestrators_waiting(
    open_app: Open, tmp_path_factory: pytest.TempPathFactory
) -> None:
    async def scenario() -> None:
        folder = tmp_path_factory.mktemp("files")
        wanted = folder / "go"
        async with open_app(**_threads(open_app, 2)) as (app, _):
            busy = [
                asyncio.ensure_future(
                    call(app, "waits_for_file",
                         json.dumps({"running": str(folder / f"running-{n}"), "wanted": str(wanted)}))
                )
                for n in range(6)
            ]  # fmt: skip
            reply = json.loads(await text(app, "chain", ORCHESTRATION))
            assert reply["isDone"] is False
            assert not any(one.done() for one in busy)
            wanted.touch()
            await asyncio.gather(*busy)

    asyncio.run(scenario())


def _threads(open_app: Open, count: int) -> dict[str, object]:
    setting = {"PYTHON_THREADPOOL_THREAD_COUNT": str(count)}
    return {"settings": setting} if open_app is processes else dict(setting)
