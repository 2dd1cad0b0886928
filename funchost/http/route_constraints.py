"""Constraints of route parameters, ``{id:int:min(1)}``: which texts each lets through.

Source: ASP.NET Core, ``src/Http/Routing/src/Constraints`` and ``RouteOptions.cs``. A constraint looks at the
decoded text of a parameter and never changes it: route values stay strings.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TypeAlias

from funchost.http.datetimes import parse_lenient_time

Constraint: TypeAlias = Callable[[str], bool]

_INT32 = range(-(2**31), 2**31)
_INT64 = range(-(2**63), 2**63)
_INTEGER = re.compile(r"\s*[+-]?\d{1,30}\s*", re.ASCII)
_DECIMAL = re.compile(r"\s*[+-]?(\d[\d,]*(\.\d*)?|\.\d+)[+-]?\s*", re.ASCII)
_FLOAT = re.compile(
    r"\s*[+-]?((\d[\d,]*(\.\d*)?|\.\d+)([eE][+-]?\d+)?|infinity|∞|nan)\s*", re.ASCII | re.IGNORECASE
)
_HEX = "[0-9a-f]"
_DASHED = f"{_HEX}{{8}}-{_HEX}{{4}}-{_HEX}{{4}}-{_HEX}{{4}}-{_HEX}{{12}}"
_GUID = re.compile(rf"\s*({_HEX}{{32}}|{_DASHED}|\{{{_DASHED}\}}|\({_DASHED}\))\s*", re.ASCII | re.IGNORECASE)


class ConstraintError(ValueError):
    """A constraint that does not exist or cannot take its arguments; ``str()`` says which."""


def make_constraint(name: str, argument: str | None) -> Constraint:
    """The test for one constraint.

    Args:
        name: As in the template; letter case does not matter.
        argument: The text between its parentheses, or None where it has none.
    Raises:
        ConstraintError: Unknown name, or arguments that do not fit it.
    """
    key = name.lower()
    if key in _PLAIN and not argument:
        return _PLAIN[key]
    if argument is not None:
        if key == "regex":
            return _matches(argument)
        if key in _WITH_NUMBERS:
            numbers = [_number(part, name) for part in argument.split(",")]
            make, counts = _WITH_NUMBERS[key]
            if len(numbers) in counts:
                return make(*numbers)
    if key in _PLAIN or key in _WITH_NUMBERS or key == "regex":
        given = "no argument" if argument is None else f"the argument '{argument}'"
        raise ConstraintError(f"The route constraint '{name}' cannot take {given}.")
    known = ", ".join(sorted([*_PLAIN, *_WITH_NUMBERS, "regex"]))
    raise ConstraintError(f"The route constraint '{name}' does not exist. Known constraints: {known}.")


def _number(text: str, name: str) -> int:
    try:
        return int(text)
    except ValueError:
        raise ConstraintError(f"The route constraint '{name}' needs whole numbers, not '{text}'.") from None


def _integer_in(bounds: range) -> Constraint:
    def test(text: str) -> bool:
        return _INTEGER.fullmatch(text) is not None and int(text) in bounds

    return test


def _matches(pattern: str) -> Constraint:
    """.NET searches, ignoring case: a pattern without ``^`` and ``$`` may match anywhere."""
    try:
        compiled = re.compile(pattern, re.IGNORECASE)
    except (re.error, OverflowError) as problem:
        raise ConstraintError(f"The route constraint regex({pattern}) is not valid: {problem}.") from None
    return lambda text: compiled.search(text) is not None


def _length(low: int, high: int | None = None) -> Constraint:
    """``length(4)`` means exactly four, ``length(2,4)`` two to four."""
    return lambda text: low <= len(text) <= (low if high is None else high)


def _range(low: int, high: int) -> Constraint:
    is_long = _integer_in(_INT64)
    return lambda text: is_long(text) and low <= int(text) <= high


_PLAIN: dict[str, Constraint] = {
    "alpha": lambda text: re.fullmatch("[a-z]*", text, re.IGNORECASE | re.ASCII) is not None,
    "bool": lambda text: text.strip().lower() in ("true", "false"),
    "datetime": lambda text: parse_lenient_time(text) is not None,
    "decimal": lambda text: _DECIMAL.fullmatch(text) is not None,
    "double": lambda text: _FLOAT.fullmatch(text) is not None,
    "float": lambda text: _FLOAT.fullmatch(text) is not None,
    "guid": lambda text: _GUID.fullmatch(text) is not None,
    "int": _integer_in(_INT32),
    "long": _integer_in(_INT64),
    "required": lambda text: text != "",
}

_WITH_NUMBERS: dict[str, tuple[Callable[..., Constraint], tuple[int, ...]]] = {
    "length": (_length, (1, 2)),
    "min": (lambda low: _range(low, _INT64[-1]), (1,)),
    "max": (lambda high: _range(_INT64[0], high), (1,)),
    "minlength": (lambda low: lambda text: len(text) >= low, (1,)),
    "maxlength": (lambda high: lambda text: len(text) <= high, (1,)),
    "range": (_range, (2,)),
}
