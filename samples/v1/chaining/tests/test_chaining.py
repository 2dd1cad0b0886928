"""The app as its users see it: started on a host, asked over HTTP."""

from funchost.testing import FunctionAppClient


def test_cities_are_greeted_in_turn(function_app: FunctionAppClient) -> None:
    status = function_app.wait_for_completion(function_app.post("/api/orchestrators/hello_cities"))

    assert status["runtimeStatus"] == "Completed"
    assert status["output"] == ["Hello Tokyo!", "Hello Seattle!", "Hello London!"]


def test_the_custom_status_says_how_far_it_is(function_app: FunctionAppClient) -> None:
    status = function_app.wait_for_completion(function_app.post("/api/orchestrators/hello_cities"))

    assert status["customStatus"] == "Greeted 3 cities"


def test_the_answer_to_a_start_has_the_urls_that_steer_it(function_app: FunctionAppClient) -> None:
    started = function_app.post("/api/orchestrators/hello_cities")

    assert started.status_code == 202
    assert started.headers["Location"] == started.json()["statusQueryGetUri"]
    assert {"id", "sendEventPostUri", "terminatePostUri", "purgeHistoryDeleteUri"} <= started.json().keys()


def test_the_activities_run_in_the_order_of_the_chain(function_app: FunctionAppClient) -> None:
    started = function_app.post("/api/orchestrators/hello_cities")
    function_app.wait_for_completion(started)

    query = {"showHistory": "true", "showHistoryOutput": "true"}
    history = function_app.get(started.json()["statusQueryGetUri"], params=query).json()["historyEvents"]
    greetings = [event["Result"] for event in history if event["EventType"] == "TaskCompleted"]
    assert greetings == ["Hello Tokyo!", "Hello Seattle!", "Hello London!"]


def test_a_purged_orchestration_is_gone(function_app: FunctionAppClient) -> None:
    started = function_app.post("/api/orchestrators/hello_cities")
    function_app.wait_for_completion(started)

    purged = function_app.delete(started.json()["purgeHistoryDeleteUri"])

    assert purged.json() == {"instancesDeleted": 1}
    assert function_app.get(started.json()["statusQueryGetUri"]).status_code == 404
