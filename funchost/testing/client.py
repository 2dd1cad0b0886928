"""A client for a function app under test: HTTP, and waiting for orchestrations."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import httpx

FINISHED = frozenset({"Completed", "Failed", "Terminated", "Canceled"})
FIRST_POLL_SECONDS = 0.01
LONGEST_POLL_SECONDS = 0.5
_THIS_MACHINE = frozenset({"localhost", "127.0.0.1", "::1"})


def may_use_proxy(url: str) -> bool:
    """Whether the proxy that the environment names (``HTTP_PROXY``) can know the way; never to this machine."""
    return httpx.URL(url).host not in _THIS_MACHINE


class FunctionAppClient(httpx.Client):
    """An ``httpx.Client`` whose base URL is the app's, and which can wait for what it started.

    It uses nothing but HTTP, so what holds here holds on every host.
    """

    def __init__(self, url: str) -> None:
        super().__init__(base_url=url, timeout=60.0, trust_env=may_use_proxy(url))

    def wait_for_completion(self, started: httpx.Response | str, timeout: float = 60) -> dict[str, Any]:
        """Wait until an orchestration has finished, however it ended; return its status.

        Args:
            started: The 202 answer of a starter (its ``statusQueryGetUri`` is followed), or a status URL.
            timeout: Seconds. Raises TimeoutError with the last status.
        """
        return self.wait_until(started, lambda status: status["runtimeStatus"] in FINISHED, timeout)

    def wait_until(
        self, started: httpx.Response | str, condition: Callable[[dict[str, Any]], bool], timeout: float = 60
    ) -> dict[str, Any]:
        """Wait until ``condition`` holds of an orchestration's status; return that status.

        Raises TimeoutError, as ``wait_for_completion`` does.
        """
        url = started if isinstance(started, str) else str(started.json()["statusQueryGetUri"])
        deadline, pause = time.monotonic() + timeout, FIRST_POLL_SECONDS
        while True:
            answer = self.get(url)
            status = dict(answer.json()) if answer.content else {"runtimeStatus": f"HTTP {answer.status_code}"}
            if answer.content and condition(status):
                return status
            if time.monotonic() > deadline:
                raise TimeoutError(f"not there after {timeout} s; the last status was {status}")
            time.sleep(pause)
            pause = min(pause * 1.5, LONGEST_POLL_SECONDS)
