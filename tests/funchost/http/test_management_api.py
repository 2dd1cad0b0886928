"""The Durable HTTP API as clients meet it: codes, headers and bodies, on both listeners."""

from __future__ import annotations

import json
from typing import Any

import httpx
import pytest

from funchost.dispatch.settings import HubSettings
from funchost.engine.versions import VersionMatch, VersionRule
from funchost.http.application import PublicSettings

from .support import Host, durable_app, run

BASE = "/runtime/webhooks/durabletask"
JSON = "application/json; charset=utf-8"


async def start(host: Host, name: str, instance_id: str = "", body: Any = None) -> httpx.Response:
    content = b"" if body is None else json.dumps(body).encode()
    answer = await host.public.post(f"{BASE}/orchestrators/{name}/{instance_id}", content=content)
    assert answer.status_code == 202, answer.text
    await host.settle()
    return answer


async def status(host: Host, instance_id: str, **query: str) -> dict[str, Any]:
    answer = await host.public.get(f"{BASE}/instances/{instance_id}", params=query)
    return dict(answer.json())


def is_empty(answer: httpx.Response, status_code: int) -> bool:
    return (answer.status_code, answer.content) == (status_code, b"") and "content-type" not in answer.headers


# -- Start --------------------------------------------------------------------------------------------------


def test_starting_answers_202_with_the_management_urls_in_order() -> None:
    async def scenario(host: Host) -> None:
        answer = await host.public.post(f"{BASE}/orchestrators/hello/abc", json="World")
        query = "taskHub=TestHub&connection=Storage&code=k"
        instance = f"http://localhost:7071{BASE}/instances/abc"
        assert answer.status_code == 202
        assert list(answer.json().items()) == [
            ("id", "abc"),
            ("statusQueryGetUri", f"{instance}?{query}"),
            ("sendEventPostUri", f"{instance}/raiseEvent/{{eventName}}?{query}"),
            ("terminatePostUri", f"{instance}/terminate?reason={{text}}&{query}"),
            ("purgeHistoryDeleteUri", f"{instance}?{query}"),
            ("restartPostUri", f"{instance}/restart?{query}"),
            ("suspendPostUri", f"{instance}/suspend?reason={{text}}&{query}"),
            ("resumePostUri", f"{instance}/resume?reason={{text}}&{query}"),
        ]
        assert answer.headers["location"] == f"{instance}?{query}"
        assert answer.headers["retry-after"] == "10"
        assert answer.headers["content-type"] == JSON

    run(scenario)


def test_the_urls_of_an_answer_lead_to_the_host_that_the_request_named() -> None:
    async def scenario(host: Host) -> None:
        headers = {"host": "box:8080", "x-forwarded-host": "evil", "x-forwarded-proto": "https"}
        answer = await host.public.post(f"{BASE}/orchestrators/hello", headers=headers)
        assert answer.json()["statusQueryGetUri"].startswith(f"http://box:8080{BASE}/instances/")
        rpc = await host.rpc.post("/orchestrators/hello")
        assert rpc.json()["statusQueryGetUri"].startswith(f"http://localhost:7071{BASE}/instances/")

    run(scenario)


def test_a_proxys_host_is_used_where_host_json_asks_for_it() -> None:
    async def scenario(host: Host) -> None:
        headers = {"x-forwarded-host": "app.example", "x-forwarded-proto": "https"}
        answer = await host.public.post(f"{BASE}/orchestrators/hello", headers=headers)
        assert answer.headers["location"].startswith(f"https://app.example{BASE}/instances/")

    run(scenario, settings=PublicSettings(public_url="http://localhost:7071", use_forwarded_host=True))


def test_an_id_is_made_where_none_is_given_and_an_empty_body_is_null_input() -> None:
    async def scenario(host: Host) -> None:
        answer = await host.public.post(f"{BASE}/orchestrators/waits")
        instance_id = answer.json()["id"]
        assert len(instance_id) == 32
        assert set(instance_id) <= set("0123456789abcdef")
        assert (await status(host, instance_id))["input"] is None

    run(scenario)


