"""Who runs in a race: the tasks given to ``task_any``, and which of them are timers."""

from __future__ import annotations

import ast
from dataclasses import dataclass

from funchost.lint.body import Body
from funchost.lint.tasks import method_of_context


@dataclass(frozen=True, slots=True)
class Race:
    """One call of ``task_any``. ``names``: racers that are variables, ``timers`` those of them that are timers."""

    call: ast.Call
    racers: ast.List | ast.Tuple
    list_name: str | None  # the variable that holds the list, if there is one
    names: frozenset[str]
    timers: tuple[str, ...]
    inline_timers: tuple[ast.expr, ...]
    size: int

    def holds(self, display: ast.AST) -> bool:
        return display is self.racers


def races_of(body: Body) -> list[Race]:
    """The races of a body whose racers can be seen, in the order of the text."""
    races = []
    for node in body.nodes:
        if not isinstance(node, ast.Call) or method_of_context(body, node) != "task_any":
            continue
        given = [*node.args, *(k.value for k in node.keywords if k.arg == "activities")]
        if len(given) == 1 and (race := _race(body, node, given[0])) is not None:
            races.append(race)
    return races


def _race(body: Body, call: ast.Call, given: ast.expr) -> Race | None:
    list_name = None
    if isinstance(given, ast.Name):
        list_name = given.id
        values = body.values(given)
        if not values or len(values) != 1:
            return None
        given = values[0]
    if not isinstance(given, (ast.List, ast.Tuple)):
        return None
    names = [element.id for element in given.elts if isinstance(element, ast.Name)]
    timers = [e.id for e in given.elts if isinstance(e, ast.Name) and _is_timer(body, e)]
    inline = [e for e in given.elts if method_of_context(body, e) == "create_timer"]
    only_timers = len(timers) + len(inline) == len(given.elts) == 1  # no race at all
    return Race(
        call=call,
        racers=given,
        list_name=list_name,
        names=frozenset(names),
        timers=() if only_timers else tuple(timers),
        inline_timers=() if list_name or only_timers else tuple(inline),
        size=len(given.elts),
    )


def _is_timer(body: Body, name: ast.Name) -> bool:
    """Whether a variable of this body holds nothing but timers that the body made."""
    values = body.values(name)
    return bool(values) and all(method_of_context(body, value) == "create_timer" for value in values or ())
