"""Running statistics, as plain functions that know nothing of Azure.

Their size does not grow with the number of readings: a sensor is five numbers, and a station remembers a
limited number of sensors. An entity's whole state is loaded and stored at each batch of operations, so it is
kept small.
"""

from typing import TypedDict

from messages import Reading

MOST_SENSORS = 100


class Summary(TypedDict):
    """All readings of one sensor."""

    count: int
    mean: float
    min: float
    max: float
    last: float


Sensors = dict[str, Summary]
"""Summaries by sensor; the sensor heard from last is at the end."""


class Receipt(TypedDict):
    """What became of a batch."""

    station: str
    recorded: int  # readings of this batch
    total: int  # readings of all batches so far
    sensors: Sensors


def with_reading(sensors: Sensors, reading: Reading) -> Sensors:
    """The summaries, with one more reading in them.

    Beyond `MOST_SENSORS`, the sensor that has been silent for longest is forgotten. What was handed in stays
    as it is, so an operation that fails half-way leaves no half-changed state behind.
    """
    name = reading["sensor"]
    others = {sensor: summary for sensor, summary in sensors.items() if sensor != name}
    changed: Sensors = {**others, name: with_value(sensors.get(name), reading["value"])}
    for silent in list(changed)[:-MOST_SENSORS]:
        del changed[silent]
    return changed


def with_value(summary: Summary | None, value: float) -> Summary:
    """A sensor's summary, with one more value in it."""
    if summary is None:
        return Summary(count=1, mean=value, min=value, max=value, last=value)
    count = summary["count"] + 1
    # The mean moves towards the value; a sum of all values would grow, and lose digits.
    mean = summary["mean"] + (value - summary["mean"]) / count
    return Summary(
        count=count, mean=mean, min=min(summary["min"], value), max=max(summary["max"], value), last=value
    )
