"""Identity comes from outside: the id source contract and its real version."""

from __future__ import annotations

import os
import uuid
from typing import Protocol

_VARIANT = {digit: "89ab"[int(digit, 16) % 4] for digit in "0123456789abcdef"}
"""RFC 9562, 5.4: two bits of a random digit say that the layout is the RFC's; a whole one, 4, how it was made."""


class IdSource(Protocol):
    """Where the host gets unique ids from."""

    def next(self) -> str:
        """A fresh id: 32 lower-case hex digits (``Guid.ToString("N")``, as the extension makes them)."""
        ...


class RandomIds:
    """Random ids, unique across hosts and restarts: the digits of a ``uuid.uuid4()``, at a tenth of its cost."""

    def __init__(self) -> None:
        self._random = ""
        self._used = 0

    def next(self) -> str:
        if self._used == len(self._random):
            self._random, self._used = os.urandom(16 * 256).hex(), 0  # asking the system costs more than the rest
        d = self._random[self._used : self._used + 32]
        self._used += 32
        return f"{d[:12]}4{d[13:16]}{_VARIANT[d[16]]}{d[17:]}"


def derived_id(execution_id: str, event_id: int) -> str:
    """The id of a request to an entity: the same for the same event of the same execution, unique otherwise.

    Spelled as a GUID with dashes, as the extension spells it.
    """
    return str(uuid.uuid5(uuid.NAMESPACE_OID, f"{execution_id}:{event_id}"))


def as_guid(hex_digits: str) -> str:
    """An id of 32 hex digits as a GUID with dashes, the spelling of invocation ids."""
    d = hex_digits
    return f"{d[:8]}-{d[8:12]}-{d[12:16]}-{d[16:20]}-{d[20:]}"  # ten times as fast as by way of uuid.UUID
