"""Races: a timer that came second in ``task_any`` has to be cancelled on every way out (DF006).

The body is walked as Python would run it, with what is known of each racing timer. Both branches of a condition
are taken, unless it compares the winner with one of the racers. What the walk cannot see counts as cancelled.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from funchost.lint.body import Body
from funchost.lint.finding import Finding
from funchost.lint.paths import Paths, State
from funchost.lint.racers import Race, races_of
from funchost.lint.tasks import method_of_context


def check_races(body: Body) -> Iterator[Finding]:
    """DF006."""
    if isinstance(body.function.node, ast.Lambda) or body.function.is_async:
        return
    races = races_of(body)
    for race in races:
        for timer in race.inline_timers:
            yield body.finding(
                "DF006",
                timer,
                f"this timer races in orchestrator '{body.orchestrator}', and cannot be cancelled when it "
                f"loses: keep it "
                "in a variable, and call its cancel()",
            )
    if not any(race.timers for race in races):
        return
    walk = _Walk(body, races)
    walk.function(body.function.node.body)
    for name, call in sorted(walk.left_open.items()):
        yield body.finding(
            "DF006",
            call,
            f"timer '{name}' may lose this race in orchestrator '{body.orchestrator}', and is not "
            f"cancelled on every way "
            f"out, so the instance stays Running until it fires: call {name}.cancel()",
        )


class _Walk(Paths):
    """States map a timer's name to what is known: ``raced``, ``lost``; no entry means there is nothing to do."""

    def __init__(self, body: Body, races: list[Race]) -> None:
        self._body = body
        self._races = {id(race.call): race for race in races}
        self._last: dict[str, Race] = {}  # timer: the race that it was in last
        self._timers = {timer for race in races for timer in race.timers}
        self._lists = {race.list_name for race in races if race.list_name}
        self.left_open: dict[str, ast.expr] = {}

    def leave(self, state: State) -> None:
        for timer in dict(state):
            self.left_open.setdefault(timer, self._last[timer].call)

    def evaluate(self, node: ast.AST, state: State) -> State:
        """What a statement's own expressions do to the timers, in the order of the text."""
        known = dict(state)
        for inner in self._inside(node):
            match inner:
                case ast.Call(func=ast.Attribute(value=receiver, attr="cancel")):
                    if isinstance(receiver, ast.Name) and receiver.id in self._timers:
                        known.pop(receiver.id, None)
                    else:
                        known.clear()  # an element of a list, or what another name stands for
                case ast.Yield(value=ast.expr() as value):
                    self._yielded(value, known)
                case ast.Name(id=name, ctx=ast.Load()) if name in known and self._escapes(inner):
                    known.pop(name)
                case ast.Name(id=name, ctx=ast.Load()) if name in self._lists and self._escapes(inner):
                    known.clear()
                case ast.Name(id=name, ctx=ast.Store()) if name in known:
                    self.left_open.setdefault(name, self._last[name].call)  # a new timer takes its place
                    known.pop(name)
        return tuple(sorted(known.items()))

    def assume(self, test: ast.expr, outcome: bool, state: State) -> State | None:
        """What holds after a condition; None where it cannot come out that way."""
        known = dict(state)
        for timer, won in self._said(test, outcome):
            if timer not in known:
                continue
            if won is True:
                known.pop(timer)
            elif known[timer] == "raced":
                known[timer] = "lost"
        return tuple(sorted(known.items()))

    # -- Details --------------------------------------------------------------------------------------------

    def _inside(self, node: ast.AST) -> list[ast.AST]:
        """Inner nodes, those of values before those of targets, children before a ``yield`` around them."""
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Lambda)):
            return [n for n in ast.walk(node) if isinstance(n, ast.Name)]
        children = list(ast.iter_child_nodes(node))
        if isinstance(node, (ast.Assign, ast.AnnAssign, ast.AugAssign)):
            children.sort(key=lambda child: isinstance(getattr(child, "ctx", None), ast.Store))
        found = [inner for child in children for inner in self._inside(child)]
        return [*found, node]

    def _yielded(self, value: ast.expr, known: dict[str, str]) -> None:
        if isinstance(value, ast.Name) and value.id in self._timers:
            known.pop(value.id, None)
            return
        race = self._races.get(id(self._race_call(value)))
        if race is not None:
            for timer in race.timers:
                known[timer] = "raced"
                self._last[timer] = race

    def _race_call(self, value: ast.expr) -> ast.expr:
        if isinstance(value, ast.Name):
            values = self._body.values(value)
            if values and len(values) == 1:
                return values[0]
        return value

    def _escapes(self, name: ast.Name) -> bool:
        """Whether a timer is handed to somebody else, who may cancel it."""
        parent = self._body.parent(name)
        match parent:
            case ast.Compare() | ast.Attribute() | ast.BoolOp() | ast.UnaryOp() | ast.Subscript():
                return False
            case ast.List() | ast.Tuple():
                outer = self._body.parent(parent)
                if isinstance(outer, ast.Compare):
                    return False
                return not any(race.holds(parent) for race in self._races.values())
            case ast.Call():
                return method_of_context(self._body, parent) not in ("task_any", "task_all")
            case ast.Yield():
                return False
        return True

    def _said(self, test: ast.expr, outcome: bool) -> Iterator[tuple[str, bool]]:
        """Which timers a condition decides on: name, and whether it won."""
        match test:
            case ast.UnaryOp(op=ast.Not(), operand=operand):
                yield from self._said(operand, not outcome)
            case ast.BoolOp(op=op, values=values):
                if isinstance(op, ast.And) is outcome:  # all of them came out this way
                    for value in values:
                        yield from self._said(value, outcome)
            case ast.NamedExpr(value=value):
                yield from self._said(value, outcome)
            case ast.Attribute(value=ast.Name(id=name), attr="is_completed") if name in self._timers:
                yield name, outcome
            case ast.Attribute(value=ast.Name(id=name), attr="is_completed"):
                yield from self._racer_decided(name, None, outcome)
            case ast.Compare(left=left, ops=[op], comparators=[right]):
                yield from self._compared(left, op, right, outcome)
            case ast.Name():
                meant = self._body.values(test)
                if meant and len(meant) == 1 and isinstance(meant[0], (ast.Compare, ast.UnaryOp, ast.BoolOp)):
                    yield from self._said(meant[0], outcome)

    def _compared(
        self, left: ast.expr, op: ast.cmpop, right: ast.expr, outcome: bool
    ) -> Iterator[tuple[str, bool]]:
        if isinstance(op, (ast.NotEq, ast.IsNot, ast.NotIn)):
            outcome = not outcome
        elif not isinstance(op, (ast.Eq, ast.Is, ast.In)):
            return
        if isinstance(op, (ast.In, ast.NotIn)) and isinstance(right, (ast.List, ast.Tuple, ast.Set)):
            names = {e.id for e in right.elts if isinstance(e, ast.Name)}
            for timer, race in self._last.items():
                if timer not in names and (outcome or race.size == len(names & race.names) + 1):
                    yield timer, not outcome  # one of the others won, or none of them did
            return
        for side, other in ((left, right), (right, left)):
            if isinstance(side, ast.Name) and not isinstance(other, ast.Constant):
                if side.id in self._timers:
                    yield side.id, outcome
                else:
                    yield from self._racer_decided(side.id, other, outcome)

    def _racer_decided(self, racer: str, winner: ast.expr | None, outcome: bool) -> Iterator[tuple[str, bool]]:
        """Another racer won, so the timers lost; it lost, and with one timer beside it that one won."""
        for timer, race in self._last.items():
            if racer not in race.names or racer == timer:
                continue
            if outcome:
                yield timer, False
            elif race.size == 2:
                yield timer, True
