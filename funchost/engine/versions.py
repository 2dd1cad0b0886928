"""Which orchestration instances an app may run, by their versions.

Source: ``extensions.durableTask`` of ``host.json``, ``defaultVersion``, ``versionMatchStrategy`` and
``versionFailureStrategy``; versions are compared as the Durable Task Framework compares them.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import Enum

_DOTTED = re.compile(r"\d+(\.\d+){1,3}", re.ASCII)


class VersionMatch(Enum):
    """Which versions fit the app's own."""

    NONE = "None"
    """Any."""
    STRICT = "Strict"
    """The same only."""
    CURRENT_OR_OLDER = "CurrentOrOlder"


class VersionFailure(Enum):
    """What becomes of an instance whose version does not fit."""

    REJECT = "Reject"
    """It is left as it is, for an app that may run it."""
    FAIL = "Fail"


@dataclass(frozen=True, slots=True, kw_only=True)
class VersionRule:
    """What an app of version ``app_version`` does with instances of other versions."""

    app_version: str = ""
    match: VersionMatch = VersionMatch.NONE
    failure: VersionFailure = VersionFailure.REJECT

    def refusal(self, version: str) -> str | None:
        """Why an instance of this version is not run; None where it is."""
        match self.match:
            case VersionMatch.NONE:
                return None
            case VersionMatch.STRICT if version == self.app_version:
                return None
            case VersionMatch.CURRENT_OR_OLDER if compare_versions(version, self.app_version) <= 0:
                return None
        return (
            f"The version '{version}' of this orchestration does not fit the version '{self.app_version}' of the "
            f"app (versionMatchStrategy {self.match.value} in host.json)."
        )


def compare_versions(one: str, other: str) -> int:
    """Below 0, 0 or above 0, as ``one`` is older than, as old as or newer than ``other``.

    No version is older than any. Two to four numbers with dots are compared number by number, where a number that
    is missing is older than 0; anything else as text, in any case.
    """
    if not one or not other:
        return bool(one) - bool(other)
    if _DOTTED.fullmatch(one) and _DOTTED.fullmatch(other):
        first, second = _numbers(one), _numbers(other)
        return (first > second) - (first < second)
    return (one.lower() > other.lower()) - (one.lower() < other.lower())


def _numbers(version: str) -> list[int]:
    given = [int(number) for number in version.split(".")]
    return given + [-1] * (4 - len(given))
