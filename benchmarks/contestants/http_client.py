"""A client of the Durable HTTP API on kept-alive connections, one a thread.

Standard library only, to cost little.
."""

from __future__ import annotations

import http.client
import json
import socket
import threading
import time
from typing import Any

from benchmarks.contestants.contract import expect

CALLERS = 100
"""Threads that send requests at a time, where a workload sends many."""
POLL_SECONDS = 0.002
IDLE_SECONDS = 60.0
"""After which a connection is made anew: while other contestants take their turns, the host may close it."""


class HttpClient:
    """Talks to a host on ``port``; ``api`` is the base of the management API, ``to_the_end`` the query that has it
    answer a start with the output."""

    def __init__(self, port: int, api: str, to_the_end: str) -> None:
        self._port, self._api, self._to_the_end = port, api, to_the_end
        self._of_thread = threading.local()

    def can_connect(self) -> bool:
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", self._port)) == 0

    def run(self, orchestrator: str, value: object) -> Any:
        """Start an orchestration and return its output."""
        return self.call("POST", f"{self._api}/orchestrators/{orchestrator}{self._to_the_end}", value)

    def start(self, orchestrator: str) -> str:
        """Start an orchestration and return its instance id."""
        started = self.call("POST", f"{self._api}/orchestrators/{orchestrator}", expected=202)
        return str(started["id"])

    def result(self, instance_id: str) -> Any:
        """Ask for the status until there is an output."""
        while True:
            status, body = self._exchange("GET", f"{self._api}/instances/{instance_id}", None)
            if status != 202:
                record = json.loads(body)
                expect(record["runtimeStatus"], "Completed")
                return record["output"]
            time.sleep(POLL_SECONDS)

    def raise_event(self, instance_id: str, name: str, value: object) -> None:
        self.call("POST", f"{self._api}/instances/{instance_id}/raiseEvent/{name}", value, expected=202)

    def signal(self, entity: str, key: str, operation: str, value: object) -> None:
        self.call("POST", f"{self._api}/entities/{entity}/{key}?op={operation}", value, expected=202)

    def wait_for_entity(self, entity: str, key: str, state: object) -> None:
        while True:
            status, body = self._exchange("GET", f"{self._api}/entities/{entity}/{key}", None)
            if status == 200 and json.loads(body) == state:
                return
            time.sleep(POLL_SECONDS)

    def call(self, method: str, path: str, value: object = None, *, expected: int = 200) -> Any:
        """One request. Raises ValueError where the status is not the expected one."""
        status, body = self._exchange(method, path, value)
        if status != expected:
            raise ValueError(f"{method} {path}: {status}, {body[:500]!r}")
        return json.loads(body) if body else None

    def _exchange(self, method: str, path: str, value: object) -> tuple[int, bytes]:
        body = None if value is None else json.dumps(value)
        connection = self._connection()
        connection.request(method, path, body, {"Content-Type": "application/json"})
        response = connection.getresponse()
        content = response.read()
        self._of_thread.used_at = time.monotonic()
        return response.status, content

    def _connection(self) -> http.client.HTTPConnection:
        """This thread's."""
        kept = getattr(self._of_thread, "connection", None)
        if kept is not None and time.monotonic() - self._of_thread.used_at < IDLE_SECONDS:
            assert isinstance(kept, http.client.HTTPConnection)
            return kept
        if kept is not None:
            kept.close()
        connection = self._of_thread.connection = http.client.HTTPConnection("127.0.0.1", self._port)
        connection.connect()
        connection.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return connection
