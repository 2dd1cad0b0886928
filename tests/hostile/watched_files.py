"""``funchost`` that notes what its own process opens: ``python -m tests.hostile.watched_files FILE start …``."""

from __future__ import annotations

import os
import sys

from funchost import cli

WATCHED = (
    "open",
    "sqlite3.connect",
    "os.listdir",
    "os.scandir",
    "os.mkdir",
    "os.remove",
    "os.rename",
    "subprocess.Popen",
)


def main() -> None:
    notes = os.open(sys.argv.pop(1), os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)

    def note(event: str, arguments: tuple[object, ...]) -> None:
        if event in WATCHED:
            os.write(notes, f"{event} {arguments!r}\n".encode(errors="backslashreplace"))

    sys.addaudithook(note)
    cli.main()


if __name__ == "__main__":
    main()