@pytest.mark.parametrize(
    ("body", "shown"), [(b'{"a": 1}', {"a": 1}), (b'"{\\"a\\": 1}"', '{"a": 1}'), (b" 5 ", 5), (b"null", None)]
)
def test_the_input_is_kept_as_posted_and_shown_parsed_once(body: bytes, shown: Any) -> None:
    async def scenario(host: Host) -> None:
        for client, path in ((host.public, f"{BASE}/orchestrators/waits/a"), (host.rpc, "/orchestrators/waits/b")):
            headers = {"content-type": "text/plain"}  # the content type of a start is not looked at
            assert (await client.post(path, content=body, headers=headers)).status_code == 202
        for instance_id in ("a", "b"):
            assert (await status(host, instance_id))["input"] == shown
            record = await host.running.record(instance_id)
            assert record.input == body.decode()

    run(scenario)


def test_the_name_is_found_in_any_case_and_a_trailing_slash_is_harmless() -> None:
    async def scenario(host: Host) -> None:
        answer = await host.public.post(f"{BASE}/Orchestrators/HELLO/x/")
        assert answer.json()["id"] == "x"
        assert (await status(host, "x"))["name"] == "hello"

    run(scenario)


@pytest.mark.parametrize("body", [b"{", b"nonsense", b"\xff\xfe\xfd", b"[" * 100_000, b"1" * 5_000])
def test_bad_json_is_400_with_the_reason(body: bytes) -> None:
    async def scenario(host: Host) -> None:
        answer = await host.public.post(f"{BASE}/orchestrators/hello", content=body)
        assert answer.status_code == 400
        assert [*answer.json()] == ["Message", "ExceptionMessage", "ExceptionType", "StackTrace"]
        assert answer.json()["Message"] == "Invalid JSON content"
        assert answer.json()["ExceptionMessage"]

    run(scenario)


@pytest.mark.parametrize(
    ("instance_id", "text"),
    [
        ("@x", "Orchestration instance ids must not start with @."),
        ("a%23b", "Orchestration instance ids must not contain /, \\, #, ?, or control characters."),
        ("a%0Ab", "Orchestration instance ids must not contain /, \\, #, ?, or control characters."),
        ("a" * 257, "Instance ID lengths must not exceed 256 characters."),
    ],
)
def test_a_bad_id_is_400_with_the_text_where_the_sdk_looks_for_it(instance_id: str, text: str) -> None:
    async def scenario(host: Host) -> None:
        answer = await host.public.post(f"{BASE}/orchestrators/hello/{instance_id}")
        assert answer.status_code == 400
        assert answer.json()["Message"] == answer.json()["ExceptionMessage"] == text

    run(scenario)


def test_an_unknown_orchestrator_is_400_and_names_the_known_ones() -> None:
    async def scenario(host: Host) -> None:
        answer = await host.public.post(f"{BASE}/orchestrators/nope")
        assert answer.status_code == 400
        assert answer.json()["Message"] == "One or more of the arguments submitted is incorrect"
        assert answer.json()["ExceptionMessage"] == (
            "The function 'nope' doesn't exist, is disabled, or is not an orchestrator function. Additional "
            "info: The following are the known orchestrator functions: 'fails', 'hello', 'waits'."
        )

    run(scenario)


def test_an_id_in_use_is_409_and_a_finished_instance_is_replaced() -> None:
    async def scenario(host: Host) -> None:
        await start(host, "waits", "a")
        answer = await host.public.post(f"{BASE}/orchestrators/hello/a")
        assert (answer.status_code, answer.json()) == (
            409,
            {"Message": "An Orchestration instance with the status Running already exists."},
        )
        await host.public.post(f"{BASE}/instances/a/terminate")
        await host.settle()
        await start(host, "hello", "a", "again")
        assert (await status(host, "a"))["output"] == "Hello again!"

    run(scenario)


def test_any_state_lets_a_running_instance_be_replaced() -> None:
    async def scenario(host: Host) -> None:
        await start(host, "waits", "a")
        await start(host, "hello", "a", "new")
        assert (await status(host, "a"))["output"] == "Hello new!"

    run(scenario, hub_settings=HubSettings(function_timeout=None, replace_live_instances=True))


def test_a_version_in_the_query_is_the_instances_version() -> None:
    async def scenario(host: Host) -> None:
        await host.public.post(f"{BASE}/orchestrators/waits/a?version=2.1%20beta")
        assert (await host.running.record("a")).version == "2.1 beta"

    run(scenario)


# -- Start and wait -----------------------------------------------------------------------------------------


def test_waiting_answers_the_output_alone_when_the_instance_completes_in_time() -> None:
    async def scenario(host: Host) -> None:
        answer = await host.public.post(f"{BASE}/orchestrators/hello?timeout=30&pollingInterval=0.1", json="World")
        assert (answer.status_code, answer.json()) == (200, "Hello World!")

    run(scenario)


