"""JSON as people write it: a value on one line where it fits, else one part a line, and so on inside."""

from __future__ import annotations

import json
from typing import Any


def readable(value: Any, *, indent: int = 0, width: int = 120) -> str:
    """The text of a value whose first line is already indented by ``indent`` blanks."""
    line = _compact(value)
    if indent + len(line) <= width or not value or not isinstance(value, dict | list):
        return line
    blanks = " " * (indent + 2)
    if isinstance(value, dict):
        parts = [
            f"{_compact(str(key))}: {readable(part, indent=indent + 2, width=width)}" for key, part in value.items()
        ]
        return "{\n" + ",\n".join(blanks + part for part in parts) + "\n" + " " * indent + "}"
    parts = [readable(part, indent=indent + 2, width=width) for part in value]
    return "[\n" + ",\n".join(blanks + part for part in parts) + "\n" + " " * indent + "]"


def _compact(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=False)
    try:
        text.encode()
    except UnicodeEncodeError:  # half of a surrogate pair, which only an escape can hold
        return json.dumps(value)
    return text
