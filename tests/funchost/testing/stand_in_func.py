"""Stands in for ``func``, the program of Azure Functions Core Tools, in tests of the driver.

It proves only the driver: that it finds, asks, starts, watches and ends a program of this shape. It runs no
function and knows nothing of Azure Functions; what real Core Tools do is seen only where they are installed
(``nox -s coretools``). Texts and shapes follow the functions-host reference, B.6, B.7, B.9 and E.4.

As with the npm package there are three processes: a launcher, the host, a worker. What it does is set by the
variable STAND_IN, JSON:

    version, version_exit   what ``--version`` prints, and its exit code
    prints                  text printed after the banner
    then                    serve (default), hang (nothing listens), or exit
    exit_code               for ``exit``
    state, errors           of /admin/host/status
    functions               names at /admin/functions
    deaf                    ignore SIGINT and SIGTERM, in all three processes
    roll_call               a port; each process connects to it and stays connected while it lives
"""

from __future__ import annotations

import http.server
import json
import os
import signal
import socket
import socketserver
import subprocess
import sys
import threading
from typing import Any

SCENARIO: dict[str, Any] = json.loads(os.environ.get("STAND_IN", "{}"))
OPEN_LINES: list[socket.socket] = []
BANNER = """
Azure Functions Core Tools
Core Tools Version:       4.14.0+0123456789abcdef0123456789abcdef01234567 (64-bit)
Function Runtime Version: 4.1052.200.1
"""


def main(arguments: list[str]) -> int:
    match arguments:
        case ["--version"]:
            print(SCENARIO.get("version", "4.14.0"))
            return int(SCENARIO.get("version_exit", 0))
        case ["start", *rest]:
            return launcher(rest)
        case ["stand-in-host", *rest]:
            return host(rest)
        case ["stand-in-worker"]:
            return worker()
    print(f"unknown arguments {arguments}", file=sys.stderr)
    return 3


def again(role: str, *arguments: str, stdout: int | None = None) -> subprocess.Popen[bytes]:
    return subprocess.Popen([sys.executable, "-I", "-S", __file__, role, *arguments], stdout=stdout)


def answer_roll_call(role: str) -> None:
    """Stay connected to the test for as long as this process lives."""
    if SCENARIO.get("deaf") and sys.platform != "win32":
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
    if "roll_call" not in SCENARIO:
        return
    line = socket.create_connection(("127.0.0.1", SCENARIO["roll_call"]))
    line.sendall(f"{role}\n".encode())
    OPEN_LINES.append(line)


def launcher(arguments: list[str]) -> int:
    """As npm's: hands signals on, and exits with 0 when the host died of one."""
    child = again("stand-in-host", *arguments)
    if not SCENARIO.get("deaf"):
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, lambda received, _: child.send_signal(received))
    answer_roll_call("launcher")
    return max(child.wait(), 0)


def worker() -> int:
    """Runs until it is killed, or told to end by its host."""
    answer_roll_call("worker")
    print("ready", flush=True)
    threading.Event().wait()
    return 0


def host(arguments: list[str]) -> int:
    print(BANNER, flush=True)
    port = int(arguments[arguments.index("--port") + 1])
    try:
        server = Server(("127.0.0.1", port), Handler)
    except OSError:
        print(
            f"Port {port} is unavailable. Close the process using that port, or specify another port using "
            "--port [-p].",
            file=sys.stderr,
        )
        return 1
    print(SCENARIO.get("prints", ""), flush=True)
    then = SCENARIO.get("then", "serve")
    if then == "exit":
        return int(SCENARIO.get("exit_code", 1))
    if then == "hang":
        server.server_close()
    child = again("stand-in-worker", stdout=subprocess.PIPE)
    try:
        answer_roll_call("host")
        assert child.stdout is not None
        child.stdout.readline()  # as func, which is ready when its worker is
        if then == "hang":
            threading.Event().wait()
        server.serve_forever(poll_interval=0.01)
    except KeyboardInterrupt:
        print("stand-in: ends on request", flush=True)
        child.kill()
    return 0


class Server(socketserver.ThreadingTCPServer):
    """Binds as func does: never to a port that is taken."""

    allow_reuse_address = False
    daemon_threads = True


class Handler(http.server.BaseHTTPRequestHandler):
    """The two admin routes that say that a host is ready, and one that tells a test how it was started."""

    asked = 0

    def do_GET(self) -> None:
        body: Any
        match self.path:
            case "/admin/host/status":
                Handler.asked += 1
                state = SCENARIO.get("state", "Running") if Handler.asked > 1 else "Starting"
                body = {"id": "stand-in", "state": state, "errors": SCENARIO.get("errors", [])}
            case "/admin/functions":
                body = [{"name": name, "isDisabled": False} for name in SCENARIO.get("functions", ["hello"])]
            case "/started-with":
                body = {
                    "environment": dict(os.environ),
                    "arguments": sys.argv[2:],
                    "folder": os.getcwd(),
                    "input": sys.stdin.read(),
                }
            case _:
                print(f"stand-in: nothing at {self.path}", flush=True)
                self.send_error(404)
                return
        content = json.dumps(body).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json; charset=utf-8")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing: what is printed is part of the scenario."""


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
