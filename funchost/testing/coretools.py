"""The real thing: an app on Azure Functions Core Tools, with an Azurite of its own.

``pytest --functions-host=coretools`` uses it; ``find_core_tools`` says which ``func`` it would be.
"""

from __future__ import annotations

import os
import secrets
import socket
import subprocess
import time
import warnings
from pathlib import Path

import httpx

from funchost.testing import coretools_settings as settings
from funchost.testing.azurite import Azurite, AzuriteUnavailable
from funchost.testing.coretools_log import PORT_IN_USE, diagnose
from funchost.testing.coretools_program import (
    CoreTools,
    CoreToolsWarning,
    find_core_tools,
    shortcomings,
)
from funchost.testing.hosts import HostDidNotStart
from funchost.testing.process_tree import CommandNotStarted, ProcessTree

__all__ = ["CoreToolsHost", "find_core_tools"]

START_TIMEOUT_SECONDS = 180.0  # the first start downloads the extension bundle; a later one takes 5 to 30
EMPTY_SECONDS = 15.0  # how long a host may say that it runs before its functions are there
SETTLE_SECONDS = 0.3  # func prints the cause of an error after the error
REQUEST_SECONDS = 3.0  # for one answer; it is asked again
LAST_WORDS_SECONDS = 5.0
POLL_SECONDS = 0.05
PORT_ATTEMPTS = 3


