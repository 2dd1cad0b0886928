"""What lab 2 asks for. In tests every episode is a whole replay, so what is counted here is counted exactly."""

import runpy

from funchost.testing import DurableApp

CITIES = ["Tokyo", "Seattle", "London"]
LINES = ["begins at its first line", "asks for Tokyo", "asks for Seattle", "asks for London", "returns"]
BEGINS_AGAIN = len(CITIES) + 1  # once when it is started, and once for every result


def answer(name: str) -> object:
    answers = runpy.run_path("answers.py")
    assert answers.get(name) != 0, f"answers.py still has {name} = 0. Count it in the host's terminal, step 3."
    return answers.get(name)


def logged(durable: DurableApp) -> list[str]:
    """What one orchestration logs."""
    assert durable.run("hello_cities") == [f"Hello {city}!" for city in CITIES], (
        "The output should still be the three greetings; only the logging is to be changed."
    )
    return [line.message.strip() for line in durable.log]


def test_begins() -> None:
    """You have counted how often the orchestrator began"""
    counted = answer("BEGINS")
    assert counted == BEGINS_AGAIN, (
        f"You wrote {counted}. It begins once when it is started, and from its first line again for each of the "
        f"{len(CITIES)} results."
    )


def test_asks_for_tokyo() -> None:
    """You have counted how often it came to the line that asks for Tokyo"""
    counted = answer("ASKS_FOR_TOKYO")
    assert counted == BEGINS_AGAIN, (
        f"You wrote {counted}. Tokyo stands before the first yield, so every pass comes by."
    )


def test_greets_tokyo() -> None:
    """You have counted how often the activity greeted Tokyo"""
    counted = answer("GREETS_TOKYO")
    assert counted == 1, (
        f"You wrote {counted}. A pass that asks for Tokyo again is handed its recorded result; say_hello rests."
    )


def test_logged_once(durable: DurableApp) -> None:
    """The orchestrator logs each of its lines once"""
    messages = logged(durable)
    for line in LINES:
        times = sum(line in message for message in messages)
        assert times > 0, f"The line “… {line}” is gone. Keep all five, and log them with ReplaySafeLogger."
        assert times == 1, (
            f"“… {line}” is logged {times} times in one orchestration. Log it with a ReplaySafeLogger, or where "
            "context.is_replaying is false."
        )