@pytest.mark.parametrize(("flag", "code"), [("", 200), ("&returnInternalServerErrorOnFailure=true", 500)])
def test_waiting_answers_the_status_of_an_instance_that_failed(flag: str, code: int) -> None:
    async def scenario(host: Host) -> None:
        answer = await host.public.post(f"{BASE}/orchestrators/fails?timeout=30&pollingInterval=1{flag}")
        assert answer.status_code == code
        assert answer.json()["runtimeStatus"] == "Failed"
        assert "boom" in answer.json()["output"]

    run(scenario)


@pytest.mark.parametrize("query", ["timeout=0&pollingInterval=0", "timeout=30", "pollingInterval=1", "timeout=x"])
def test_waiting_in_vain_or_without_both_parameters_answers_202(query: str) -> None:
    async def scenario(host: Host) -> None:
        answer = await host.public.post(f"{BASE}/orchestrators/waits?{query}")
        assert answer.status_code == 202
        assert answer.headers["retry-after"] == "10"

    run(scenario)


def test_an_interval_beyond_the_timeout_is_refused_before_anything_starts() -> None:
    async def scenario(host: Host) -> None:
        answer = await host.public.post(f"{BASE}/orchestrators/hello/a?timeout=1&pollingInterval=2")
        assert answer.status_code == 400
        assert answer.json()["ExceptionMessage"] == "Total timeout 1 should be bigger than retry timeout 2"
        assert is_empty(await host.public.get(f"{BASE}/instances/a"), 404)

    run(scenario)


# -- Status -------------------------------------------------------------------------------------------------


def test_a_running_instance_is_202_and_says_where_and_when_to_look_again() -> None:
    async def scenario(host: Host) -> None:
        await start(host, "waits", "a", [1])
        answer = await host.public.get(f"{BASE}/instances/a?code=xyz")
        assert answer.status_code == 202
        assert answer.headers["location"] == f"http://localhost:7071{BASE}/instances/a?code=xyz"
        assert answer.headers["retry-after"] == "5"
        assert answer.content == (
            b'{"name":"waits","instanceId":"a","runtimeStatus":"Running","input":[1],"customStatus":null,'
            b'"output":null,"createdTime":"2024-05-01T10:00:00Z","lastUpdatedTime":"2024-05-01T10:00:00Z"}'
        )

    run(scenario)


def test_a_completed_instance_is_200_with_output_and_custom_status() -> None:
    async def scenario(host: Host) -> None:
        await start(host, "hello", "a", "World")
        answer = await host.public.get(f"{BASE}/instances/a")
        assert answer.status_code == 200
        assert "location" not in answer.headers
        assert answer.json()["output"] == "Hello World!"
        assert answer.json()["customStatus"] == {"step": 1}

    run(scenario)


def test_a_failed_instance_is_200_unless_500_is_asked_for() -> None:
    async def scenario(host: Host) -> None:
        await start(host, "fails", "a")
        path = f"{BASE}/instances/a"
        assert (await host.public.get(path)).status_code == 200
        asked = await host.public.get(path, params={"returnInternalServerErrorOnFailure": "TRUE"})
        assert asked.status_code == 500
        assert asked.json()["output"].startswith("Orchestrator function 'fails' failed: Activity function")

    run(scenario)


def test_an_unknown_instance_is_404_and_empty() -> None:
    async def scenario(host: Host) -> None:
        for instance_id in ("nobody", "@nobody@x", "@", "a%2Fb%2Fc%2Fd", "%00"):
            assert is_empty(await host.public.get(f"{BASE}/instances/{instance_id}"), 404), instance_id

    run(scenario)


def test_input_history_and_its_output_are_shown_on_demand() -> None:
    async def scenario(host: Host) -> None:
        await start(host, "hello", "a", "World")
        assert "historyEvents" not in await status(host, "a")
        assert (await status(host, "a", showInput="false"))["input"] is None
        shown = await status(host, "a", ShowHistory="true", showInput="false")
        assert [event["EventType"] for event in shown["historyEvents"]] == [
            "ExecutionStarted",
            "ExecutionCompleted",
        ]
        assert not any({"Input", "Result"} & event.keys() for event in shown["historyEvents"])
        shown = await status(host, "a", showHistory="True", showHistoryOutput="true")
        assert shown["historyEvents"][-1]["Result"] == "Hello World!"

    run(scenario)