class CoreToolsHost:
    """``func start`` on a free port, in a task hub of its own; a ``LiveHost``.

    Storage is an Azurite in memory, unless AzureWebJobsStorage names a real account: then that is used, and what
    the run leaves in it begins with the task hub's name.

    Args:
        app: The app's folder; nothing is written into it.
        state: Folder of the logs.
        program: Which ``func``; by default, what ``find_core_tools`` finds.
        python: The app's interpreter; by default its .venv's, VIRTUAL_ENV's, or the one running this.
        port: A fixed port; by default a free one.
        arguments: More arguments for ``func start``.
        start_timeout: Seconds.
    """

    def __init__(
        self,
        app: Path,
        state: Path,
        *,
        program: CoreTools | None = None,
        python: Path | None = None,
        port: int | None = None,
        arguments: tuple[str, ...] = (),
        start_timeout: float = START_TIMEOUT_SECONDS,
    ) -> None:
        self._app = app
        self._state = state
        self._program = program
        self._python = python
        self._port = port
        self._arguments = arguments
        self._start_timeout = start_timeout
        self._azurite: Azurite | None = None
        self._tree: ProcessTree | None = None
        self._model = ""
        self.hub_name = f"Test{secrets.token_hex(8)}"
        self.url = ""

    def start(self) -> None:
        """Return once the app's functions are there.

        Raises:
            HostDidNotStart: func or Azurite is missing or too old, or func failed; the reason from its log, advice,
                and the log itself. Nothing is left running.
        Warns:
            CoreToolsWarning: This func lacks something that the app needs.
        """
        try:
            self._start()
        except BaseException:
            self.stop()
            raise

    def _start(self) -> None:
        if self._port and not is_free(self._port):
            # Whoever has it may be a Functions host as well, and would be taken for this one.
            raise HostDidNotStart(f"Port {self._port} is unavailable: another program has it.")
        program = self._program or find_core_tools(self._app)
        python = settings.choose_python(self._app, os.environ, self._python)
        try:
            python_version = settings.python_version(python)
        except (OSError, ValueError, subprocess.CalledProcessError) as error:
            raise HostDidNotStart(f"the app's interpreter {python} cannot be run: {error}") from error
        model = self._model = settings.app_model(self._app, os.environ)
        for sentence in shortcomings(program.version, model, python_version):
            warnings.warn(sentence, CoreToolsWarning, stacklevel=4)

        environment = settings.host_environment(
            os.environ,
            python=python,
            hub_name=self.hub_name,
            connections=self._start_storage() | settings.local_back_end(self._app, os.environ),
            version=program.version,
            model=model,
        )
        for attempt in range(1, PORT_ATTEMPTS + 1):
            try:
                self._start_func(program, self._port or free_port(), environment)
                return
            except HostDidNotStart:
                # Between finding a port free and func's binding it, another program may have taken it.
                if self._port or attempt == PORT_ATTEMPTS or not PORT_IN_USE.search(self.log()):
                    raise

    def _start_storage(self) -> dict[str, str]:
        """Start Azurite where the app wants one; return its connection string under the app's names for it."""
        names = settings.development_storage(self._app, os.environ)
        if not names:
            return {}
        self._azurite = self._azurite or Azurite(self._state / "azurite")
        try:
            self._azurite.start()
        except AzuriteUnavailable as error:
            raise HostDidNotStart(str(error)) from error
        return dict.fromkeys(names, self._azurite.connection_string)

    def _start_func(self, program: CoreTools, port: int, environment: dict[str, str]) -> None:
        self._state.mkdir(parents=True, exist_ok=True)
        log_path = self._state / "func.log"
        log_path.unlink(missing_ok=True)  # an earlier start's reasons are not this one's
        command = [str(program.path), "start", "--port", str(port), *self._arguments]
        try:
            self._tree = ProcessTree(command, log_path=log_path, cwd=self._app, environment=environment)
        except CommandNotStarted as error:
            raise HostDidNotStart(str(error)) from error
        self.url = f"http://127.0.0.1:{port}"  # not localhost: func listens on IPv4 only
        self._wait_until_ready(self._tree)

    def _wait_until_ready(self, tree: ProcessTree) -> None:
        started = time.monotonic()
        running_since: float | None = None
        with httpx.Client(base_url=self.url, timeout=REQUEST_SECONDS, trust_env=False) as client:
            while True:
                now = time.monotonic()
                exit_code = tree.exit_code  # read before the log, which is then complete
                if exit_code is not None:
                    # npm's launcher exits with 0 when func is killed, so any code is a failure here.
                    raise self._failure(f"func ended with exit code {exit_code}")
                if diagnose(self.log(), hopeless_only=True):
                    self._let_it_finish(tree)
                    raise self._failure("func cannot run the app")
                state, errors = host_state(client)
                if state == "Error":
                    raise self._failure(f"func reports an error: {'; '.join(errors) or 'no reason given'}")
                if state == "Running":
                    missing = self._missing_functions(client)
                    if not missing:
                        return
                    running_since = running_since or now
                    if now - running_since > EMPTY_SECONDS:
                        raise self._failure(f"func runs, but without {missing}")
                if now - started > self._start_timeout:
                    raise self._failure(f"func was not ready in {self._start_timeout:.0f} s (state: {state})")
                time.sleep(POLL_SECONDS)

    def _missing_functions(self, client: httpx.Client) -> str:
        """What is not there yet, in words; empty when all is.

        In model v1 folders tell which functions there are; in v2 only the app itself knows, and a failure to
        index it leaves none.
        """
        expected: set[str] = set()
        if self._model == "v1":
            expected = {definition.parent.name for definition in self._app.glob("*/function.json")}
        try:
            there = {function["name"] for function in client.get("/admin/functions").json()}
        except (httpx.HTTPError, ValueError, TypeError, KeyError):
            return "an answer to /admin/functions"
        if not there:
            return "any function"
        return ", ".join(sorted(expected - there))

    def _let_it_finish(self, tree: ProcessTree) -> None:
        """Wait until nothing more is printed: the cause comes after the symptom."""
        length, deadline = -1, time.monotonic() + LAST_WORDS_SECONDS
        while length != len(self.log()) and tree.exit_code is None and time.monotonic() < deadline:
            length = len(self.log())
            time.sleep(SETTLE_SECONDS)

    def _failure(self, what: str) -> HostDidNotStart:
        reason = diagnose(self.log())
        return HostDidNotStart(f"{what}.{' ' + reason if reason else ''}\n\nIts log:\n{self.log()}")

    @property
    def pid(self) -> int:
        """The process id of ``func`` (or of npm's launcher), which leads its process group."""
        assert self._tree is not None, "start() comes first"
        return self._tree.pid

    def stop(self) -> None:
        """End func, its workers and Azurite; func first, as it holds leases in the storage. Idempotent."""
        if self._tree is not None:
            self._tree.stop()
        if self._azurite is not None:
            self._azurite.stop()

    def log(self) -> str:
        """Everything func has printed since its last start."""
        return self._tree.log() if self._tree is not None else ""


def host_state(client: httpx.Client) -> tuple[str, list[str]]:
    """What the host says of itself: its state (``no answer`` before it listens) and its errors."""
    try:
        answer = client.get("/admin/host/status")
        body = answer.json() if answer.status_code == 200 else {}
        errors = [str(error) for error in body.get("errors") or []]
        return str(body.get("state", f"HTTP {answer.status_code}")), errors
    except httpx.HTTPError:
        return "no answer", []
    except (ValueError, AttributeError):
        return "unreadable answer", []


def is_free(port: int) -> bool:
    """Whether nothing uses the port at this moment."""
    with socket.socket() as listener:
        try:
            listener.bind(("127.0.0.1", port))
        except OSError:
            return False
        return True


def free_port() -> int:
    """A port that nothing uses at this moment."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
        return port
