"""The app as its users see it. The same test runs on funchost, on Core Tools, and against Azure."""

from funchost.testing import FunctionAppClient


def test_cards_are_made_and_read_out(function_app: FunctionAppClient) -> None:
    status = function_app.wait_for_completion(function_app.post("/api/orchestrators/hello_cities"))
    assert status["output"] == ["Hello Tokyo!", "Hello Seattle!", "Hello London!"]