def test_an_instance_that_has_not_begun_shows_no_history() -> None:
    async def scenario(host: Host) -> None:
        await start(host, "hello", "a?version=2.0")
        shown = await status(host, "a", showHistory="true")
        assert (shown["runtimeStatus"], "historyEvents" in shown) == ("Pending", False)

    older = VersionRule(app_version="1.0", match=VersionMatch.STRICT)
    run(scenario, hub_settings=HubSettings(function_timeout=None, versions=older))


@pytest.mark.parametrize(
    ("spelled", "instance_id"),
    [("a%20b", "a b"), ("a+b", "a b"), ("a%2Bb", "a+b"), ("%C3%A4", "ä"), ("A", "A"), ("%2541", "%41")],
)
def test_ids_are_decoded_once_as_a_form_and_keep_their_case(spelled: str, instance_id: str) -> None:
    async def scenario(host: Host) -> None:
        answer = await start(host, "hello", spelled)
        assert answer.json()["id"] == instance_id
        again = await host.public.get(answer.headers["location"])
        assert again.json()["instanceId"] == instance_id

    run(scenario)


# -- List ---------------------------------------------------------------------------------------------------


async def listed(host: Host, query: str = "", **headers: str) -> list[str]:
    answer = await host.public.get(f"{BASE}/instances?{query}", headers=headers)
    assert answer.status_code == 200
    return [item["instanceId"] for item in answer.json()]


def test_instances_are_listed_and_filtered() -> None:
    async def scenario(host: Host) -> None:
        assert await listed(host) == []
        await start(host, "hello", "a1", "x")
        await host.running.advance(hours=1)
        await start(host, "waits", "a2")
        await start(host, "fails", "b1")
        assert await listed(host) == ["a1", "a2", "b1"]
        assert await listed(host, "instanceIdPrefix=a") == ["a1", "a2"]
        assert await listed(host, "runtimeStatus=Running,Failed") == ["a2", "b1"]
        assert await listed(host, "runtimeStatus=Running&runtimeStatus=Completed") == ["a1", "a2"]
        assert await listed(host, "runtimeStatus=running") == ["a1", "a2", "b1"]  # no such name, no filter
        assert await listed(host, "createdTimeFrom=2024-05-01T10:30") == ["a2", "b1"]
        assert await listed(host, "createdTimeTo=2024-05-01T10:30:00.000000Z") == ["a1"]
        assert await listed(host, "createdTimeTo=whenever") == ["a1", "a2", "b1"]
        answer = await host.public.get(f"{BASE}/instances/?showInput=false&instanceIdPrefix=a1")
        assert answer.json()[0]["input"] is None
        assert "historyEvents" not in answer.json()[0]

    run(scenario)


def test_a_long_list_comes_in_pages_and_to_the_sdk_whole() -> None:
    async def scenario(host: Host) -> None:
        for number in range(5):
            await start(host, "hello", f"i{number}")
        first = await host.public.get(f"{BASE}/instances?top=3")
        token = first.headers["x-ms-continuation-token"]
        assert len(first.json()) == 3
        assert token
        second = await host.public.get(f"{BASE}/instances?top=3", headers={"x-ms-continuation-token": token})
        assert len(second.json()) == 2
        assert second.headers["x-ms-continuation-token"] == ""
        assert {item["instanceId"] for item in first.json() + second.json()} == {f"i{n}" for n in range(5)}

    run(scenario)


def test_the_sdks_listener_lists_beyond_the_first_page() -> None:
    async def scenario(host: Host) -> None:
        for number in range(101):
            await host.running.start("hello", instance_id=f"i{number:03d}")
        await host.settle()
        assert len((await host.public.get(f"{BASE}/instances")).json()) == 100
        whole = await host.rpc.get("/instances/")
        assert len(whole.json()) == 101
        assert whole.headers["x-ms-continuation-token"] == ""
        assert len((await host.rpc.get("/instances/?top=7")).json()) == 7

    run(scenario)


@pytest.mark.parametrize("path", ["instances", "entities", "entities/counter"])
def test_a_token_of_somebody_elses_is_400(path: str) -> None:
    async def scenario(host: Host) -> None:
        answer = await host.public.get(f"{BASE}/{path}", headers={"x-ms-continuation-token": "%%"})
        assert answer.status_code == 400
        assert "x-ms-continuation-token" in answer.json()["Message"]

    run(scenario)


