"""What the aggregator computes."""

import pytest

from messages import Reading
from summaries import MOST_SENSORS, Sensors, Summary, with_reading, with_value


def summary_of(*values: float) -> Summary | None:
    summary = None
    for value in values:
        summary = with_value(summary, value)
    return summary


def test_the_first_value_is_everything_at_once() -> None:
    assert summary_of(4.0) == {"count": 1, "mean": 4.0, "min": 4.0, "max": 4.0, "last": 4.0}


def test_mean_minimum_maximum_and_last() -> None:
    assert summary_of(4.0, -1.0, 9.0, 2.0) == {"count": 4, "mean": 3.5, "min": -1.0, "max": 9.0, "last": 2.0}


def test_the_mean_of_many_large_values_keeps_its_digits() -> None:
    summary = summary_of(*[1e9 + 0.25] * 10_000)

    assert summary is not None
    assert summary["mean"] == pytest.approx(1e9 + 0.25, abs=1e-6)


def test_what_was_handed_in_stays_as_it_is() -> None:
    before: Sensors = {"soil": Summary(count=1, mean=1.0, min=1.0, max=1.0, last=1.0)}
    after = with_reading(before, Reading(sensor="soil", value=3.0))

    assert (before["soil"]["count"], after["soil"]["count"]) == (1, 2)


def test_the_sensor_that_was_silent_for_longest_is_forgotten() -> None:
    sensors: Sensors = {}
    for number in range(MOST_SENSORS):
        sensors = with_reading(sensors, Reading(sensor=f"sensor-{number}", value=1.0))
    sensors = with_reading(sensors, Reading(sensor="sensor-0", value=2.0))
    sensors = with_reading(sensors, Reading(sensor="new", value=3.0))

    assert len(sensors) == MOST_SENSORS
    assert "sensor-1" not in sensors
    assert {"sensor-0", "sensor-2", "new"} <= sensors.keys()
