"""Durable HTTP calls, and the app's own HTTP functions."""

from __future__ import annotations

import json

from .conformance_app import ConformanceApp

# --- Durable HTTP calls ----------------------------------------------------------------------------------


def test_durable_http_calls(app: ConformanceApp, site: str) -> None:
    get, post, missing, refused, after = app.output(
        "http_calls",
        [
            {"method": "GET", "uri": f"{site}/echo", "headers": {"X-One": "1"}},
            {"method": "POST", "uri": f"{site}/echo", "content": {"a": "ü"}},
            {"method": "GET", "uri": f"{site}/nowhere"},
            {"method": "GET", "uri": "http://127.0.0.1:9/"},
        ],
    )

    assert get["statusCode"] == 200
    request = json.loads(get["content"])
    assert (request["method"], request["headers"]["x-one"], request["content"]) == ("GET", "1", "")
    request = json.loads(post["content"])
    assert (request["method"], json.loads(request["content"])) == ("POST", {"a": "ü"})
    assert (missing["statusCode"], missing["headers"]["X-Two"]) == (404, "words")
    assert "http://127.0.0.1:9/" in refused
    assert after == "and on it goes"


def test_a_202_is_polled_until_the_work_is_done(app: ConformanceApp, site: str) -> None:
    call = {"method": "POST", "uri": f"{site}/slow/3", "content": "x", "headers": {"X-Token": "t"}}
    answer, after = app.output("http_calls", [call])

    assert answer["statusCode"] == 200
    assert json.loads(answer["content"]) == {"path": "/slow/0", "method": "GET", "token": "t"}
    assert after == "and on it goes", "polling takes no numbers of its own"


# --- HTTP functions --------------------------------------------------------------------------------------


def test_an_http_function_is_told_of_the_request_and_of_itself(app: ConformanceApp) -> None:
    answer = app.client.post("/api/about/7", params={"a": "ü"}, content="body")

    assert answer.status_code == 201
    told = answer.json()
    assert (told["function"], told["method"], told["body"]) == ("about", "POST", "body")
    assert (told["query"], told["route"]) == ({"a": "ü"}, {"what": "7"})
    assert len(told["invocation"]) == 36


def test_routes_and_methods_that_do_not_match_are_not_found(app: ConformanceApp) -> None:
    assert app.client.get("/api/about").json()["route"] == {}
    assert app.client.get("/api/about/seven").status_code == 404
    assert app.client.put("/api/about").status_code == 404
    assert app.client.get("/api/start/child").status_code == 404
