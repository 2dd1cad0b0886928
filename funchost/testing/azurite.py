"""Azurite, Microsoft's storage emulator: found or installed from npm, started on ports of its own, in memory."""

from __future__ import annotations

import os
import re
import shutil
import time
from pathlib import Path

from funchost.testing.npm import NpmFailed, cache_folder, npm_install
from funchost.testing.process_tree import CommandNotStarted, ProcessTree

VERSION = "3.35.0"
START_TIMEOUT_SECONDS = 60.0
POLL_SECONDS = 0.02

# The development account, the same in every Azurite; its key is published and protects nothing.
ACCOUNT = "devstoreaccount1"
KEY = "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw=="

SERVICES = ("Blob", "Queue", "Table")
_LISTENING = re.compile(r"Azurite (Blob|Queue|Table) service is successfully listening at (http://\S+)")


class AzuriteUnavailable(Exception):
    """Azurite cannot be found, installed or started; the text says why and what to type."""


def install_azurite(cache: Path | None = None) -> tuple[str, ...]:
    """The command of the pinned Azurite; installed from npm where the cache does not have it yet.

    Raises:
        AzuriteUnavailable: Node.js or npm is missing, or npm failed.
    """
    folder = (cache or cache_folder()) / f"azurite-{VERSION}"
    try:
        npm_install(f"azurite@{VERSION}", folder)
    except NpmFailed as error:
        raise AzuriteUnavailable(str(error)) from error
    command = _from_npm(folder)
    if command is None:
        raise AzuriteUnavailable(f"there is no Azurite in {folder}, or node is not on PATH; remove the folder")
    return command


def find_azurite() -> tuple[str, ...]:
    """The command of an Azurite that is here already: in the cache, or on PATH.

    Raises:
        AzuriteUnavailable: There is none; names the command that installs it.
    """
    command = _from_npm(cache_folder() / f"azurite-{VERSION}")
    if command is not None:
        return command
    on_path = shutil.which("azurite")
    if on_path is not None:
        return (on_path,)
    raise AzuriteUnavailable(
        "Azurite, the storage emulator that Durable Functions need on Core Tools, is not here. Install it: "
        "npm install --global azurite"
    )


def _from_npm(folder: Path) -> tuple[str, ...] | None:
    script = folder / "node_modules" / "azurite" / "dist" / "src" / "azurite.js"
    node = shutil.which("node")
    return (node, str(script)) if node is not None and script.is_file() else None


class Azurite:
    """One emulator: blobs, queues and tables on three free ports of this machine, in memory.

    Args:
        state: Folder for its log; it writes nothing else.
        command: How to run it; by default, what ``find_azurite`` finds.
    """

    def __init__(self, state: Path, command: tuple[str, ...] | None = None) -> None:
        self._state = state
        self._command = command
        self._tree: ProcessTree | None = None
        self.endpoints: dict[str, str] = {}  # service (Blob, Queue, Table) to http://127.0.0.1:port

    def start(self) -> None:
        """Return once all three services listen. Raises AzuriteUnavailable with its log."""
        command = self._command or find_azurite()
        self._state.mkdir(parents=True, exist_ok=True)
        log_path = self._state / "azurite.log"
        log_path.unlink(missing_ok=True)  # the ports of an earlier start
        try:
            self._tree = ProcessTree(
                [*command, *arguments()], log_path=log_path, cwd=self._state, environment=os.environ
            )
        except CommandNotStarted as error:
            raise AzuriteUnavailable(str(error)) from error
        deadline = time.monotonic() + START_TIMEOUT_SECONDS
        while True:
            self.endpoints = dict(_LISTENING.findall(self.log()))
            if len(self.endpoints) == len(SERVICES):
                return
            if self._tree.exit_code is not None:
                raise AzuriteUnavailable(f"Azurite ended with exit code {self._tree.exit_code}:\n{self.log()}")
            if time.monotonic() > deadline:
                self.stop()
                raise AzuriteUnavailable(f"Azurite was not ready in {START_TIMEOUT_SECONDS:.0f} s:\n{self.log()}")
            time.sleep(POLL_SECONDS)

    @property
    def connection_string(self) -> str:
        """What AzureWebJobsStorage takes. ``UseDevelopmentStorage=true`` would mean the default ports."""
        endpoints = "".join(f"{service}Endpoint={self.endpoints[service]}/{ACCOUNT};" for service in SERVICES)
        return f"DefaultEndpointsProtocol=http;AccountName={ACCOUNT};AccountKey={KEY};{endpoints}"

    def log(self) -> str:
        """Everything it has printed so far."""
        return self._tree.log() if self._tree is not None else ""

    def stop(self) -> None:
        """End it and forget what it stored. Idempotent."""
        if self._tree is not None:
            self._tree.stop()


def arguments() -> list[str]:
    """Loopback only; port 0 lets the system choose, without a race; data in memory.

    The extension's storage client often asks for a newer API version than Azurite knows, hence the skipped check.
    """
    given = ["--silent", "--inMemoryPersistence", "--skipApiVersionCheck", "--disableTelemetry"]
    for service in SERVICES:
        given += [f"--{service.lower()}Host", "127.0.0.1", f"--{service.lower()}Port", "0"]
    return given