# -- Events and verbs ---------------------------------------------------------------------------------------


def test_an_event_reaches_the_instance_as_it_was_posted() -> None:
    async def scenario(host: Host) -> None:
        await start(host, "waits", "a", "in")
        answer = await host.public.post(f"{BASE}/instances/a/RaiseEvent/Go", json={"ok": True})
        assert is_empty(answer, 202)
        await host.settle()
        assert (await status(host, "a"))["output"] == ["in", {"ok": True}]

    run(scenario)


def test_an_event_without_a_body_is_null() -> None:
    async def scenario(host: Host) -> None:
        await start(host, "waits", "a", "in")
        headers = {"content-type": "application/json; charset=utf-8"}
        assert is_empty(await host.public.post(f"{BASE}/instances/a/raiseEvent/Go", headers=headers), 202)
        await host.settle()
        assert (await status(host, "a"))["output"] == ["in", None]

    run(scenario)


@pytest.mark.parametrize("content_type", ["text/plain", "application/problem+json", ""])
def test_an_event_must_be_json(content_type: str) -> None:
    async def scenario(host: Host) -> None:
        await start(host, "waits", "a")
        answer = await host.public.post(
            f"{BASE}/instances/a/raiseEvent/Go", content=b"1", headers={"content-type": content_type}
        )
        assert answer.status_code == 400
        assert answer.json() == {"Message": "Only application/json request content is supported"}

    run(scenario)


@pytest.mark.parametrize("charset", ["utf-7", "rot13", "nonsense", "a\\u0000b", "base64"])
def test_an_unknown_charset_is_400(charset: str) -> None:
    async def scenario(host: Host) -> None:
        await start(host, "waits", "a")
        headers = {"content-type": f"application/json; charset={charset}"}
        answer = await host.public.post(f"{BASE}/instances/a/raiseEvent/Go", content=b"1", headers=headers)
        assert answer.status_code == 400
        assert "send UTF-8" in answer.json()["ExceptionMessage"]

    run(scenario)


def test_a_charset_that_is_named_is_used() -> None:
    async def scenario(host: Host) -> None:
        await start(host, "waits", "a", "in")
        headers = {"content-type": "application/json; charset=ISO-8859-1"}
        body = '"ä"'.encode("latin-1")
        await host.public.post(f"{BASE}/instances/a/raiseEvent/Go", content=body, headers=headers)
        await host.settle()
        assert (await status(host, "a"))["output"] == ["in", "ä"]

    run(scenario)


VERBS = ["raiseEvent/Go", "terminate", "suspend", "resume"]


@pytest.mark.parametrize("verb", VERBS)
def test_a_verb_on_nobody_is_404_and_on_a_finished_instance_410(verb: str) -> None:
    async def scenario(host: Host) -> None:
        assert is_empty(await host.public.post(f"{BASE}/instances/nobody/{verb}", json=1), 404)
        await start(host, "hello", "a")
        assert is_empty(await host.public.post(f"{BASE}/instances/a/{verb}", json=1), 410)

    run(scenario)


def test_terminate_ends_the_instance_with_the_reason_as_output() -> None:
    async def scenario(host: Host) -> None:
        await start(host, "waits", "a")
        assert is_empty(await host.public.post(f"{BASE}/instances/a/terminate?reason=no+more"), 202)
        await host.settle()
        shown = await status(host, "a")
        assert (shown["runtimeStatus"], shown["output"]) == ("Terminated", "no more")

    run(scenario)


def test_suspend_and_resume_and_what_they_refuse() -> None:
    async def scenario(host: Host) -> None:
        await start(host, "waits", "a")
        path = f"{BASE}/instances/a"
        refused = await host.public.post(f"{path}/resume")
        assert refused.status_code == 500
        assert refused.json()["Message"] == "Something went wrong while processing your request"
        assert refused.json()["ExceptionMessage"] == (
            "Cannot resume the orchestration instance a because instance is in the Running state."
        )
        assert is_empty(await host.public.post(f"{path}/suspend?reason=lunch"), 202)
        await host.settle()
        assert (await host.public.get(path)).status_code == 202
        assert (await status(host, "a"))["runtimeStatus"] == "Suspended"
        assert (await host.public.post(f"{path}/suspend")).status_code == 500
        assert is_empty(await host.public.post(f"{path}/resume?reason=back"), 202)
        await host.settle()
        assert (await status(host, "a"))["runtimeStatus"] == "Running"

    run(scenario)


