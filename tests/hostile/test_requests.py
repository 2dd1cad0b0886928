"""Requests that are up to no good: paths out of the app, bodies without end, and callers from elsewhere."""

from __future__ import annotations

import socket
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.hostile.command import API, PATTERNS, Command

TOKEN = "qx7-no-such-name"
LIMIT = 104_857_600
PATHS = (
    f"/../../../../{TOKEN}",
    f"/..%2f..%2f{TOKEN}",
    f"/%2e%2e/%2e%2e/{TOKEN}/function_app.py",
    f"/..\\..\\{TOKEN}",
    f"//{TOKEN}/share",
    f"/api/../{TOKEN}",
    f"/api/start/{TOKEN}/..%2f..%2fetc%2fpasswd",
    f"/api/start/chain/..%2f{TOKEN}",
    f"/admin/vfs/{TOKEN}",
    f"/admin/vfs/../{TOKEN}",
    f"/admin/functions/..%2f{TOKEN}",
    f"/admin/functions/{TOKEN}%00.py",
    f"{API}/instances/..%2f..%2f{TOKEN}",
    f"{API}/instances/%2fetc%2f{TOKEN}?showHistory=true",
    f"{API}/orchestrators/..%2f{TOKEN}",
    f"{API}/orchestrators/chain/..%2f{TOKEN}",
    f"{API}/orchestrators/chain/C:%5c{TOKEN}",
    f"{API}/entities/ledger/..%2f..%2f{TOKEN}?op=add",
    f"{API}/instances?continuationToken=..%2f{TOKEN}",
    f"{API}/instances?taskHub=..%2f{TOKEN}",
    f"file:///{TOKEN}",
    f"http://127.0.0.1/{TOKEN}",
)


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the host's process notes what it opens."""
    return tmp_path_factory.mktemp("hostile") / "opened.txt"


@pytest.fixture(scope="module")
def host(files: Path) -> Iterator[Command]:
    """A host on the patterns app."""
    command = Command(
        PATTERNS, files.parent / "state", files.parent, program=("-m", "tests.hostile.watched_files", str(files))
    )
    with command.running():
        yield command


def talk(host: Command, raw: bytes) -> bytes:
    """Send bytes as they are and read the whole answer; clients would tidy them up."""
    with socket.create_connection(("127.0.0.1", int(host.url.rpartition(":")[2])), timeout=30) as connection:
        connection.sendall(raw)
        answer = b""
        while chunk := connection.recv(65536):
            answer += chunk
        return answer


@pytest.mark.parametrize("method", ["GET", "POST", "DELETE"])
@pytest.mark.parametrize("path", PATHS)
def test_no_path_in_a_request_reaches_the_file_system(host: Command, files: Path, method: str, path: str) -> None:
    seen = len(files.read_text())
    body = b'"x"' if method == "POST" else b""
    answer = talk(
        host,
        f"{method} {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Type: application/json\r\n"
        f"Content-Length: {len(body)}\r\n\r\n".encode()
        + body,
    )
    status = int(answer.split(b" ", 2)[1])
    assert status in {200, 202, 400, 404, 409, 410} or (path.startswith("/api/start") and status == 500)
    assert b"root:" not in answer
    assert b"orchestration_trigger" not in answer
    opened = files.read_text()[seen:]
    assert TOKEN not in opened
    assert "passwd" not in opened


def test_the_watch_on_files_sees_what_the_host_opens(files: Path, host: Command) -> None:
    assert "host.json" in files.read_text()
    assert ".running.json" in files.read_text()


@pytest.mark.parametrize(
    "path",
    [
        "/api/start/chain/a",
        f"{API}/orchestrators/chain/a",
        f"{API}/instances/a/raiseEvent/e",
        "/admin/functions/double",
    ],
)
def test_a_body_over_the_limit_is_refused_before_it_is_read(host: Command, path: str) -> None:
    head = f"POST {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Type: application/json\r\n"
    status = talk(host, f"{head}Content-Length: {LIMIT + 1}\r\n\r\n".encode()).split(b" ", 2)[1]
    assert status == (b"404" if "raiseEvent" in path else b"413")


def test_a_body_without_a_declared_length_is_cut_off_at_the_limit(host: Command) -> None:
    """The rest is not waited for: the answer comes while the client still sends."""
    port = int(host.url.rpartition(":")[2])
    head = (
        f"POST {API}/orchestrators/chain/endless HTTP/1.1\r\nHost: localhost\r\n"
        "Content-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n"
    )
    chunk = b"100000\r\n" + b" " * 0x100000 + b"\r\n"
    with socket.create_connection(("127.0.0.1", port), timeout=60) as connection:
        connection.sendall(head.encode())
        try:
            for _ in range(LIMIT // 0x100000 + 20):
                connection.sendall(chunk)
        except OSError:
            pass  # it has hung up
        else:
            assert b" 413 " in connection.recv(65536)


def listening(port: int) -> set[str]:
    """The addresses on which anybody listens at a port, as /proc has them: 0100007F is 127.0.0.1."""
    rows = [line.split() for line in Path("/proc/net/tcp").read_text().splitlines()[1:]]
    return {
        row[1].partition(":")[0] for row in rows if row[3] == "0A" and int(row[1].partition(":")[2], 16) == port
    }


@pytest.mark.skipif(sys.platform != "linux", reason="needs /proc/net/tcp")
def test_it_listens_on_loopback_unless_told_otherwise(host: Command, tmp_path: Path, logs: Path) -> None:
    assert listening(int(host.url.rpartition(":")[2])) == {"0100007F"}
    wide = Command(PATTERNS, tmp_path / "state", logs, "--address", "0.0.0.0")
    with wide.running():
        assert listening(int(wide.url.rpartition(":")[2])) == {"00000000"}
