"""Entities and the orchestrator in this process: no host, no waiting, and crashes at every commit."""

import pytest
from funchost.testing import DurableApp, OrchestrationFailed

READINGS = [{"sensor": "soil", "value": 20.0}, {"sensor": "soil", "value": 23.0}]
SOIL = {"count": 2, "mean": 21.5, "min": 20.0, "max": 23.0, "last": 23.0}


def test_a_signal_without_input_resets(durable: DurableApp) -> None:
    counter = durable.entity("counter", "visits")
    counter.signal("add", {"amount": 5})
    assert counter.state == 5

    counter.signal("reset")
    assert (counter.exists, counter.state) == (True, 0)


def test_a_deleted_counter_no_longer_exists_and_starts_anew(durable: DurableApp) -> None:
    counter = durable.entity("counter", "visits")
    counter.signal("add", {"amount": 5})
    counter.signal("delete")
    assert not counter.exists

    counter.signal("add", {"amount": 1})
    assert counter.state == 1


@pytest.mark.parametrize(
    ("operation", "input"), [("add", 3), ("add", None), ("add", {"amount": "3"}), ("multiply", {"amount": 3})]
)
def test_a_signal_that_fails_changes_nothing(durable: DurableApp, operation: str, input: object) -> None:
    counter = durable.entity("counter", "visits")
    counter.signal("add", {"amount": 5})
    counter.signal(operation, input)

    assert counter.state == 5


def test_keys_are_as_written_and_names_are_not(durable: DurableApp) -> None:
    durable.entity("Counter", "visits").signal("add", {"amount": 5})

    assert durable.entity("counter", "visits").state == 5
    assert not durable.entity("counter", "Visits").exists


def test_the_summary_has_every_reading_that_was_signalled_before(durable: DurableApp) -> None:
    receipt = durable.run("record_batch", {"station": "north", "readings": READINGS})

    assert receipt == {"station": "north", "recorded": 2, "total": 2, "sensors": {"soil": SOIL}}
    assert durable.entity("aggregator", "north").state == {"soil": SOIL}


def test_a_later_batch_builds_on_the_first(durable: DurableApp) -> None:
    durable.run("record_batch", {"station": "north", "readings": READINGS})
    durable.run("record_batch", {"station": "south", "readings": READINGS})
    receipt = durable.run("record_batch", {"station": "north", "readings": READINGS[:1]})

    assert (receipt["recorded"], receipt["total"]) == (1, 3)
    assert receipt["sensors"]["soil"]["count"] == 3


def test_a_batch_that_is_none_fails_before_anything_is_recorded(durable: DurableApp) -> None:
    with pytest.raises(OrchestrationFailed, match="value must be a number"):
        durable.run("record_batch", {"station": "north", "readings": [*READINGS, {"sensor": "soil"}]})
    assert not durable.entity("aggregator", "north").exists


def test_a_host_may_die_at_any_moment_and_nothing_is_counted_twice(durable: DurableApp) -> None:
    report = durable.crash_everywhere("record_batch", {"station": "north", "readings": READINGS})

    assert (report.output["total"], report.output["sensors"]) == (2, {"soil": SOIL})