def test_rewind_runs_a_failed_instance_again_and_refuses_others() -> None:
    async def scenario(host: Host) -> None:
        missing = await host.public.post(f"{BASE}/instances/a/rewind")
        assert (missing.status_code, missing.json()) == (404, 'No orchestration with instance ID "$a" found.')
        await start(host, "fails", "a")
        assert is_empty(await host.public.post(f"{BASE}/instances/a/rewind?reason=fixed"), 202)
        await host.settle()
        shown = await status(host, "a")
        assert (shown["runtimeStatus"], shown["output"]) == ("Completed", "done x")
        refused = await host.public.post(f"{BASE}/instances/a/rewind")
        assert (refused.status_code, refused.json()) == (
            412,
            'This orchestration has status Completed, but only orchestrations in the "Failed" state can be '
            "rewound.",
        )

    run(scenario)


def test_restart_runs_again_with_the_same_input_under_a_new_id() -> None:
    async def scenario(host: Host) -> None:
        await start(host, "hello", "a", "World")
        answer = await host.public.post(f"{BASE}/instances/a/restart")
        assert answer.status_code == 202
        new_id = answer.json()["id"]
        assert new_id != "a"
        assert answer.headers["retry-after"] == "10"
        await host.settle()
        assert (await status(host, new_id))["output"] == "Hello World!"
        waited = await host.public.post(f"{BASE}/instances/a/restart?timeout=30&pollingInterval=1")
        assert (waited.status_code, waited.json()) == (200, "Hello World!")

    run(scenario)


def test_restart_under_the_same_id_and_what_it_refuses() -> None:
    async def scenario(host: Host) -> None:
        path = f"{BASE}/instances/a/restart?restartWithNewInstanceId=false"
        missing = await host.public.post(path)
        assert missing.status_code == 400
        assert missing.json()["Message"] == "InstanceId does not match a valid orchestration instance."
        assert is_empty(await host.rpc.post("/instances/a/restart"), 404)
        await start(host, "waits", "a")
        live = await host.public.post(path)
        assert live.status_code == 409
        assert live.json()["Message"] == "A non-terminal instance with this instance ID already exists."
        assert live.json()["ExceptionType"].endswith("OrchestrationAlreadyExistsException")
        await host.public.post(f"{BASE}/instances/a/terminate")
        await host.settle()
        assert (await host.public.post(path)).json()["id"] == "a"
        bare = await host.rpc.post("/instances/a/restart")
        assert (bare.status_code, len(bare.json())) == (202, 32)

    run(scenario)


# -- Purge --------------------------------------------------------------------------------------------------


def test_purging_one_instance() -> None:
    async def scenario(host: Host) -> None:
        assert is_empty(await host.public.delete(f"{BASE}/instances/a"), 404)
        await start(host, "waits", "a")
        running = await host.public.delete(f"{BASE}/instances/a")
        assert (running.status_code, running.json()) == (
            412,
            "Only orchestrations in a terminal state can be purged, but the orchestration with instance ID a "
            "has status Running",
        )
        await host.public.post(f"{BASE}/instances/a/terminate")
        await host.settle()
        purged = await host.public.delete(f"{BASE}/instances/a")
        assert (purged.status_code, purged.json()) == (200, {"instancesDeleted": 1})
        assert is_empty(await host.public.get(f"{BASE}/instances/a"), 404)

    run(scenario)


def test_purging_an_entity_that_is_not_there_counts_zero() -> None:
    async def scenario(host: Host) -> None:
        answer = await host.public.delete(f"{BASE}/instances/@counter@a")
        assert (answer.status_code, answer.json()) == (200, {"instancesDeleted": 0})

    run(scenario)


def test_purging_many_takes_finished_instances_only() -> None:
    async def scenario(host: Host) -> None:
        for name in ("hello", "fails", "waits"):
            await start(host, name, name)
        without = await host.public.delete(f"{BASE}/instances")
        assert (without.status_code, without.json()) == (
            400,
            "Please provide value for 'createdTimeFrom' parameter.",
        )
        path = f"{BASE}/instances?createdTimeFrom=2000-01-01"
        assert is_empty(await host.public.delete(f"{path}&createdTimeTo=2001-01-01"), 404)
        assert is_empty(await host.public.delete(f"{path}&runtimeStatus=Running"), 404)
        failed = await host.public.delete(f"{path}&runtimeStatus=Failed,Running")
        assert failed.json() == {"instancesDeleted": 1}
        assert (await host.public.delete(path)).json() == {"instancesDeleted": 1}
        assert await listed(host) == ["waits"]

    run(scenario)


