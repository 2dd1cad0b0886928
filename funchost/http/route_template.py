"""Route templates of ASP.NET Core: ``orders/{id:int}/{*rest}``, read once and matched against path segments.

A segment is a literal, a parameter, or a mix of both (``{name}.{extension?}``). Literals ignore case. Optional
parameters and a catch-all stand last. ``{{`` and ``}}`` are literal braces.

Source: ASP.NET Core, ``src/Http/Routing/src/Patterns/RoutePatternParser.cs`` and ``RoutePatternMatcher.cs``.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias

from funchost.http.route_constraints import Constraint, ConstraintError, make_constraint


class RouteTemplateError(ValueError):
    """A template that cannot be a route; ``str()`` quotes it and says why."""

    def __init__(self, template: str, reason: str) -> None:
        super().__init__(template, reason)
        self.template, self.reason = template, reason

    def __str__(self) -> str:
        return f"The route template '{self.template}' is not valid: {self.reason}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Parameter:
    """One ``{...}`` of a template."""

    name: str
    default: str | None = None
    is_optional: bool = False
    is_catch_all: bool = False
    constraints: tuple[Constraint, ...] = ()


Part: TypeAlias = str | Parameter
Segment: TypeAlias = tuple[Part, ...]


@dataclass(frozen=True, slots=True)
class RouteTemplate:
    """A template ready to match. ``text`` is what the user wrote."""

    text: str
    segments: tuple[Segment, ...]

    def match(self, path: Sequence[str]) -> dict[str, str] | None:
        """The route values when this template matches, else None.

        Args:
            path: Decoded segments of the request path, without empty ones at either end.
        """
        values: dict[str, str] = {}
        for index, segment in enumerate(self.segments):
            first = segment[0]
            if isinstance(first, Parameter) and first.is_catch_all:
                rest = "/".join(path[index:])
                if not _bind(first, rest or first.default, values):
                    return None
                return values
            if index >= len(path):
                if not _bind_absent(segment, values):
                    return None
            elif not _match_segment(segment, path[index], values):
                return None
        return values if len(path) <= len(self.segments) else None


def _bind(parameter: Parameter, text: str | None, values: dict[str, str]) -> bool:
    """Take a value for a parameter; an absent one (None) binds nothing and passes every constraint."""
    if text is None:
        return True
    if not all(allows(text) for allows in parameter.constraints):
        return False
    values[parameter.name] = text
    return True


def _bind_absent(segment: Segment, values: dict[str, str]) -> bool:
    """Whether a segment may be missing from the path: it is one parameter, optional or with a default."""
    only = segment[0]
    if len(segment) > 1 or not isinstance(only, Parameter):
        return False
    return (only.is_optional or only.default is not None) and _bind(only, only.default, values)


def _match_segment(segment: Segment, text: str, values: dict[str, str]) -> bool:
    first = segment[0]
    if len(segment) == 1:
        if isinstance(first, str):
            return first.lower() == text.lower()
        return text != "" and _bind(first, text, values)
    last = segment[-1]
    if _match_mixed(segment, text, values):
        return True
    if isinstance(last, Parameter) and last.is_optional:
        # The period before an optional last part goes with it: {name}.{extension?} matches "report".
        return _match_segment(segment[:-2], text, values)
    return False


def _match_mixed(segment: Segment, text: str, values: dict[str, str]) -> bool:
    """Literals bind from the right, so the parameter before a literal takes as much as it can."""
    pattern = "".join(re.escape(part) if isinstance(part, str) else "(.+)" for part in segment)
    found = re.fullmatch(pattern, text, re.IGNORECASE | re.DOTALL)
    if found is None:
        return False
    parameters = [part for part in segment if isinstance(part, Parameter)]
    taken: dict[str, str] = {}
    for parameter, value in zip(parameters, found.groups(), strict=True):
        if not _bind(parameter, value, taken):
            return False
    values |= taken
    return True


# -- Reading ------------------------------------------------------------------------------------------------

_PIECE = re.compile(r"\{\{|\}\}|[^{}]|(?P<open>\{)|(?P<close>\})")
_PARAMETER = re.compile(r"(?P<star>\*{0,2})(?P<name>[^*?:={}/]+)(?P<rest>.*)", re.DOTALL)


def parse_template(text: str) -> RouteTemplate:
    """Read a template. Raises RouteTemplateError."""
    body = text[1:] if text.startswith("/") else text
    body = body[1:] if body.startswith("~/") else body
    body = body.rstrip("/")
    segments = tuple(_parse_segment(text, part) for part in _split_segments(body)) if body else ()
    _check_order(text, segments)
    return RouteTemplate(text, segments)


def _split_segments(body: str) -> list[str]:
    """Split at slashes outside braces: a regex constraint may hold slashes."""
    parts, depth, start = [], 0, 0
    for index, character in enumerate(body):
        if character == "{":
            depth += 1
        elif character == "}":
            depth -= 1
        elif character == "/" and depth <= 0:
            parts.append(body[start:index])
            start = index + 1
    return [*parts, body[start:]]


def _parse_segment(template: str, text: str) -> Segment:
    if text == "":
        raise RouteTemplateError(template, "two slashes stand together.")
    parts: list[Part] = []
    literal, position = "", 0
    while position < len(text):
        piece = _PIECE.match(text, position)
        assert piece is not None  # every character is one of the alternatives
        if piece["close"]:
            raise RouteTemplateError(template, "a closing brace has no opening one.")
        if not piece["open"]:
            literal += piece[0][0]
            position = piece.end()
            continue
        end = _closing_brace(template, text, position)
        if literal:
            parts.append(literal)
            literal = ""
        elif parts:
            raise RouteTemplateError(template, "two parameters stand side by side; put a literal between.")
        parts.append(_parse_parameter(template, text[position + 1 : end]))
        position = end + 1
    if literal:
        parts.append(literal)
    return tuple(parts)


def _closing_brace(template: str, text: str, start: int) -> int:
    """Where the parameter that opens at ``start`` ends; doubled braces inside belong to a constraint."""
    position = start + 1
    while position < len(text):
        if text[position : position + 2] in ("{{", "}}"):
            position += 2
        elif text[position] == "}":
            return position
        else:
            position += 1
    raise RouteTemplateError(template, "an opening brace has no closing one.")


def _parse_parameter(template: str, content: str) -> Parameter:
    content = content.replace("{{", "\0").replace("}}", "\1")
    found = _PARAMETER.fullmatch(content)
    if found is None:
        raise RouteTemplateError(template, "a parameter has no name.")
    name, rest = found["name"], found["rest"]
    constraints: list[Constraint] = []
    while rest.startswith(":"):
        constraint, rest = _take_constraint(rest[1:])
        spelled = constraint.replace("\0", "{").replace("\1", "}")
        word, bracket, argument = spelled.partition("(")
        try:
            constraints.append(make_constraint(word.strip(), argument[:-1] if bracket else None))
        except ConstraintError as problem:
            raise RouteTemplateError(template, str(problem)) from None
    default = rest[1:] if rest.startswith("=") else None
    if default is None and rest not in ("", "?"):
        raise RouteTemplateError(template, f"'{rest}' after the parameter '{name}' means nothing.")
    if default is not None and default.endswith("?"):
        raise RouteTemplateError(template, f"the parameter '{name}' has a default and is optional as well.")
    is_catch_all, is_optional = found["star"] != "", rest == "?"
    if is_catch_all and is_optional:
        raise RouteTemplateError(template, f"the catch-all parameter '{name}' cannot be optional.")
    return Parameter(
        name=name,
        default=default,
        is_optional=is_optional,
        is_catch_all=is_catch_all,
        constraints=tuple(constraints),
    )


def _take_constraint(text: str) -> tuple[str, str]:
    """Split off one constraint; brackets keep colons, equals and question marks of its argument together."""
    word = re.match(r"[^(:=?]*", text)
    assert word is not None  # it may match nothing
    if not text[word.end() :].startswith("("):
        return text[: word.end()], text[word.end() :]
    # The argument ends at the last bracket that the template's own syntax can follow.
    ends = [m.end() for m in re.finditer(r"\)(?=$|:|=|\?$)", text)]
    balanced = [end for end in ends if text.count("(", 0, end) <= text.count(")", 0, end)]
    end = (balanced or ends or [len(text)])[0]
    return text[:end], text[end:]


def _check_order(template: str, segments: Sequence[Segment]) -> None:
    seen: set[str] = set()
    for index, segment in enumerate(segments):
        is_last = index == len(segments) - 1
        for place, part in enumerate(segment):
            if isinstance(part, str):
                continue
            if part.name.lower() in seen:
                raise RouteTemplateError(template, f"the parameter '{part.name}' stands there twice.")
            seen.add(part.name.lower())
            if part.is_catch_all and (not is_last or len(segment) > 1):
                raise RouteTemplateError(template, f"the catch-all '{part.name}' must be the last segment.")
            if part.is_optional and len(segment) > 1 and not _ends_with_period(segment, place):
                raise RouteTemplateError(
                    template, f"the optional parameter '{part.name}' must follow a period at the segment's end."
                )


def _ends_with_period(segment: Segment, place: int) -> bool:
    return place == len(segment) - 1 and place > 0 and segment[place - 1] == "."
