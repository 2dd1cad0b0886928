"""The web site that the workload's ``call_http`` calls: one value at once, one that must be polled for."""

from __future__ import annotations

import itertools
import json
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread


class Website:
    """``GET /value/N`` answers N. ``POST /job`` answers 202, and its place 202 once more before the result."""

    def __init__(self) -> None:
        polls: dict[str, int] = {}
        numbers = itertools.count(1)

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                kind, _, number = self.path.strip("/").partition("/")
                polls[self.path] = polls.get(self.path, 0) + 1
                if kind == "job" and polls[self.path] == 1:
                    self._answer(202, "", {"Location": self.path, "Retry-After": "0"})
                else:
                    self._answer(200, "done" if kind == "job" else number, {})

            def do_POST(self) -> None:
                json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                self._answer(202, "", {"Location": f"/job/{next(numbers)}", "Retry-After": "0"})

            def _answer(self, status: int, text: str, headers: dict[str, str]) -> None:
                self.send_response(status)
                for name, value in {**headers, "Content-Length": str(len(text))}.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(text.encode())

            def log_message(self, *_: object) -> None:
                """Say nothing."""

        class Server(ThreadingHTTPServer):
            def handle_error(self, *_: object) -> None:
                """A host that is killed in the middle of a call hangs up; that is what this is for."""

        self._server = Server(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        Thread(target=self._server.serve_forever, daemon=True).start()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()
