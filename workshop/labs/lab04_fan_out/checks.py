"""What lab 4 asks for. How much is asked for at once is read from histories, not from a clock."""

from pathlib import Path

from funchost.model.history import TaskCompleted, TaskScheduled
from funchost.testing import DurableApp

FILES = 5


def measured(file: dict[str, str]) -> dict[str, object]:
    return {"path": file["path"], "bytes": 10, "lines": 1, "sha256": "00"}


def test_all_at_once(durable: DurableApp) -> None:
    """All files are asked for before the first result is awaited"""
    durable.replace("list_files", [[f"{number}.txt" for number in range(FILES)]])
    durable.replace("measure_file", measured)
    inventory = durable.start("take_inventory", {"directory": "/data"})
    inventory.result()
    scheduled: set[int] = set()
    for event in inventory.history:
        if isinstance(event, TaskScheduled) and event.name == "measure_file":
            scheduled.add(event.event_id)
        if isinstance(event, TaskCompleted) and event.task_scheduled_id in scheduled:
            break
    assert len(scheduled) == FILES, (
        f"Of {FILES} files {len(scheduled)} had been asked for when the first result came. Make a list of the "
        "calls first, without yield; then yield context.task_all(calls)."
    )


def test_results(durable: DurableApp) -> None:
    """The inventory has every file, in the order of the list"""
    durable.replace("list_files", [["b.txt", "a.txt", "c.txt"]])
    durable.replace("measure_file", measured)
    inventory = durable.run("take_inventory", {"directory": "/data"})
    paths = [entry["path"] for entry in inventory["measures"]]
    assert paths == ["b.txt", "a.txt", "c.txt"], f"The measures are of {paths}, not of b.txt, a.txt, c.txt."
    assert inventory["bytes"] == 30, f"Three files of 10 bytes make {inventory['bytes']} bytes in all."


def test_empty_folder(durable: DurableApp, tmp_path: Path) -> None:
    """An empty folder is taken inventory of, too"""
    inventory = durable.start("take_inventory", {"directory": str(tmp_path)})
    assert inventory.runtime_status == "Completed", (
        f"With an empty folder the instance is {inventory.runtime_status}. A task_all of nothing gives None, and "
        "no list: leave it out where there is nothing to wait for."
    )
    assert inventory.output["files"] == 0, f"An empty folder has {inventory.output['files']} files."