# -- Entities -----------------------------------------------------------------------------------------------


def test_an_entity_is_signalled_read_listed_and_deleted() -> None:
    async def scenario(host: Host) -> None:
        path = f"{BASE}/entities/Counter/k"
        assert is_empty(await host.public.get(path), 404)
        assert is_empty(await host.public.post(f"{path}?op=add", json=5), 202)
        await host.settle()
        answer = await host.public.get(path)
        assert (answer.status_code, answer.json(), answer.headers["content-type"]) == (200, 5, JSON)
        shown = await host.public.get(f"{BASE}/entities?fetchState=true")
        assert shown.headers["x-ms-continuation-token"] == ""
        assert shown.json() == [
            {
                "entityId": {"name": "counter", "key": "k"},
                "lastOperationTime": "2024-05-01T10:00:00.000000Z",
                "state": 5,
            }
        ]
        assert (await host.public.get(f"{BASE}/entities/COUNTER")).json()[0]["state"] is None
        assert (await host.public.get(f"{BASE}/entities/other")).json() == []
        later = await host.public.get(f"{BASE}/entities?lastOperationTimeFrom=2024-05-02")
        assert later.json() == []
        as_instance = await host.public.get(f"{BASE}/instances/@counter@k")
        assert as_instance.status_code == 202
        assert as_instance.json()["input"] == {"exists": True, "state": "5"}
        assert is_empty(await host.public.delete(path), 202)
        await host.settle()
        assert is_empty(await host.public.get(path), 404)
        assert (await host.public.get(f"{BASE}/entities")).json() == []

    run(scenario)


def test_entities_are_listed_among_the_instances_as_running_for_ever() -> None:
    async def scenario(host: Host) -> None:
        for key in ("a", "b"):
            await host.public.post(f"{BASE}/entities/counter/{key}?op=add", json=5)
        await host.public.post(f"{BASE}/orchestrators/waits/one")
        await host.settle()

        async def ids(query: str) -> list[str]:
            return [item["instanceId"] for item in (await host.public.get(f"{BASE}/instances{query}")).json()]

        assert await ids("") == ["@counter@a", "@counter@b", "one"]
        assert await ids("?runtimeStatus=Running") == ["@counter@a", "@counter@b", "one"]
        assert await ids("?runtimeStatus=Completed,Failed") == []
        assert await ids("?instanceIdPrefix=@counter@b") == ["@counter@b"]
        assert await ids("?showEntities=false") == ["one"]
        page = await host.public.get(f"{BASE}/instances?top=1")
        token = {"x-ms-continuation-token": page.headers["x-ms-continuation-token"]}
        (second, *_) = (await host.public.get(f"{BASE}/instances?top=1", headers=token)).json()
        alone = await host.public.get(f"{BASE}/instances/@counter@b")
        assert second == alone.json()

    run(scenario)


@pytest.mark.parametrize(
    ("content_type", "body", "state"),
    [
        ("application/json", b'{"a":1}', {"a": 1}),
        ("application/json", b'"plain"', "plain"),
        ("application/json", b'"7"', 7),  # what the SDK posts for 7
        ("text/plain", b"some words", "some words"),
        ("application/json", b"", None),
    ],
)
def test_the_input_of_a_signal_reaches_the_entity_as_its_value(content_type: str, body: bytes, state: Any) -> None:
    async def scenario(host: Host) -> None:
        path = f"{BASE}/entities/counter/$"
        headers = {"content-type": content_type}
        await host.public.post(f"{path}?op=set", content=body, headers=headers)
        await host.settle()
        answer = await host.public.get(path)
        assert answer.json() == state

    run(scenario)


def test_a_signal_that_cannot_be_kept_is_400_with_the_reason() -> None:
    async def scenario(host: Host) -> None:
        headers = {"content-type": "application/json"}
        bad = await host.public.post(f"{BASE}/entities/counter/k", content=b"{", headers=headers)
        assert bad.status_code == 400
        assert bad.json()["Message"].startswith("Could not parse JSON content: ")
        unknown = await host.public.post(f"{BASE}/entities/nobody/k?op=x")
        assert unknown.status_code == 400
        assert "is not an entity function" in unknown.json()["Message"]
        for name, key in (("co@unter", "k"), ("counter", "a%23b"), ("counter", "k" * 256)):
            answer = await host.public.post(f"{BASE}/entities/{name}/{key}?op=x")
            assert answer.status_code == 400
            assert answer.json()["Message"].startswith("Invalid entity id: ")
        nameless = await host.public.post(f"{BASE}/entities")
        assert nameless.json()["Message"] == "Invalid entity id: the entity name must not be empty."

    run(scenario)


