"""What lab 8 asks for: a real host, really killed."""

import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from funchost.testing import DurableApp, FunctionAppClient
from funchost.testing.hosts import EmbeddedHost

CITIES = ["Tokyo", "Seattle", "London", "Nairobi", "Lima", "Oslo"]
SENT = Path("postcards.txt")
START = "/runtime/webhooks/durabletask/orchestrators/journey"


@pytest.fixture(autouse=True)
def an_empty_post_office() -> Iterator[None]:
    """The participant's own postcards are put aside meanwhile."""
    kept = SENT.read_bytes() if SENT.exists() else None
    SENT.unlink(missing_ok=True)
    yield
    SENT.unlink(missing_ok=True)
    if kept is not None:
        SENT.write_bytes(kept)


def sent() -> list[str]:
    """The city of every postcard that was sent, oldest first, however its line is written."""
    lines = SENT.read_text(encoding="utf-8").splitlines() if SENT.exists() else []
    return [city for line in lines for city in CITIES if city in line]


def test_killed_host(tmp_path: Path) -> None:
    """A host killed with -9 loses nothing and sends nothing twice"""
    status_path = ""
    for postcards in (2, 4):
        host = EmbeddedHost(Path.cwd(), tmp_path)
        host.start()
        with FunctionAppClient(host.url) as client:
            if not status_path:
                url = client.post(START).json()["statusQueryGetUri"]
                status_path = url[url.index("/runtime") :]
            deadline = time.monotonic() + 60
            while len(set(sent())) < postcards:
                assert time.monotonic() < deadline, f"After a minute only these postcards were sent: {sent()}."
                time.sleep(0.02)
        host.process.kill()  # in the middle of a postcard: it is sent, and not yet confirmed
        host.process.wait()
    host = EmbeddedHost(Path.cwd(), tmp_path)
    host.start()
    try:
        with FunctionAppClient(host.url) as client:
            output = client.wait_for_completion(status_path)["output"]
    finally:
        host.stop()
    assert isinstance(output, list), f"The journey failed: {output}"
    assert len(output) == len(CITIES), f"The journey sent {len(output)} postcards, not {len(CITIES)}: {output}"
    counted = Counter(sent())
    twice = [city for city in CITIES if counted[city] > 1]
    assert not twice, (
        f"The host was killed twice, and more than one postcard came from {' and '.join(twice)}. Before sending, "
        "look whether this journey has sent it already."
    )


def test_crash_everywhere(durable: DurableApp, monkeypatch: pytest.MonkeyPatch) -> None:
    """A host that dies right before or after any commit sends nothing twice"""
    monkeypatch.setattr(time, "sleep", lambda seconds: None)  # the post office confirms at once
    cards: list[Counter[str]] = []

    def postcards(output: object) -> object:
        cards.append(Counter(sent()))
        return output

    report = durable.crash_everywhere("journey", key=postcards, before_each=lambda: SENT.unlink(missing_ok=True))
    assert report.run_again, "No activity ran again after a crash: is there still one that sends postcards?"
    twice = sorted({city for counted in cards for city, times in counted.items() if times > 1})
    assert not twice, (
        f"The host died {len(cards) - 1} times, once at each moment between two commits. After some of these "
        f"deaths there were two postcards from {', '.join(twice)}."
    )


def test_second_journey(durable: DurableApp, monkeypatch: pytest.MonkeyPatch) -> None:
    """A second journey sends postcards of its own"""
    monkeypatch.setattr(time, "sleep", lambda seconds: None)
    for _ in range(2):
        durable.run("journey")
    counted = Counter(sent())
    missing = [city for city in CITIES if counted[city] != 2]
    assert not missing, (
        f"Two journeys went through {missing[0]}, and sent this many postcards from there: {counted[missing[0]]}. "
        "What makes two postcards the same is city and journey: give the activity context.instance_id too."
    )
