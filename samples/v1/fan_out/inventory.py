"""Measuring files, as plain functions: what the activities do, without Azure."""

import hashlib
import os
from pathlib import Path
from typing import Any, TypedDict, final

CHUNK = 1024 * 1024  # bytes read at a time, so that a large file needs no large memory


class FileToMeasure(TypedDict):
    """Which file to measure."""

    directory: str
    path: str  # below the folder, with slashes


@final
class Measure(TypedDict):
    """What is known about one file."""

    path: str
    bytes: int
    lines: int
    sha256: str


@final
class Unreadable(TypedDict):
    """A file that could not be measured, and why."""

    path: str
    problem: str


class Inventory(TypedDict):
    """What is known about a folder."""

    directory: str
    files: int
    bytes: int
    lines: int
    measures: list[Measure]
    unreadable: list[Unreadable]


def directory_of(request: object) -> str:
    """The folder that a request `{"directory": "..."}` names.

    Raises:
        ValueError: The request has another shape.
    """
    directory: Any = request.get("directory") if isinstance(request, dict) else None
    if not isinstance(directory, str) or not directory.strip():
        raise ValueError('Say which folder to take inventory of: {"directory": "/path/of/a/folder"}')
    return directory


def check_directory(directory: str) -> None:
    """Make sure that there is such a folder, and that this process may list it.

    Raises:
        FileNotFoundError, NotADirectoryError, PermissionError: It may not; the text says which folder.
    """
    folder = Path(directory)
    if not folder.exists():
        raise FileNotFoundError(f"There is no folder {directory!r} on the computer that runs this app.")
    if not folder.is_dir():
        raise NotADirectoryError(f"{directory!r} is a file; an inventory needs a folder.")
    if not os.access(folder, os.R_OK | os.X_OK):
        raise PermissionError(f"The folder {directory!r} is there, but this app may not read it.")


def list_paths(directory: str) -> list[str]:
    """Every regular file below a folder, sorted; links to other folders are not followed."""
    check_directory(directory)
    found = []
    for folder, _, names in os.walk(directory):
        files = (Path(folder, name) for name in names)
        found += [file.relative_to(directory).as_posix() for file in files if file.is_file()]
    return sorted(found)


def measure(file: FileToMeasure) -> Measure | Unreadable:
    """Bytes, lines and SHA-256 of one file. A last line without a line break counts, too."""
    path = file["path"]
    digest, size, lines, last = hashlib.sha256(), 0, 0, b"\n"
    try:
        with Path(file["directory"], path).open("rb") as stream:
            while chunk := stream.read(CHUNK):
                digest.update(chunk)
                size += len(chunk)
                lines += chunk.count(b"\n")
                last = chunk[-1:]
    except OSError as error:  # gone since it was listed, or not ours to read: the others still count
        return Unreadable(path=path, problem=f"{type(error).__name__}: {error.strerror}")
    return Measure(path=path, bytes=size, lines=lines + (last != b"\n"), sha256=digest.hexdigest())


def total(directory: str, results: list[Measure | Unreadable]) -> Inventory:
    """Put the single results together, in the order in which they came."""
    measures: list[Measure] = []
    unreadable: list[Unreadable] = []
    for result in results:
        if "problem" in result:
            unreadable.append(result)
        else:
            measures.append(result)
    return Inventory(
        directory=directory,
        files=len(measures),
        bytes=sum(entry["bytes"] for entry in measures),
        lines=sum(entry["lines"] for entry in measures),
        measures=measures,
        unreadable=unreadable,
    )
