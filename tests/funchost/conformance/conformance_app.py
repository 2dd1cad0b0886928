"""What the scenarios stand on: a conformance app on a host, and a web site for it to call."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import httpx

from funchost.testing import FunctionAppClient

INSTANCES = "/runtime/webhooks/durabletask/instances"
ENTITIES = "/runtime/webhooks/durabletask/entities"


@dataclass(frozen=True)
class ConformanceApp:
    """One of the two apps on a host. ``replays`` where its orchestrators are not kept alive between episodes."""

    client: FunctionAppClient
    model: str
    replays: bool

    def start(self, name: str, value: Any = None, instance_id: str | None = None) -> httpx.Response:
        """Start an orchestration with the SDK's client; the answer is its 202."""
        body = b"" if value is None else json.dumps(value).encode()
        parameters = {} if instance_id is None else {"id": instance_id}
        started = self.client.post(f"/api/start/{name}", content=body, params=parameters)
        assert started.status_code == 202, started.text
        return started

    def status(self, started: httpx.Response) -> dict[str, Any]:
        """The status of an orchestration as it is now."""
        return dict(self.client.get(started.json()["statusQueryGetUri"]).json())

    def waiting(self, started: httpx.Response) -> httpx.Response:
        """The same orchestration, once its custom status is "waiting"."""
        self.client.wait_until(started, lambda status: status["customStatus"] == "waiting")
        return started

    def finish(self, started: httpx.Response) -> Any:
        """The output of an orchestration that completes."""
        status = self.client.wait_for_completion(started)
        assert status["runtimeStatus"] == "Completed", status
        return status["output"]

    def output(self, name: str, value: Any = None, instance_id: str | None = None) -> Any:
        """Start an orchestration; its output."""
        return self.finish(self.start(name, value, instance_id))

    def failure(self, name: str, value: Any = None) -> str:
        """Start an orchestration that fails; the text."""
        status = self.client.wait_for_completion(self.start(name, value))
        assert status["runtimeStatus"] == "Failed", status
        return str(status["output"])

    def post_event(self, started: httpx.Response, name: str, value: Any) -> None:
        """Raise an event through the webhook."""
        url = started.json()["sendEventPostUri"].replace("{eventName}", name)
        headers = {"Content-Type": "application/json"}
        answer = self.client.post(url, content=json.dumps(value), headers=headers)
        assert answer.status_code == 202, answer.text

    def call(self, method: str, **arguments: Any) -> Any:
        """Call a method of the SDK's client inside the app; its result."""
        answer = self._call(method, arguments)
        assert "result" in answer, answer
        return answer["result"]

    def refusal(self, method: str, **arguments: Any) -> str:
        """Call a method of the SDK's client that raises; the text, after the name of the error's class."""
        answer = self._call(method, arguments)
        assert "raised" in answer, answer
        return str(answer["raised"])

    def _call(self, method: str, arguments: dict[str, Any]) -> dict[str, Any]:
        return dict(self.client.post(f"/api/client/{method}", json=arguments).raise_for_status().json())


def state_of(app: ConformanceApp, name: str, key: str) -> Any:
    return app.call("read_entity_state", entityId=[name, key])["state"]


class _Site(BaseHTTPRequestHandler):
    """``/echo`` answers with the request, ``/slow/N`` with 202 until it was asked N times more, else 404."""

    def do_GET(self) -> None:
        parts = self.path.strip("/").split("/")
        if parts[0] == "echo":
            length = int(self.headers.get("Content-Length", 0))
            content = self.rfile.read(length).decode()
            headers = {name.lower(): value for name, value in self.headers.items()}
            self._answer(200, {"method": self.command, "headers": headers, "content": content})
        elif parts[0] == "slow" and int(parts[1]) > 0:
            location = f"/slow/{int(parts[1]) - 1}"
            self._answer(202, {"path": self.path}, {"Location": location, "Retry-After": "0"})
        elif parts[0] == "slow":
            self._answer(200, {"path": self.path, "method": self.command, "token": self.headers.get("X-Token")})
        else:
            self._answer(404, {"path": self.path}, {"X-Two": "words"})

    do_POST = do_PUT = do_GET

    def _answer(self, status: int, body: Any, headers: dict[str, str] | None = None) -> None:
        content = json.dumps(body).encode()
        self.send_response(status)
        for name, value in {"Content-Type": "application/json", **(headers or {})}.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, format: str, *args: Any) -> None:
        """Keep quiet."""


@contextmanager
def web_site() -> Iterator[str]:
    """A web site on a free port; gives its address."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Site)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
