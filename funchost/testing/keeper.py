"""Keeps one command and everything it starts, and ends all of it when the one who asked for it is gone.

Runs as a process of its own, between a test run and a host: ``python -I -S keeper.py LOG GRACE COMMAND...``.
It starts the command in a process group of its own, writes one line of JSON to stdout, ``{"pid": 123}`` or
``{"error": "..."}``, and waits. It ends the tree when a byte arrives on stdin or stdin is closed. The
operating system closes the pipe of a process however that process ends, so a test run that is killed with
SIGKILL leaves nothing behind either. Exit code: the command's, 128 + n after signal n, 127 when it could not
be started.

The standard library only, on purpose: it runs without site-packages, so that it starts in a few milliseconds
and no variable meant for the command (PYTHONPATH) reaches it.
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import threading
from typing import IO


def start(command: list[str], log: IO[bytes]) -> subprocess.Popen[bytes]:
    """Start the command: no terminal, no input, its own session and process group."""
    if sys.platform == "win32":
        return subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            creationflags=subprocess.CREATE_NEW_PROCESS_GROUP,
        )
    # A shell that starts something in the background has it ignore SIGINT, and so would all that it starts.
    # What is ignored stays ignored across exec; what is handled goes back to the default.
    signal.signal(signal.SIGINT, lambda *_: None)
    return subprocess.Popen(
        command, stdin=subprocess.DEVNULL, stdout=log, stderr=subprocess.STDOUT, start_new_session=True
    )


def end(process: subprocess.Popen[bytes], grace_seconds: float) -> None:
    """Ask the command to end, wait, then kill whatever is left of its tree.

    The question goes to the command alone: npm's launcher of Core Tools hands it on to func, and func ends
    its workers. Killing goes to the whole group: killing only the launcher would orphan the rest.
    """
    if sys.platform != "win32":  # there, nothing that a console program without a console would hear
        with contextlib.suppress(ProcessLookupError):
            process.send_signal(signal.SIGINT)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(grace_seconds)
    kill_tree(process.pid)
    process.wait()


def kill_tree(leader: int) -> None:
    """Kill a command and its descendants. On POSIX systems also when the leader itself has ended."""
    if sys.platform == "win32":
        subprocess.run(
            ["taskkill", "/PID", str(leader), "/T", "/F"],
            check=False,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
    else:
        # macOS answers EPERM where only processes that have ended are left.
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(leader, signal.SIGKILL)


def main(arguments: list[str]) -> int:
    log_path, grace_seconds, *command = arguments
    try:
        with open(log_path, "ab") as log:
            process = start(command, log)
    except OSError as error:
        print(json.dumps({"error": str(error)}), flush=True)
        return 127
    print(json.dumps({"pid": process.pid}), flush=True)

    def end_when_told() -> None:
        os.read(0, 1)  # not sys.stdin, whose lock would be held when the interpreter ends
        end(process, float(grace_seconds))

    threading.Thread(target=end_when_told, daemon=True).start()
    code = process.wait()
    kill_tree(process.pid)  # a launcher that died may have left the host running
    return code if code >= 0 else 128 - code


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
