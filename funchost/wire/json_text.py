"""Texts as JSON strings, long ones quickly.

The standard library looks at each character, which takes longer than anything else that is done with a large
payload. Most of it is plain ASCII, and looking for those characters one by one that must be spelled otherwise
takes a quarter of the time.
"""

from __future__ import annotations

from json.encoder import encode_basestring_ascii

SHORTEST_LONG_TEXT = 4096
"""Below, both ways take next to nothing."""

_SHORT_ESCAPES = {"\\": "\\\\", '"': '\\"', "\n": "\\n", "\r": "\\r", "\t": "\\t", "\b": "\\b", "\f": "\\f"}
_SELDOM = [chr(code) for code in (*range(32), 127) if chr(code) not in _SHORT_ESCAPES]
"""What is spelled as a number, besides all that is not ASCII."""


def quote(text: str) -> str:
    """The same as ``json.dumps(text)``. Raises TypeError for anything but a text."""
    if type(text) is not str or len(text) < SHORTEST_LONG_TEXT or not text.isascii():
        return encode_basestring_ascii(text)
    for character in _SELDOM:
        if character in text:
            return encode_basestring_ascii(text)
    for character, escape in _SHORT_ESCAPES.items():  # the backslash first, as it stands in the other escapes
        if character in text:
            text = text.replace(character, escape)
    return f'"{text}"'
