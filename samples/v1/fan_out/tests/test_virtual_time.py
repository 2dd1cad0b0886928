"""The orchestrator by itself: in this process, with files that are only said to be there."""

from funchost.testing import DurableApp

from inventory import FileToMeasure, Measure


def measured(file: FileToMeasure) -> Measure:
    """Every file has as many lines as its name has letters."""
    return Measure(path=file["path"], bytes=100, lines=len(file["path"]), sha256="00")


def test_every_file_is_measured_once_and_in_its_place(durable: DurableApp) -> None:
    durable.replace("list_files", [["a", "bb", "ccc"]])
    measure_file = durable.replace("measure_file", measured)

    inventory = durable.run("take_inventory", {"directory": "/data"})

    assert [entry["path"] for entry in inventory["measures"]] == ["a", "bb", "ccc"]
    assert (inventory["files"], inventory["bytes"], inventory["lines"]) == (3, 300, 6)
    assert sorted(file["path"] for file in measure_file.inputs) == ["a", "bb", "ccc"]


def test_an_empty_folder_is_not_waited_for(durable: DurableApp) -> None:
    durable.replace("list_files", [[]])
    measure_file = durable.replace("measure_file", measured)

    assert durable.run("take_inventory", {"directory": "/data"})["files"] == 0
    measure_file.assert_not_called()


def test_a_host_may_die_at_any_moment(durable: DurableApp) -> None:
    durable.replace("list_files", [["a", "bb"]])
    durable.replace("measure_file", measured)

    report = durable.crash_everywhere("take_inventory", {"directory": "/data"})

    assert report.output["files"] == 2
