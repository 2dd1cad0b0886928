"""A long text is spelled as the standard library spells it."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from funchost.wire.json_text import SHORTEST_LONG_TEXT, quote

PIECES = st.lists(st.text(max_size=20) | st.sampled_from([*map(chr, range(128)), "\\n", '\\"', "\\\\", "\ud800"]))


@given(PIECES, st.sampled_from(["", "x", "\\", '"', "é"]))
def test_every_text_is_spelled_as_json_dumps_does(pieces: list[str], filling: str) -> None:
    text = "".join(pieces)
    for whole in (text, text + filling * SHORTEST_LONG_TEXT, filling * SHORTEST_LONG_TEXT + text):
        assert quote(whole) == json.dumps(whole)


@pytest.mark.parametrize("code", range(130))
def test_every_single_character_in_a_long_text_is(code: int) -> None:
    text = "x" * SHORTEST_LONG_TEXT + chr(code)
    assert quote(text) == json.dumps(text)


@pytest.mark.parametrize("value", [None, 1, b"x" * SHORTEST_LONG_TEXT, ["x"] * SHORTEST_LONG_TEXT])
def test_what_is_no_text_is_refused(value: object) -> None:
    with pytest.raises(TypeError):
        quote(value)  # type: ignore[arg-type]
