"""Taking secrets out of the values of a saved history."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

Scrub = Callable[[Any, str | None], Any]
"""Called with a value and the key it stands under (None in a list): the value to keep, or None to leave it."""

_SCRUBBED = frozenset({"input", "result", "reason", "details", "input_text", "result_text"})


def scrubbed(content: dict[str, Any], scrub: Scrub) -> dict[str, Any]:
    """A golden history's content, or an export's, with every value of the app's own gone through ``scrub``.

    Names, ids, times and the order of things are left alone: replays compare those.
    """
    kept = {key: _walk(value, key, scrub) if _is_payload(key) else value for key, value in content.items()}
    for listed in ("events", "historyEvents", "history"):
        if isinstance(kept.get(listed), list):
            kept[listed] = [
                {key: _walk(value, key, scrub) if _is_payload(key) else value for key, value in event.items()}
                for event in kept[listed]
            ]
    return kept


def _is_payload(key: str) -> bool:
    return key.lower() in _SCRUBBED or key in ("output", "customStatus")


def _walk(value: Any, key: str | None, scrub: Scrub) -> Any:
    """A value from the outside in: what the hook leaves alone is looked into, JSON texts as well."""
    if value is None:
        return None
    instead = scrub(value, key)
    if instead is not None and instead is not value and instead != value:
        return instead
    if isinstance(value, dict):
        return {name: _walk(part, name, scrub) for name, part in value.items()}
    if isinstance(value, list):
        return [_walk(part, None, scrub) for part in value]
    if isinstance(value, str) and value.lstrip()[:1] in ("{", "[", '"'):
        return _inside(value, key, scrub)
    return value


def _inside(text: str, key: str | None, scrub: Scrub) -> str:
    """A text that holds JSON, as the SDK's client sends events and inputs: the same, scrubbed inside."""
    try:
        before = json.loads(text)
    except (ValueError, RecursionError):
        return text
    after = _walk(before, key, scrub)
    return text if after == before else json.dumps(after)
