"""A real Azurite: started on ports of its own, asked over its API, stopped, and nothing kept."""

from __future__ import annotations

import base64
import hashlib
import hmac
import os
import sys
from collections.abc import Iterator
from datetime import datetime, timezone
from email.utils import format_datetime
from pathlib import Path

import httpx
import pytest

from funchost.testing import azurite as module
from funchost.testing.azurite import Azurite, AzuriteUnavailable, find_azurite, install_azurite


@pytest.fixture(scope="module")
def azurite(azurite_command: tuple[str, ...], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Azurite]:
    """An Azurite that runs."""
    azurite = Azurite(tmp_path_factory.mktemp("azurite"), azurite_command)
    azurite.start()
    yield azurite
    azurite.stop()


def connection(azurite: Azurite) -> dict[str, str]:
    """The parts of the connection string; values may contain "=" themselves."""
    parts = azurite.connection_string.rstrip(";").split(";")
    return dict(part.split("=", 1) for part in parts)


def tables(azurite: Azurite, create: str | None = None) -> httpx.Response:
    """List the tables, or create one, signed as Azure's own clients sign (SharedKeyLite)."""
    parts = connection(azurite)
    account, date = parts["AccountName"], format_datetime(datetime.now(timezone.utc), usegmt=True)
    to_sign = f"{date}\n/{account}/{account}/Tables".encode()
    signature = base64.b64encode(hmac.digest(base64.b64decode(parts["AccountKey"]), to_sign, hashlib.sha256))
    return httpx.request(
        "GET" if create is None else "POST",
        f"{parts['TableEndpoint']}/Tables",
        json=None if create is None else {"TableName": create},
        headers={
            "Authorization": f"SharedKeyLite {account}:{signature.decode()}",
            "x-ms-date": date,
            "x-ms-version": "2099-01-01",  # newer than any Azurite: as the extension's client may be
            "Accept": "application/json;odata=nometadata",
        },
    )


def names(answer: httpx.Response) -> list[str]:
    return [table["TableName"] for table in answer.raise_for_status().json()["value"]]


def test_its_connection_string_opens_it(azurite: Azurite) -> None:
    assert tables(azurite, create="Hub1").status_code == 201
    assert "Hub1" in names(tables(azurite))


def test_blobs_queues_and_tables_each_answer(azurite: Azurite) -> None:
    servers = {
        service: httpx.get(endpoint).headers["server"] for service, endpoint in sorted(azurite.endpoints.items())
    }
    assert [server.split("/")[0] for server in servers.values()] == [
        "Azurite-Blob",
        "Azurite-Queue",
        "Azurite-Table",
    ]


def test_one_beside_it_has_its_own_ports_and_forgets_all_once_it_is_stopped(
    azurite: Azurite, azurite_command: tuple[str, ...], tmp_path: Path
) -> None:
    tables(azurite, create="Elsewhere")
    other = Azurite(tmp_path, azurite_command)
    other.start()
    try:
        assert not set(azurite.endpoints.values()) & set(other.endpoints.values())
        assert names(tables(other)) == []
        tables(other, create="Forgotten")

        other.stop()

        with pytest.raises(httpx.ConnectError):
            tables(other)
        other.start()
        assert names(tables(other)) == []
        assert [path.name for path in tmp_path.iterdir()] == ["azurite.log"]
    finally:
        other.stop()


def test_stopping_twice_or_before_starting_is_harmless(tmp_path: Path) -> None:
    never_started = Azurite(tmp_path, ("azurite",))
    never_started.stop()
    never_started.stop()


def test_one_that_ends_at_once_is_reported_with_what_it_said(tmp_path: Path) -> None:
    broken = Azurite(tmp_path, (sys.executable, "-c", "print('no space left'); raise SystemExit(7)"))

    with pytest.raises(AzuriteUnavailable, match=r"(?s)exit code 7:.*no space left"):
        broken.start()


def test_one_that_never_listens_is_given_up_and_ended(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "START_TIMEOUT_SECONDS", 0.5)
    silent = Azurite(tmp_path, (sys.executable, "-c", "import threading; threading.Event().wait()"))

    with pytest.raises(AzuriteUnavailable, match="not ready"):
        silent.start()
    assert silent._tree is not None
    assert silent._tree.exit_code is not None


def test_where_there_is_none_the_error_says_what_to_type(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FUNCHOST_CACHE", os.fspath(tmp_path))
    monkeypatch.setenv("PATH", os.fspath(tmp_path))

    with pytest.raises(AzuriteUnavailable, match="npm install --global azurite"):
        find_azurite()
    with pytest.raises(AzuriteUnavailable, match="npm is not on PATH"):
        install_azurite()


def test_an_installed_one_is_used_without_asking_npm(
    azurite_command: tuple[str, ...], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    only_node = tmp_path / "only-node"
    only_node.mkdir()
    monkeypatch.setenv("PATH", os.pathsep.join([os.fspath(only_node), os.fspath(Path(azurite_command[0]).parent)]))
    monkeypatch.setattr("subprocess.run", lambda *_, **__: pytest.fail("npm was asked"))

    assert find_azurite() == azurite_command
    assert install_azurite() == azurite_command
