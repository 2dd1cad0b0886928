"""``@record``: a value object that nobody changes, at the cost of one that may be changed.

A frozen dataclass takes two to four times as long to make as any other, and a step of an orchestration makes some
thirty. So it is the type checker that sees to it that a record stays as it was made; at run time it is a dataclass
with slots, a hash, and keywords only. Standard library only: worker processes import it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from typing_extensions import dataclass_transform
else:  # in ``typing`` from Python 3.11 on

    def dataclass_transform(**_: Any) -> Any:
        return lambda decorator: decorator


ClassT = TypeVar("ClassT")


@dataclass_transform(kw_only_default=True, frozen_default=True, field_specifiers=(field,))
def record(cls: type[ClassT]) -> type[ClassT]:
    """Make a class of annotated fields a record; ``dataclasses.replace``, ``fields`` and ``field`` work on it."""
    return dataclass(slots=True, kw_only=True, unsafe_hash=True)(cls)
