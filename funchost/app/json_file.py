"""Reads an app's JSON files as Azure's tools do: comments and trailing commas are let pass. Host side."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

from funchost.errors import StartError

# A string as a whole (kept), or a comment (made blank, its line breaks kept so that line numbers stay right).
_STRING_OR_COMMENT = re.compile(r'"(?:\\.|[^"\\\n])*"|//[^\n]*|/\*.*?\*/', re.DOTALL)
_STRING_OR_TRAILING_COMMA = re.compile(r'"(?:\\.|[^"\\\n])*"|,(?=\s*[}\]])')


def read_object(path: Path) -> dict[str, Any]:
    """The JSON object in a file. Raises ``StartError`` with file, line and column where it is none."""
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise StartError(f"{path} cannot be read: {error}. Mend it and start again.") from error
    try:
        value = json.loads(_plain(text))
    except json.JSONDecodeError as error:
        raise StartError(
            f"{path}, line {error.lineno}, column {error.colno}: not valid JSON: {error.msg}. Mend it and start "
            "again."
        ) from error
    if not isinstance(value, dict):
        raise StartError(f"{path}, line 1: it must hold a JSON object, {{ … }}. Mend it and start again.")
    return value


def _plain(text: str) -> str:
    text = _STRING_OR_COMMENT.sub(lambda found: _blank(found[0]) if found[0][0] == "/" else found[0], text)
    return _STRING_OR_TRAILING_COMMA.sub(lambda found: " " if found[0] == "," else found[0], text)


def _blank(comment: str) -> str:
    return re.sub(r"[^\n]", " ", comment)
