"""What comes in from outside is checked."""

import pytest

from messages import MOST_READINGS, amount, batch, entity_key, reading


@pytest.mark.parametrize("key", ["a", "Greenhouse-2.north_side", "größe", "x" * 100])
def test_names_that_are_taken(key: str) -> None:
    assert entity_key(key) == key


@pytest.mark.parametrize("key", ["", "a/b", "a b", "a#b", "a?b", "a\n", "x" * 101, None, 7])
def test_names_that_are_refused(key: object) -> None:
    with pytest.raises(ValueError, match="1 to 100 letters"):
        entity_key(key)


@pytest.mark.parametrize("body", [{"amount": 0}, {"amount": -5}])
def test_zero_and_less_are_amounts(body: dict[str, int]) -> None:
    assert amount(body) == body


@pytest.mark.parametrize("body", [None, 5, {}, {"amount": "5"}, {"amount": 1.5}, {"amount": True}])
def test_an_amount_is_a_whole_number_in_an_object(body: object) -> None:
    with pytest.raises(ValueError, match="amount"):
        amount(body)


def test_a_reading_is_a_number_with_the_name_of_a_sensor() -> None:
    assert reading({"sensor": "soil", "value": 21}) == {"sensor": "soil", "value": 21.0}


@pytest.mark.parametrize("value", [None, "21", True, float("nan"), float("inf")])
def test_a_value_that_is_no_number_is_refused(value: object) -> None:
    with pytest.raises(ValueError, match="value must be a number"):
        reading({"sensor": "soil", "value": value})


def test_a_batch_is_for_the_station_of_the_caller_or_else_of_its_own() -> None:
    readings = [{"sensor": "soil", "value": 1.0}]

    assert batch({"station": "north", "readings": readings}) == {"station": "north", "readings": readings}
    assert batch({"station": "north", "readings": readings}, "south")["station"] == "south"


@pytest.mark.parametrize("count", [0, MOST_READINGS + 1])
def test_a_batch_has_at_least_one_reading_and_not_too_many(count: int) -> None:
    with pytest.raises(ValueError, match=f"1 to {MOST_READINGS} readings"):
        batch({"station": "north", "readings": [{"sensor": "soil", "value": 1.0}] * count})
