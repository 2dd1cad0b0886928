"""Apps as people write them, which are no lists of features, started and asked over HTTP."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from funchost.testing import FunctionAppClient
from funchost.testing.hosts import EmbeddedHost

APPS = Path(__file__).parents[1] / "apps"


@contextmanager
def running(name: str, state: Path, *arguments: str) -> Iterator[FunctionAppClient]:
    host = EmbeddedHost(APPS / name, state, arguments=("--python", sys.executable, *arguments))
    host.start()
    try:
        with FunctionAppClient(host.url) as client:
            yield client
    finally:
        host.stop()


@pytest.fixture(scope="module")
def bank(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FunctionAppClient]:
    with running("bank", tmp_path_factory.mktemp("bank")) as client:
        yield client


@pytest.fixture(scope="module")
def web_app(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FunctionAppClient]:
    with running("web_app", tmp_path_factory.mktemp("web_app")) as client:
        yield client


def output(client: FunctionAppClient, name: str, value: Any) -> Any:
    started = client.post(f"/api/orchestrators/{name}", json=value)
    assert started.status_code == 202
    return client.wait_for_completion(started)["output"]


def test_money_moves_between_accounts_and_none_is_made(bank: FunctionAppClient) -> None:
    def balance(name: str) -> Any:
        return bank.get(f"/api/balance/{name}").json()

    assert balance("ann") == [False, None]
    bank.post("/api/balance/ann?amount=100")
    assert output(bank, "transfer", {"from": "ann", "to": "bob", "amount": 30}) == {"moved": 30}
    assert output(bank, "transfer", {"from": "ann", "to": "bob", "amount": 71}) == {"refused": "ann has only 70"}
    bank.wait_until("/runtime/webhooks/durabletask/instances/@account@fees", lambda status: bool(status["input"]))
    assert [balance(name) for name in ("ann", "bob", "fees")] == [[True, 70], [True, 30], [True, 1]]


@pytest.mark.parametrize(
    ("city", "became"),
    [
        ("Rome", {"booked": ["hotel", "flight", "car"]}),
        (
            "Venice",
            {
                "cancelled": ["hotel", "flight"],
                "why": "Activity function 'book' failed:  ValueError: no cars in Venice",
            },
        ),
    ],
)
def test_a_trip_is_booked_whole_or_not_at_all(bank: FunctionAppClient, city: str, became: Any) -> None:
    assert output(bank, "book_trip", city) == became


def test_one_instance_of_a_singleton_runs_at_a_time(bank: FunctionAppClient) -> None:
    first = bank.post("/api/singleton/waits/the-one")
    assert (first.status_code, first.json()["id"]) == (202, "the-one")
    second = bank.post("/api/singleton/waits/the-one")
    assert (second.status_code, second.text) == (409, "An instance with ID 'the-one' already exists")

    bank.post(first.json()["sendEventPostUri"].replace("{eventName}", "go"), json="now")
    assert bank.wait_for_completion(first)["output"] == "now"
    again = bank.post("/api/singleton/waits/the-one")
    assert again.status_code == 202
    bank.post(again.json()["terminatePostUri"].replace("{text}", "enough"))
    assert bank.wait_for_completion(again)["runtimeStatus"] == "Terminated"


def test_waiting_in_the_function_gives_the_output_or_the_failure(bank: FunctionAppClient) -> None:
    done = bank.get("/api/wait/book_trip?input=Rome")
    assert (done.status_code, done.json()) == (200, {"booked": ["hotel", "flight", "car"]})
    failed = bank.get("/api/wait/transfer")
    assert (failed.status_code, failed.json()["runtimeStatus"]) == (500, "Failed")
    assert failed.json()["output"].startswith("Orchestrator function 'transfer' failed: 'NoneType' object")


def test_the_hub_is_named_by_a_setting_and_stands_in_every_link(bank: FunctionAppClient) -> None:
    links = bank.post("/api/orchestrators/book_trip", json="Rome").json()
    assert all("taskHub=BankOfTests&" in url for name, url in links.items() if name != "id")


def test_only_the_functions_that_host_json_names_are_loaded(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AzureFunctionsJobHost__functions__0", "BEGIN")
    monkeypatch.setenv("AzureFunctionsJobHost__functions__1", "version")
    with running("web_app", tmp_path) as client:
        assert [function["name"] for function in client.get("/admin/functions").json()] == ["begin", "version"]
        assert client.get("/").headers["content-type"].startswith("text/html")
        assert client.wait_for_completion(client.get("/begin/version"))["output"] == "2.1"


def test_a_command_line_of_core_tools_can_be_typed_as_it_is(tmp_path: Path) -> None:
    arguments = (
        "--no-build",
        "--timeout",
        "60",
        "--functions",
        "begin",
        "version",
        "--cors",
        "http://page.example",
    )
    with running("web_app", tmp_path, *arguments) as client:
        assert [function["name"] for function in client.get("/admin/functions").json()] == ["begin", "version"]
        allowed = client.get("/admin/host/status", headers={"Origin": "http://page.example"})
        assert allowed.headers["access-control-allow-origin"] == "http://page.example"


def test_a_framework_s_app_answers_what_no_function_does_the_root_included(web_app: FunctionAppClient) -> None:
    for path in ("/", "/a/b"):
        answer = web_app.post(f"{path}?q=1", content=b"hey")
        assert (answer.status_code, answer.headers["x-framework"]) == (203, "bare")
        assert answer.json() == {
            "path": path, "query": "q=1", "method": "POST", "body": "hey", "function": "http_app_func",
        }  # fmt: skip


@pytest.mark.parametrize(("asked", "given"), [("", ["2.1", "2.1"]), ("?version=1.5", ["1.5", "2.1"])])
def test_durable_functions_beside_a_framework_have_their_versions(
    web_app: FunctionAppClient, asked: str, given: list[str]
) -> None:
    assert web_app.wait_for_completion(web_app.get(f"/begin/versions{asked}"))["output"] == given
