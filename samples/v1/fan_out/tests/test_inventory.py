"""The plain functions behind the activities."""

import hashlib
from pathlib import Path

import pytest

from inventory import Measure, Unreadable, check_directory, directory_of, list_paths, measure, total


@pytest.mark.parametrize(
    ("content", "lines"),
    [(b"", 0), (b"one", 1), (b"one\n", 1), (b"one\ntwo", 2), (b"\n\n", 2)],
)
def test_bytes_lines_and_hash_of_a_file(tmp_path: Path, content: bytes, lines: int) -> None:
    (tmp_path / "file").write_bytes(content)

    assert measure({"directory": str(tmp_path), "path": "file"}) == {
        "path": "file",
        "bytes": len(content),
        "lines": lines,
        "sha256": hashlib.sha256(content).hexdigest(),
    }


def test_a_file_larger_than_one_chunk_is_measured_whole(tmp_path: Path) -> None:
    content = b"0123456789abcde\n" * 100_000
    (tmp_path / "large").write_bytes(content)

    result = measure({"directory": str(tmp_path), "path": "large"})

    assert "problem" not in result
    assert (result["bytes"], result["lines"]) == (1_600_000, 100_000)
    assert result["sha256"] == hashlib.sha256(content).hexdigest()


def test_a_file_that_went_away_is_reported_and_not_raised(tmp_path: Path) -> None:
    assert measure({"directory": str(tmp_path), "path": "gone"}) == {
        "path": "gone",
        "problem": "FileNotFoundError: No such file or directory",
    }


def test_files_are_listed_at_every_depth_in_order(tmp_path: Path) -> None:
    (tmp_path / "b" / "deep").mkdir(parents=True)
    for name in ["b/deep/2", "b/1", "a"]:
        (tmp_path / name).touch()

    assert list_paths(str(tmp_path)) == ["a", "b/1", "b/deep/2"]


def test_a_missing_folder_is_named(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match=r"There is no folder .*nowhere"):
        check_directory(str(tmp_path / "nowhere"))


def test_a_file_is_not_a_folder(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(NotADirectoryError, match="an inventory needs a folder"):
        check_directory(str(tmp_path / "file"))


@pytest.mark.parametrize("request_body", [None, [], "folder", {}, {"directory": 7}, {"directory": " "}])
def test_a_request_without_a_folder_is_refused(request_body: object) -> None:
    with pytest.raises(ValueError, match="Say which folder"):
        directory_of(request_body)


def test_totals_leave_out_what_could_not_be_read() -> None:
    measured = Measure(path="a", bytes=3, lines=1, sha256="00")
    unreadable = Unreadable(path="b", problem="PermissionError: Permission denied")

    inventory = total("/data", [measured, unreadable])

    assert (inventory["files"], inventory["bytes"], inventory["lines"]) == (1, 3, 1)
    assert inventory["unreadable"] == [unreadable]
