"""The dashboard in a real browser, over a real host: hostile texts stay texts, and the verbs do what they say."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any
from urllib.parse import quote

import httpx
import pytest

from funchost.testing import FunctionAppClient
from funchost.testing.hosts import EmbeddedHost

from .app.function_app import HOSTILE_NAME, MARKUP
from .browser import WHY_NOT, Browser, browser

pytestmark = pytest.mark.skipif(WHY_NOT is not None, reason=str(WHY_NOT))

BASE = "/runtime/webhooks/durabletask"
HOSTILE_ID = '<img src=x onerror="window.hacked=1"><b>'
SHOWN = "return document.querySelector('main').innerText.includes(arguments[0])"
TAB, ENTER = "\ue004", "\ue007"


@pytest.fixture(scope="module")
def host(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedHost]:
    """One host for all; every test uses instances of its own."""
    state = tmp_path_factory.mktemp("hub")
    host = EmbeddedHost(Path(__file__).parent / "app", state, arguments=("--python", sys.executable))
    host.start()
    yield host
    host.stop()


@pytest.fixture(scope="module")
def chromium(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    with browser(tmp_path_factory.mktemp("profile")) as window:
        yield window


@pytest.fixture
def client(host: EmbeddedHost) -> Iterator[FunctionAppClient]:
    with FunctionAppClient(host.url) as client:
        yield client


@pytest.fixture
def page(host: EmbeddedHost, chromium: Browser) -> Iterator[Browser]:
    """The list, freshly loaded. What the browser complains about fails the test."""
    chromium.open("about:blank")
    chromium.complaints()
    chromium.emulate(1200, 800)
    chromium.open(f"{host.url}/dashboard")
    chromium.wait("return document.querySelector('main h1')")
    yield chromium
    assert chromium.complaints() == []


def start(client: httpx.Client, name: str, instance_id: str, value: Any = None) -> None:
    answer = client.post(f"{BASE}/orchestrators/{quote(name)}/{quote(instance_id, safe='')}", json=value)
    assert answer.status_code == 202, answer.text


def state_of(client: httpx.Client, instance_id: str) -> str:
    return str(client.get(f"{BASE}/instances/{instance_id}").json()["runtimeStatus"])


def show(page: Browser, instance_id: str) -> None:
    page.run("location.hash = '#/instance/' + encodeURIComponent(arguments[0])", instance_id)
    page.wait("return document.querySelector('.crumbs .mono')?.textContent === arguments[0]", instance_id)
    page.wait("return document.querySelector('.gantt svg')")


# -- Texts stay texts ---------------------------------------------------------------------------------------


def test_no_text_of_an_orchestration_becomes_markup(page: Browser, client: FunctionAppClient) -> None:
    start(client, "waits", HOSTILE_ID, MARKUP)
    client.post(f"{BASE}/instances/{quote(HOSTILE_ID, safe='')}/raiseEvent/Approval", json={MARKUP: [MARKUP]})
    page.wait(SHOWN, HOSTILE_ID)
    assert page.run("return document.querySelectorAll('main :is(img, script)').length") == 0

    show(page, HOSTILE_ID)
    page.wait(SHOWN, "12345678901234567890")  # digits that a JavaScript number cannot hold
    page.run("document.querySelectorAll('details').forEach((item) => item.open = true)")
    shown = page.text()
    assert shown.count('onerror=\\"window.hacked=1\\"') >= 4  # input, output, event, history
    assert page.run("return document.querySelectorAll('main :is(img, script, b b)').length") == 0
    assert page.run("return window.hacked ?? null") is None


def test_hostile_failures_entities_and_statuses_are_shown_as_they_are(
    page: Browser, client: FunctionAppClient
) -> None:
    start(client, HOSTILE_NAME, "hostile-1")
    client.wait_for_completion(f"{client.base_url}{BASE}/instances/hostile-1")
    page.wait(SHOWN, HOSTILE_NAME)
    show(page, "hostile-1")
    page.wait("return document.querySelector('.panel.failed')")
    assert MARKUP in page.run("return document.querySelector('.panel.failed').innerText")
    page.click("Entities")
    page.wait("return document.querySelector('.entities tbody tr')")
    assert "onerror" in page.run("return document.querySelector('.entities tbody').innerText")
    assert page.run("return document.querySelectorAll('main :is(img, script)').length") == 0
    assert page.run("return window.hacked ?? null") is None


def test_the_browser_itself_refuses_markup_made_of_text(host: EmbeddedHost, chromium: Browser) -> None:
    chromium.open(f"{host.url}/dashboard")
    refused = "try { document.body.innerHTML = '<b>'; return '' } catch (error) { return error.name }"
    assert chromium.run(refused) == "TypeError"
    chromium.complaints()  # it says so there too


# -- Looking ------------------------------------------------------------------------------------------------


def test_a_failure_is_read_with_its_traceback_and_leads_to_the_child_and_back(
    page: Browser, client: FunctionAppClient
) -> None:
    start(client, "outer", "outer-1", {"order": 7})
    client.wait_for_completion(f"{client.base_url}{BASE}/instances/outer-1")
    show(page, "outer-1")
    page.wait(SHOWN, "cannot ship 7")
    child = page.wait("return document.querySelector('.gantt a')?.getAttribute('href')")
    page.run("location.hash = arguments[0]", child)
    page.wait(SHOWN, "in fails")  # the frame of the activity
    page.wait(
        "return [...document.querySelectorAll('.gantt .label')].some((label) => label.textContent === '✕ fails')"
    )
    page.click("outer-1", within=".facts")
    page.wait("return document.querySelector('.crumbs .mono').textContent === 'outer-1'")


def test_filters_narrow_the_list_and_stand_in_the_address(page: Browser, client: FunctionAppClient) -> None:
    start(client, "waits", "filter-a")
    start(client, "outer", "filter-b", {"order": 1})
    client.wait_for_completion(f"{client.base_url}{BASE}/instances/filter-b")
    rows = "[...document.querySelectorAll('tbody .id')].map((cell) => cell.textContent).sort().join()"
    page.fill("Id", "filter-")
    page.wait(f"return {rows} === 'filter-a,filter-b'")
    chips = "[...document.querySelectorAll('.chip')]"
    page.run(f"{chips}.find((chip) => chip.textContent.startsWith('Failed')).click()")
    page.wait(f"return {rows} === 'filter-b'")
    assert page.run("return location.hash") == "#/instances?status=Failed&id=filter-"
    assert {"Running1", "Failed1", "Completed0"} <= set(page.run(f"return {chips}.map((chip) => chip.textContent)"))
    page.run("location.reload()")
    page.wait(f"return document.querySelector('.chip.Failed input')?.checked && {rows} === 'filter-b'")
    page.fill("Name", "no such")
    page.wait(SHOWN, "No instance fits these filters.")


def test_what_happens_shows_by_itself_unless_paused(page: Browser, client: FunctionAppClient) -> None:
    start(client, "waits", "live-1")
    page.wait(SHOWN, "live-1")
    page.click("Pause")
    page.wait("return document.getElementById('live').textContent === 'Paused'")
    start(client, "waits", "live-2")
    page.run("window.past = performance.now() + 3000")  # twice the time to the next look at a list that changes
    page.wait("return performance.now() > window.past")
    assert not page.run(SHOWN, "live-2")
    page.click("Resume", within="header")
    page.wait(SHOWN, "live-2")


def test_it_looks_less_and_less_often_while_nothing_happens(page: Browser) -> None:
    looks = "performance.getEntriesByType('resource').filter((one) => one.name.includes('/instances'))"
    page.wait(f"return {looks}.length >= 4")
    times = page.run(f"return {looks}.map((one) => one.startTime)")
    gaps = [later - earlier for earlier, later in pairwise(times)]
    assert gaps[-1] > gaps[-2] * 1.2 > gaps[-3] * 1.4


# -- Doing --------------------------------------------------------------------------------------------------


def test_an_orchestration_is_started_answered_and_purged(page: Browser, client: FunctionAppClient) -> None:
    page.click("Start an orchestration")
    options = page.run("return [...document.querySelectorAll('dialog option')].map((option) => option.textContent)")
    assert "waits" in options
    assert "echo" not in options
    page.fill("Orchestrator", "waits")
    page.fill("Instance id", "walk-1")
    page.fill("Input", "{not json")
    page.click("Start", within="dialog")
    page.wait("return document.querySelector('dialog .error').textContent.startsWith('Input is not JSON')")
    page.fill("Input", '{"a": 1}')
    page.click("Start", within="dialog")
    page.wait("return location.hash === '#/instance/walk-1' && !document.querySelector('dialog')")

    page.click("Raise event", within=".toolbar")
    page.fill("Event name", "Approval")
    page.fill("Data", '{"by": "ada"}')
    page.click("Raise event", within="dialog")
    page.wait(SHOWN, '"by": "ada"')
    assert state_of(client, "walk-1") == "Completed"

    page.click("Purge", within=".toolbar")
    page.click("Purge", within="dialog")
    page.wait("return location.hash === '#/instances'")
    assert client.get(f"{BASE}/instances/walk-1").status_code == 404


def test_the_verbs_that_steer_an_instance(page: Browser, client: FunctionAppClient) -> None:
    start(client, "waits", "steer-1")
    show(page, "steer-1")
    for verb, status in (("Suspend", "Suspended"), ("Resume", "Running"), ("Terminate", "Terminated")):
        page.click(verb, within=".toolbar")
        page.fill("Reason", f"because of {verb}")
        page.click(verb, within="dialog")
        page.wait("return document.querySelector('.facts .badge').textContent === arguments[0]", status)
        assert state_of(client, "steer-1") == status
    page.wait(SHOWN, "because of Terminate")
    page.click("Restart", within=".toolbar")
    page.click("Restart", within="dialog")
    page.wait(
        "return !['', '#/instance/steer-1'].includes(location.hash) && document.querySelector('.badge.Running')"
    )


def test_rewind_runs_again_what_failed(page: Browser, client: FunctionAppClient, tmp_path: Path) -> None:
    start(client, "tries", "rewind-1", {"mark": str(tmp_path / "mark")})
    client.wait_for_completion(f"{client.base_url}{BASE}/instances/rewind-1")
    show(page, "rewind-1")
    page.click("Rewind", within=".toolbar")
    page.click("Rewind", within="dialog")
    page.wait(SHOWN, "the second time")
    assert state_of(client, "rewind-1") == "Completed"


def test_what_the_host_refuses_is_said_in_its_own_words(page: Browser, client: FunctionAppClient) -> None:
    start(client, "waits", "refused-1")
    page.click("Start an orchestration")
    page.fill("Orchestrator", "waits")
    page.fill("Instance id", "refused-1")
    page.click("Start", within="dialog")
    page.wait(
        "return document.querySelector('dialog .error')?.textContent === "
        "'An Orchestration instance with the status Running already exists.'"
    )
    page.complaints()  # the 409 is told there too
    page.click("Cancel", within="dialog")
    page.run("location.hash = '#/instance/nobody'")
    page.wait(SHOWN, "There is no instance with the id nobody in this task hub.")
    page.complaints()


def test_everything_is_reached_with_the_keyboard(page: Browser, client: FunctionAppClient) -> None:
    start(client, "waits", "keys-1")
    page.fill("Id", "keys-1")
    page.wait("return document.querySelectorAll('tbody tr').length === 1")
    page.run("document.activeElement.blur()")
    page.press(TAB)
    page.wait("return document.activeElement.textContent === 'Skip to content'")
    page.press(ENTER)
    page.wait("return document.activeElement.id === 'main'")
    passed = []
    for _ in range(20):
        page.press(TAB)
        passed.append(page.run("return document.activeElement.textContent || document.activeElement.type"))
        if passed[-1] == "keys-1":
            break
    assert passed[0] == "Start an orchestration"
    assert {"checkbox", "search", "keys-1"} <= set(passed)
    page.press(ENTER)
    page.wait("return location.hash === '#/instance/keys-1' && document.querySelector('.toolbar')")
    page.click("Terminate", within=".toolbar")
    page.wait("return document.querySelector('dialog').contains(document.activeElement)")
    page.press("\ue00c")
    page.wait("return !document.querySelector('dialog') && document.activeElement.textContent === 'Terminate'")
    assert state_of(client, "keys-1") == "Running"


@pytest.mark.parametrize("width", [1200, 360])
def test_nothing_is_wider_than_the_window(page: Browser, client: FunctionAppClient, width: int) -> None:
    long_id = f"{'long' * 50}{width}"
    start(client, "outer", long_id, {"order": "x" * 500})
    client.wait_for_completion(f"{client.base_url}{BASE}/instances/{long_id}")
    page.emulate(width, 800)
    page.wait(SHOWN, long_id)
    assert page.run("return document.documentElement.scrollWidth") <= width
    show(page, long_id)
    assert page.run("return document.documentElement.scrollWidth") <= width
