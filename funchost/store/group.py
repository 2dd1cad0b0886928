"""A group of changes and readings, worked through in order on the writing connection.

What happens to a change that cannot be kept:

- It cannot be written down at all (a field of a wrong type; TypeError, ValueError): its caller alone is told,
  before it has met anybody else's change.
- It contradicts what is stored (an event at a sequence number that is taken): whoever decides changes has
  lost track of the hub, and what follows may build on the mistake. The changes before it are kept; it and
  all later ones are refused with a StoreError that names it.
- SQLite cannot write (disk full, read-only, I/O error): nothing of the transaction is kept, its changes and
  all later ones are refused with a StoreError that says what to do.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

from funchost.errors import StoreError
from funchost.prompt import PromptFuture
from funchost.store.base import Change
from funchost.store.changes import HubBusy, Plan, apply, describe, plan
from funchost.store.connection import wait_for_others
from funchost.store.failures import explain

_OWN_FAULT = (sqlite3.IntegrityError, sqlite3.InterfaceError, sqlite3.ProgrammingError, OverflowError)

Reading: TypeAlias = Callable[[sqlite3.Connection], Any]


@dataclass(slots=True, eq=False)
class Job:
    """A change to keep or a reading to make, and who waits for it."""

    work: Change | Reading
    future: PromptFuture[Any]


Outcome: TypeAlias = tuple[PromptFuture[Any], Any, BaseException | None]


class Groups:
    """Works through groups of jobs, one group at a time, on whichever thread it is told to.

    ``failure`` is why nothing is kept any more; ``flush_seconds`` is how long the last transaction's COMMIT took.
    """

    def __init__(self, connection: sqlite3.Connection, place: str) -> None:
        self._connection, self._place = connection, place
        self._is_patient = True
        self.failure: str | None = None
        self.flush_seconds = 0.0

    def work(self, jobs: Sequence[Job], *, patiently: bool = True) -> tuple[list[Outcome], bool]:
        """What became of each job, in order; and whether space in the file was freed.

        Raises HubBusy, with nothing done, where it is not to wait ``patiently`` for another program that writes in
        the file. Jobs for a file are changes only (``SqliteStore`` reads on another connection).
        """
        if patiently is not self._is_patient:
            wait_for_others(self._connection, patiently=patiently)
            self._is_patient = patiently
        try:
            return self._work(jobs)
        except HubBusy:
            raise
        except Exception as error:
            self.fail(error)
            return [(job.future, None, StoreError(self.failure)) for job in jobs], False

    def fail(self, error: BaseException) -> None:
        """Keep nothing any more, after an error nobody thought of."""
        self.failure = (
            f"Writing to the task hub in {self._place} ended with an error in funchost ({error!r}); please "
            "report it. Everything acknowledged is kept; start again: funchost start"
        )

    def _work(self, jobs: Sequence[Job]) -> tuple[list[Outcome], bool]:
        outcomes: list[Outcome] = []
        freed_space = False
        group: list[tuple[Job, Plan]] = []
        for job in jobs:
            if isinstance(job.work, Change):
                if self.failure is not None:
                    outcomes.append((job.future, None, StoreError(self.failure)))
                    continue
                try:
                    planned = plan(job.work)
                except Exception as error:
                    outcomes.append((job.future, None, error))
                    continue
                group.append((job, planned))
                freed_space |= planned.frees_space
            else:
                outcomes += self._commit(group)
                group = []
                outcomes.append(self._read(job.future, job.work))
        outcomes += self._commit(group)
        return outcomes, freed_space

    def _read(self, future: PromptFuture[Any], reading: Reading) -> Outcome:
        try:
            return future, reading(self._connection), None
        except Exception as error:
            return future, None, error

    def _commit(self, group: list[tuple[Job, Plan]]) -> list[Outcome]:
        """Keep a group in one transaction, and say of each change what became of it."""
        if not group:
            return []
        try:
            self.flush_seconds = apply(self._connection, [each for _, each in group])
        except _OWN_FAULT:
            return self._commit_singly(group)
        except Exception as error:
            if isinstance(error, HubBusy) and not self._is_patient:
                raise
            self.failure = str(explain(error, self._place))
            return [(job.future, None, StoreError(self.failure)) for job, _ in group]
        return [(job.future, None, None) for job, _ in group]

    def _commit_singly(self, group: list[tuple[Job, Plan]]) -> list[Outcome]:
        """Find the change that contradicts the hub: keep those before it, refuse it and those behind it."""
        outcomes: list[Outcome] = []
        for job, each in group:
            if self.failure is None:
                try:
                    apply(self._connection, [each])
                except Exception as error:
                    self.failure = self._contradiction(job, error)
            failed = None if self.failure is None else StoreError(self.failure)
            outcomes.append((job.future, None, failed))
        return outcomes

    def _contradiction(self, job: Job, error: Exception) -> str:
        if not isinstance(error, _OWN_FAULT):
            return str(explain(error, self._place))
        whom = describe(job.work) if isinstance(job.work, Change) else "?"
        return (
            f"A change of {whom} contradicts what the task hub in {self._place} has stored ({error}). It was "
            "not kept, everything acknowledged before is. This is an error in funchost; please report it. "
            "To go on from what is stored, start again: funchost start"
        )


def answer(outcomes: Sequence[Outcome]) -> None:
    """Tell those who wait."""
    for future, result, error in outcomes:
        if future.done():
            continue  # Its caller was cancelled; the change is kept all the same.
        if error is None:
            future.set_result(result)
        else:
            future.set_exception(error)
