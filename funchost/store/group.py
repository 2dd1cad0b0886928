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
from collections.abc import Callable, Sequence, Set
from dataclasses import dataclass
from itertools import groupby
from typing import Any, TypeAlias

from funchost.errors import StoreError
from funchost.prompt import PromptFuture
from funchost.store.base import Change
from funchost.store.changes import HubBusy, Plan, describe, flush, passing_messages, plan, write
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


@dataclass(slots=True)
class Written:
    """A group in an open transaction that waits for its COMMIT, each change with why it is not in it, or None."""

    group: Sequence[tuple[Job, BaseException | None]]
    frees_space: bool

    @property
    def jobs(self) -> list[Job]:
        return [job for job, _ in self.group]


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
        outcomes: list[Outcome] = []
        frees_space = False
        for reads, some in groupby(jobs, key=_reads):
            if reads:
                outcomes += map(self._read, some)
                continue
            written = self.write(list(some), patiently=patiently)
            if isinstance(written, Written):
                frees_space |= written.frees_space
                written = self.flush(written)
            outcomes += written
        return outcomes, frees_space

    def write(self, jobs: Sequence[Job], *, patiently: bool) -> Written | list[Outcome]:
        """Do everything for a group of changes but the COMMIT; what became of them where there is none to do.

        ``flush`` must come next. Raises HubBusy as ``work`` does.
        """
        try:
            if patiently is not self._is_patient:
                wait_for_others(self._connection, patiently=patiently)
                self._is_patient = patiently
            return self._write(jobs)
        except HubBusy:
            raise
        except Exception as error:
            self.fail(error)
            return [(job.future, None, StoreError(self.failure)) for job in jobs]

    def flush(self, written: Written) -> list[Outcome]:
        """End the transaction, and say of each change what became of it."""
        try:
            self.flush_seconds = flush(self._connection)
        except sqlite3.Error as error:
            self.failure = str(explain(error, self._place))
        except Exception as error:
            self.fail(error)
        failed = None if self.failure is None else StoreError(self.failure)
        return [(job.future, None, fault or failed) for job, fault in written.group]

    def fail(self, error: BaseException) -> None:
        """Keep nothing any more, after an error nobody thought of."""
        self.failure = (
            f"Writing to the task hub in {self._place} ended with an error in funchost ({error!r}); please "
            "report it. Everything acknowledged is kept; start again: funchost start"
        )

    def _write(self, jobs: Sequence[Job]) -> Written | list[Outcome]:
        if self.failure is not None:
            return [(job.future, None, StoreError(self.failure)) for job in jobs]
        planned = _plan([job.work for job in jobs if isinstance(job.work, Change)])
        plans = [each for each in planned if isinstance(each, Plan)]
        group = [(job, None if isinstance(each, Plan) else each) for job, each in zip(jobs, planned, strict=True)]
        if not plans:
            return [(job.future, None, fault) for job, fault in group]
        try:
            write(self._connection, plans)
        except _OWN_FAULT:
            return self._write_singly(group)
        except sqlite3.Error as error:
            if isinstance(error, HubBusy) and not self._is_patient:
                raise
            self.failure = str(explain(error, self._place))
            return [(job.future, None, fault or StoreError(self.failure)) for job, fault in group]
        return Written(group, any(each.frees_space for each in plans))

    def _write_singly(self, group: Sequence[tuple[Job, BaseException | None]]) -> list[Outcome]:
        """Find the change that contradicts the hub: keep those before it, refuse it and those behind it."""
        outcomes: list[Outcome] = []
        for job, fault in group:
            if fault is None and self.failure is None and isinstance(job.work, Change):
                try:
                    write(self._connection, [plan(job.work)])
                    flush(self._connection)
                except Exception as error:
                    self.failure = self._contradiction(job, error)
            failed = None if self.failure is None else StoreError(self.failure)
            outcomes.append((job.future, None, fault or failed))
        return outcomes

    def _read(self, job: Job) -> Outcome:
        assert not isinstance(job.work, Change)
        try:
            return job.future, job.work(self._connection), None
        except Exception as error:
            return job.future, None, error

    def _contradiction(self, job: Job, error: Exception) -> str:
        if not isinstance(error, _OWN_FAULT):
            return str(explain(error, self._place))
        whom = describe(job.work) if isinstance(job.work, Change) else "?"
        return (
            f"A change of {whom} contradicts what the task hub in {self._place} has stored ({error}). It was "
            "not kept, everything acknowledged before is. This is an error in funchost; please report it. "
            "To go on from what is stored, start again: funchost start"
        )


def _plan(changes: Sequence[Change]) -> list[Plan | Exception]:
    """The plan of each change, or why it cannot be stored; the others are then kept without it."""
    passing = passing_messages(changes)
    planned = [_plan_one(change, passing) for change in changes]
    if passing and any(isinstance(each, Exception) for each in planned):
        # A message is not passing if the change that takes it away is not kept.
        planned = [_plan_one(change, frozenset()) for change in changes]
    return planned


def _plan_one(change: Change, passing: Set[int]) -> Plan | Exception:
    try:
        return plan(change, passing)
    except Exception as error:
        return error


def _reads(job: Job) -> bool:
    return not isinstance(job.work, Change)


def answer(outcomes: Sequence[Outcome]) -> None:
    """Tell those who wait."""
    for future, result, error in outcomes:
        if future.done():
            continue  # Its caller was cancelled; the change is kept all the same.
        if error is None:
            future.set_result(result)
        else:
            future.set_exception(error)