# -- The rest -----------------------------------------------------------------------------------------------


def test_what_fits_no_route_is_404_and_never_405() -> None:
    unmatched = [
        ("GET", "orchestrators/hello"),
        ("POST", "orchestrators"),
        ("POST", "orchestrators/a/b/c"),
        ("PUT", "instances/a"),
        ("POST", "instances"),
        ("POST", "instances/a"),
        ("POST", "instances/a/explode"),
        ("GET", "instances/a/terminate"),
        ("POST", "instances/a/raiseEvent"),
        ("GET", "instances/a/raiseEvent/b"),
        ("POST", "instances//terminate"),
        ("POST", "instances/a%2Fb/raiseEvent/c/d"),
        ("PATCH", "instances/a"),
        ("HEAD", "instances"),
        ("PUT", "entities/counter/a"),
        ("GET", "elsewhere"),
        ("GET", ""),
    ]

    async def scenario(host: Host) -> None:
        for method, path in unmatched:
            assert is_empty(await host.public.request(method, f"{BASE}/{path}"), 404), (method, path)
        assert is_empty(await host.public.get("/runtime/webhooks/other/instances"), 404)
        assert is_empty(await host.public.get("/runtime/webhooks"), 404)
        assert is_empty(await host.rpc.get("http://127.0.0.1:17071/elsewhere"), 404)

    run(scenario)


def test_make_primary_has_nothing_to_do() -> None:
    async def scenario(host: Host) -> None:
        for method in ("GET", "POST", "PUT", "DELETE"):
            assert is_empty(await host.public.request(method, f"{BASE}/makePrimary/"), 200)

    run(scenario)


def test_the_base_is_found_in_any_case() -> None:
    async def scenario(host: Host) -> None:
        assert (await host.public.get("/Runtime/WebHooks/DurableTask/Instances")).json() == []

    run(scenario)


def test_another_task_hub_is_refused_by_name() -> None:
    async def scenario(host: Host) -> None:
        await start(host, "hello", "a")
        for hub, code in (("TestHub", 200), ("testhub", 200), ("", 200), ("Other", 404)):
            answer = await host.public.get(f"{BASE}/instances/a?TaskHub={hub}&connection=Storage")
            assert answer.status_code == code, hub
        assert "'Other' is not open in this host" in answer.json()["Message"]

    run(scenario)


def test_a_body_beyond_the_limit_is_413_on_the_public_listener_only() -> None:
    async def scenario(host: Host) -> None:
        body = b'"' + b"x" * 1000 + b'"'

        async def chunks() -> Any:
            yield body

        path = f"{BASE}/orchestrators/hello"
        assert is_empty(await host.public.post(path, content=body), 413)
        assert is_empty(await host.public.post(path, content=chunks()), 413)
        assert (await host.rpc.post("/orchestrators/hello", content=body)).status_code == 202

    run(scenario, settings=PublicSettings(public_url="http://localhost:7071", max_body_bytes=1000))


def test_a_chunked_body_is_read_by_the_management_api() -> None:
    async def scenario(host: Host) -> None:
        async def chunks() -> Any:
            yield b'"Wo'
            yield b'rld"'

        await host.public.post(f"{BASE}/orchestrators/hello/a", content=chunks())
        await host.settle()
        assert (await status(host, "a"))["output"] == "Hello World!"

    run(scenario)


def test_a_defect_below_is_500_in_the_extensions_shape_and_reported() -> None:
    async def scenario(host: Host) -> None:
        async def broken(instance_id: str) -> None:
            raise RuntimeError("disk on fire")

        host.running.hub.get_instance = broken  # type: ignore[method-assign]
        answer = await host.public.get(f"{BASE}/instances/a")
        assert answer.status_code == 500
        assert answer.json()["Message"] == "Something went wrong while processing your request"
        assert answer.json()["ExceptionMessage"] == "disk on fire"
        assert [str(error) for error in host.errors] == ["disk on fire"]
        host.errors.clear()

    run(scenario, durable_app())
