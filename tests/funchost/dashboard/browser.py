"""A headless Chromium, driven over the WebDriver protocol; nothing but Debian's two packages is needed."""

from __future__ import annotations

import base64
import re
import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
CHROMEDRIVER = shutil.which("chromedriver")
MISSING = ", ".join(
    name for name, found in (("chromium", CHROMIUM), ("chromedriver", CHROMEDRIVER)) if found is None
)
WHY_NOT = f"not on the PATH: {MISSING} (on Debian: apt-get install chromium chromium-driver)" if MISSING else None

QUIET = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--hide-scrollbars",
    "--disable-quic",
    "--disable-dev-shm-usage",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
PATIENCE_SECONDS = 30.0
LOOK_EVERY_SECONDS = 0.05


class Browser:
    """One window. Scripts are JavaScript function bodies: ``return document.title``."""

    def __init__(self, driver: httpx.Client, session: str) -> None:
        self._driver, self._session = driver, f"/session/{session}"

    def open(self, url: str) -> None:
        self._post("/url", url=url)

    def run(self, script: str, *arguments: Any) -> Any:
        return self._post("/execute/sync", script=script, args=list(arguments))

    def wait(self, script: str, *arguments: Any) -> Any:
        """Run a script until it returns something that counts as true, and return that."""
        ends = time.monotonic() + PATIENCE_SECONDS
        while not (found := self.run(script, *arguments)):
            if time.monotonic() > ends:
                raise TimeoutError(f"{script!r} was never true. The page says:\n{self.text()}")
            time.sleep(LOOK_EVERY_SECONDS)
        return found

    def click(self, text: str, within: str = "body") -> None:
        """Click the first enabled button or link that says exactly this, once it is there."""
        self.wait(
            "const found = [...document.querySelectorAll(arguments[1] + ' :is(button, a)')]"
            ".find((one) => one.textContent.trim() === arguments[0] && !one.disabled && one.checkVisibility());"
            "found?.focus(); found?.click(); return Boolean(found)",
            text,
            within,
        )

    def fill(self, label: str, value: str) -> None:
        """Type into the field with this label, as a person's keys do."""
        self.wait(
            "const found = [...document.querySelectorAll('label')].filter((one) => one.checkVisibility())"
            ".find((one) => one.textContent.startsWith(arguments[0]))?.querySelector('input, textarea, select');"
            "if (!found) return false;"
            "found.value = arguments[1];"
            "for (const kind of ['input', 'change']) found.dispatchEvent(new Event(kind, {bubbles: true}));"
            "return true",
            label,
            value,
        )

    def press(self, keys: str) -> None:
        """Press and release keys, given in WebDriver's code (``\\ue004`` is Tab), wherever the focus is."""
        strokes = [{"type": kind, "value": key} for key in keys for kind in ("keyDown", "keyUp")]
        self._post("/actions", actions=[{"type": "key", "id": "keys", "actions": strokes}])

    def text(self) -> str:
        return str(self.run("return document.body.innerText"))

    def complaints(self) -> list[str]:
        """Errors in the browser's console: exceptions, refusals by the content policy, failed loads."""
        entries = self._post("/se/log", type="browser")
        return [entry["message"] for entry in entries if entry["level"] == "SEVERE"]

    def emulate(self, width: int, height: int, *, dark: bool = False) -> None:
        self._command(
            "Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=False
        )
        scheme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
        self._command("Emulation.setEmulatedMedia", features=[scheme])

    def screenshot(self, path: Path) -> None:
        """The whole page, not only what the window shows."""
        shot = self._command("Page.captureScreenshot", captureBeyondViewport=True)
        path.write_bytes(base64.b64decode(shot["data"]))

    def _command(self, name: str, **parameters: Any) -> Any:
        return self._post("/goog/cdp/execute", cmd=name, params=parameters)

    def _post(self, path: str, **body: Any) -> Any:
        answer = self._driver.post(self._session + path, json=body).json()["value"]
        if isinstance(answer, dict) and "error" in answer:
            raise RuntimeError(f"{answer['error']}: {answer['message']}")
        return answer


@contextmanager
def browser(profile: Path) -> Iterator[Browser]:
    """A browser with an empty profile in this folder; driver and browser end with the block."""
    assert CHROMEDRIVER is not None, "skip where WHY_NOT is not None"
    process = subprocess.Popen(
        [CHROMEDRIVER, "--port=0"], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )
    try:
        assert process.stdout is not None
        found = next(filter(None, (re.search(r"on port (\d+)\.", line) for line in process.stdout)), None)
        assert found is not None, f"{CHROMEDRIVER} ended with {process.wait()}"
        options = {"binary": CHROMIUM, "args": [*QUIET, f"--user-data-dir={profile}"]}
        wanted = {"browserName": "chrome", "goog:chromeOptions": options, "goog:loggingPrefs": {"browser": "ALL"}}
        with httpx.Client(base_url=f"http://127.0.0.1:{found[1]}", timeout=60, trust_env=False) as driver:
            answer = driver.post("/session", json={"capabilities": {"alwaysMatch": wanted}}).json()["value"]
            assert "sessionId" in answer, answer
            try:
                yield Browser(driver, answer["sessionId"])
            finally:
                driver.delete(f"/session/{answer['sessionId']}")
    finally:
        process.terminate()
        process.wait()
        if process.stdout is not None:
            process.stdout.close()
