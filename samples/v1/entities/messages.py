"""What comes in from outside, checked: names, amounts and sensor readings.

Plain functions, used by the HTTP functions (which answer 400 to a ValueError) and again by the entities and
the orchestrator (which fail with its text), because those can also be reached past our routes.
"""

import math
import re
from typing import Any, TypedDict

MOST_READINGS = 500
"""How many readings a batch may have."""


class Amount(TypedDict):
    """How much to add to a counter."""

    amount: int


class Reading(TypedDict):
    """What one sensor said."""

    sensor: str
    value: float


class Batch(TypedDict):
    """Readings of one station, oldest first."""

    station: str
    readings: list[Reading]


def entity_key(key: object) -> str:
    """Check the key of an entity, or the name of a sensor.

    Hosts refuse keys with slashes, question marks, hashes and control characters; this is narrower.
    """
    if not isinstance(key, str) or not re.fullmatch(r"[\w.-]{1,100}", key):
        raise ValueError(
            f"A name has 1 to 100 letters, digits, dots, hyphens and underscores; not so {key!r}."
        )
    return key


def amount(body: object) -> Amount:
    """Check `{"amount": 5}`: a whole number.

    Raises:
        ValueError: It is not one; the text says what is expected. So with all functions here.
    """
    by = as_object(body, 'an amount is given as {"amount": 5}').get("amount")
    if isinstance(by, bool) or not isinstance(by, int):
        raise ValueError(f"amount must be a whole number, not {by!r}.")
    return Amount(amount=by)


def reading(body: object) -> Reading:
    """Check `{"sensor": "soil", "value": 21.5}`. JSON's parser takes NaN and Infinity; this does not."""
    fields = as_object(body, 'a reading is given as {"sensor": "soil", "value": 21.5}')
    value = fields.get("value")
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not math.isfinite(value):
        raise ValueError(f"value must be a number, not {value!r}.")
    return Reading(sensor=entity_key(fields.get("sensor")), value=float(value))


def batch(body: object, station: object = None) -> Batch:
    """Check `{"readings": [...]}` for a station, which the body names where the caller does not."""
    fields = as_object(body, 'a batch is given as {"readings": [{"sensor": "soil", "value": 21.5}]}')
    readings = fields.get("readings")
    if not isinstance(readings, list) or not 0 < len(readings) <= MOST_READINGS:
        raise ValueError(f"readings must be a list of 1 to {MOST_READINGS} readings.")
    return Batch(
        station=entity_key(station or fields.get("station")), readings=[reading(each) for each in readings]
    )


def as_object(body: object, expected: str) -> dict[str, Any]:
    if not isinstance(body, dict):
        raise ValueError(f"That is not a JSON object: {expected}.")
    return body
