"""Walks the ways through a function's statements with a set of states; a check says what changes a state."""

from __future__ import annotations

import ast
from abc import ABC, abstractmethod
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import TypeAlias

State: TypeAlias = tuple[tuple[str, str], ...]  # what is known of each thing, sorted by name
States: TypeAlias = frozenset[State]
_NOWHERE: States = frozenset()


@dataclass(slots=True)
class _Loop:
    """Where ``break`` and ``continue`` of the loop around lead."""

    broken: set[State] = field(default_factory=set)
    continued: set[State] = field(default_factory=set)


class Paths(ABC):
    """A walk. Ways that end in ``raise`` end quietly: the walk is about ways on which a function returns."""

    @abstractmethod
    def evaluate(self, node: ast.AST, state: State) -> State:
        """The state after a statement without a body, or after an expression."""

    @abstractmethod
    def assume(self, test: ast.expr, outcome: bool, state: State) -> State | None:
        """The state when a condition came out so; None where it cannot."""

    @abstractmethod
    def leave(self, state: State) -> None:
        """The function returns in this state."""

    def function(self, statements: list[ast.stmt]) -> None:
        for state in self._block(statements, frozenset({()}), _Loop()):
            self.leave(state)

    def _block(self, statements: list[ast.stmt], states: States, loop: _Loop) -> States:
        for statement in statements:
            if not states:
                break
            states = self._statement(statement, states, loop)
        return states

    def _all(self, node: ast.AST | None, states: States) -> States:
        return states if node is None else frozenset(self.evaluate(node, state) for state in states)

    def _when(self, test: ast.expr, outcome: bool, states: States) -> States:
        if isinstance(test, ast.Constant) and bool(test.value) is not outcome:
            return _NOWHERE
        assumed = (self.assume(test, outcome, state) for state in states)
        return frozenset(state for state in assumed if state is not None)

    def _statement(self, node: ast.stmt, states: States, loop: _Loop) -> States:
        match node:
            case ast.Return(value=value):
                for state in self._returned(value, states):
                    self.leave(state)
                return _NOWHERE
            case ast.Raise():
                return _NOWHERE
            case ast.Break():
                loop.broken |= states
                return _NOWHERE
            case ast.Continue():
                loop.continued |= states
                return _NOWHERE
            case ast.If(test=test, body=body, orelse=orelse):
                states = self._all(test, states)
                yes = self._block(body, self._when(test, True, states), loop)
                return yes | self._block(orelse, self._when(test, False, states), loop)
            case ast.While(test=test, body=body, orelse=orelse):
                return self._loop(test, None, body, orelse, states, loop)
            case ast.For(iter=iterated, body=body, orelse=orelse):
                return self._loop(None, node.target, body, orelse, self._all(iterated, states), loop)
            case ast.With(items=items, body=body):
                for item in items:
                    states = self._all(item, states)
                return self._block(body, states, loop)
            case ast.Try():
                return self._try(node, states, loop)
            case ast.Match(subject=subject, cases=cases):
                states = self._all(subject, states)
                after = self._each((case.body for case in cases), states, loop)
                last = cases[-1].pattern
                return after if isinstance(last, ast.MatchAs) and last.pattern is None else after | states
        if (handlers := getattr(node, "handlers", None)) is not None and not isinstance(node, ast.Try):
            return self._each((node.body, *(h.body for h in handlers)), states, loop)  # type: ignore[attr-defined]
        return self._all(node, states)

    def _returned(self, value: ast.expr | None, states: States) -> States:
        if isinstance(value, ast.IfExp):  # return x if first == timer else y
            states = self._all(value.test, states)
            return self._all(value.body, self._when(value.test, True, states)) | self._all(
                value.orelse, self._when(value.test, False, states)
            )
        return self._all(value, states)

    def _each(self, bodies: Iterable[list[ast.stmt]], states: States, loop: _Loop) -> States:
        return frozenset().union(*(self._block(body, states, loop) for body in bodies))

    def _loop(
        self,
        test: ast.expr | None,
        target: ast.expr | None,
        body: list[ast.stmt],
        orelse: list[ast.stmt],
        states: States,
        outer: _Loop,
    ) -> States:
        """Go round until no new state comes up; there are few."""
        inner = _Loop()
        seen: States = _NOWHERE
        while new := states - seen:
            seen |= new
            entered = self._all(test or target, new)
            entered = entered if test is None else self._when(test, True, entered)
            states = self._block(body, entered, inner) | frozenset(inner.continued)
        finished = seen if test is None else self._when(test, False, self._all(test, seen))
        return self._block(orelse, finished, outer) | frozenset(inner.broken)

    def _try(self, node: ast.Try, states: States, loop: _Loop) -> States:
        """A handler may start from any state between the statements of the body."""
        possible = set(states)
        after = states
        for statement in node.body:
            after = self._statement(statement, after, loop)
            possible |= after
        after = self._block(node.orelse, after, loop)
        handled = self._each((handler.body for handler in node.handlers), frozenset(possible), loop)
        return self._block(node.finalbody, after | handled, loop)
