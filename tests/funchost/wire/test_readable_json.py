"""JSON that fits on lines."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from funchost.wire.readable_json import readable

values: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=4), inner, max_size=4),
)


def test_what_fits_stays_on_one_line_and_the_rest_is_broken_from_the_outside() -> None:
    value = {"name": "ship", "input": {"items": ["pen", "paper"], "to": "Ada"}, "id": 1}
    assert readable(value) == json.dumps(value)
    assert readable(value, width=52) == (
        '{\n  "name": "ship",\n  "input": {"items": ["pen", "paper"], "to": "Ada"},\n  "id": 1\n}'
    )
    assert readable([1, [2, 3]], indent=2, width=6) == "[\n    1,\n    [\n      2,\n      3\n    ]\n  ]"


def test_letters_are_written_as_they_are_and_what_utf8_cannot_hold_is_escaped() -> None:
    assert readable("Zoë") == '"Zoë"'
    assert readable("\ud800") == '"\\ud800"'


@given(values, st.integers(1, 60))
def test_it_reads_back_as_it_was(value: Any, width: int) -> None:
    assert json.loads(readable(value, width=width)) == value
