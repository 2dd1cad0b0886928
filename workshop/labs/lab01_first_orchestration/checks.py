"""What lab 1 asks for."""

from funchost.testing import DurableApp, FunctionAppClient

KNOWN = ["Tokyo", "Seattle", "London"]


def test_output(durable: DurableApp) -> None:
    """A fourth city of your own is greeted after London"""
    output = durable.run("hello_cities")
    assert output[:3] == [f"Hello {city}!" for city in KNOWN], (
        f"Tokyo, Seattle and London should still come first; the output is {output}."
    )
    assert len(output) == 4, (
        f"The output has {len(output)} greetings. Call the activity once more, after London, and return what it "
        "gives along with the others."
    )


def test_activity(durable: DurableApp) -> None:
    """The activity greets it, not the orchestrator"""
    say_hello = durable.replace("say_hello", lambda city: f"greeted by the activity: {city}")
    output = durable.run("hello_cities")
    assert say_hello.call_count == 4, (
        f"say_hello ran {say_hello.call_count} times in one orchestration, and should run 4 times: "
        'yield context.call_activity("say_hello", "…")'
    )
    assert output[-1] == f"greeted by the activity: {say_hello.inputs[-1]}", (
        "The last greeting is not what the activity returned. Put the yield before context.call_activity(...): its "
        "value is the activity's result."
    )


def test_custom_status(durable: DurableApp) -> None:
    """The custom status counts it"""
    hello = durable.start("hello_cities")
    hello.result()
    assert hello.custom_status == "Greeted 4 cities", (
        f'At the end the custom status is {hello.custom_status!r}; "Greeted 4 cities" would be the truth.'
    )


def test_over_http(function_app: FunctionAppClient) -> None:
    """It runs on a live host, started over HTTP"""
    status = function_app.wait_for_completion(function_app.post("/api/orchestrators/hello_cities"))
    assert status["runtimeStatus"] == "Completed", (
        f"The instance ended as {status['runtimeStatus']}: {status['output']}"
    )
    assert len(status["output"]) == 4, f"Over HTTP the output has {len(status['output'])} greetings, not 4."
