"""Ids are what ``uuid.uuid4()`` would give."""

from __future__ import annotations

import uuid

from funchost.ids import RandomIds, as_guid


def test_ids_are_random_uuids_and_never_twice_the_same() -> None:
    ids = RandomIds()
    made = [ids.next() for _ in range(2000)]
    assert len(set(made)) == 2000
    for text in made:
        parsed = uuid.UUID(text)
        assert (parsed.version, parsed.variant) == (4, uuid.RFC_4122)
        assert (text, as_guid(text)) == (parsed.hex, str(parsed))
