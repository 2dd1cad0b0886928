"""The one thread that writes: changes are handed over in order and share transactions (group commit).

A transaction costs one disk flush however many changes it holds, so everything that is waiting when the
thread looks goes into the next one. Order is never changed: a change is in the same transaction as the one
handed over before it, or in a later one.

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

import asyncio
import contextlib
import queue
import sqlite3
import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeAlias

from funchost.errors import StoreError
from funchost.prompt import PromptFuture
from funchost.store.base import Change
from funchost.store.changes import Plan, apply, describe, plan
from funchost.store.failures import explain
from funchost.store.upkeep import Upkeep

# How long a change that is not urgent waits for company, and how many changes may share a transaction: enough
# to make the flush cheap, few enough that nobody waits long for the rest.
PATIENCE_S = 0.005
MAX_GROUP = 500

_OWN_FAULT = (sqlite3.IntegrityError, sqlite3.InterfaceError, sqlite3.ProgrammingError, OverflowError)

Reading: TypeAlias = Callable[[sqlite3.Connection], Any]


@dataclass(slots=True, eq=False)
class _Job:
    work: Change | Reading
    future: PromptFuture[Any]


_Outcome: TypeAlias = tuple[PromptFuture[Any], Any, BaseException | None]


class Writer:
    """Owns the writing connection from ``start`` to ``stop``. All methods are called on one event loop.

    ``connect`` and ``disconnect`` run on the thread; the latter is not called where ``connect`` raises.
    """

    def __init__(
        self,
        place: str,
        connect: Callable[[], tuple[sqlite3.Connection, Upkeep]],
        disconnect: Callable[[], None],
    ) -> None:
        self._place, self._connect, self._disconnect = place, connect, disconnect
        self._loop = asyncio.get_running_loop()
        self._started: PromptFuture[None] = PromptFuture(self._loop)
        self._stopped: asyncio.Future[None] = self._loop.create_future()
        self._stopping = False
        # Changes that wait for company stay on the event loop, which has the timer for them.
        self._patient: list[_Job] = []
        self._patience: asyncio.TimerHandle | None = None
        # Handed over one batch at a time, since waking the thread is dear; None tells it to end.
        self._jobs: queue.SimpleQueue[list[_Job] | None] = queue.SimpleQueue()
        # The thread's own: what it has in hand, and why it keeps nothing any more.
        self._taken: list[_Job] = []
        self._failure: str | None = None
        # A daemon: a host that ends without closing the hub is a crash, which the file survives.
        self._thread = threading.Thread(target=self._run, name=f"task hub {place}", daemon=True)

    async def start(self) -> None:
        """Connect. Raises what ``connect`` raised; the thread has ended then."""
        self._thread.start()
        await asyncio.shield(self._started)

    def submit(self, work: Change | Reading, *, urgent: bool) -> PromptFuture[Any]:
        """Hand over a change, or a function to call with the connection after all changes before it.

        Raises StoreError once the writer was told to stop.
        """
        if self._stopping:
            raise StoreError(self._closed_text())
        job = _Job(work, PromptFuture(self._loop))
        if not urgent and not self._patient:
            self._patience = self._loop.call_later(PATIENCE_S, self._hand_over_patient)
        self._patient.append(job)
        if urgent:
            self._hand_over_patient()
        return job.future

    async def stop(self) -> None:
        """Finish what was handed over, then disconnect. May be called again."""
        if not self._stopping:
            self._stopping = True
            self._hand_over_patient()
            self._jobs.put(None)
        await asyncio.shield(self._stopped)

    def _hand_over_patient(self) -> None:
        if self._patience is not None:
            self._patience.cancel()
            self._patience = None
        if self._patient:
            self._jobs.put(self._patient)
            self._patient = []

    def _ended(self) -> None:
        """The thread has ended. Nobody waits for ever, even after an error nobody thought of."""
        self._stopping = True
        self._hand_over_patient()
        left = self._taken
        while not self._jobs.empty():
            left.extend(self._jobs.get_nowait() or ())
        _answer([(job.future, None, StoreError(self._closed_text())) for job in left])
        self._stopped.set_result(None)

    def _closed_text(self) -> str:
        return self._failure or f"The task hub in {self._place} is closed. Start again: funchost start"

    # -- On the thread --------------------------------------------------------------------------------------

    def _run(self) -> None:
        try:
            connection, upkeep = self._connect()
        except BaseException as error:
            self._call_loop(_answer, [(self._started, None, error)])
            self._call_loop(self._ended)
            return
        self._call_loop(_answer, [(self._started, None, None)])
        try:
            self._work(connection, upkeep)
        except BaseException as error:
            self._failure = (
                f"Writing to the task hub in {self._place} ended with an error in funchost ({error!r}); please "
                "report it. Everything acknowledged is kept; start again: funchost start"
            )
        finally:
            with contextlib.suppress(sqlite3.Error):
                connection.close()
            self._disconnect()
            self._call_loop(self._ended)

    def _work(self, connection: sqlite3.Connection, upkeep: Upkeep) -> None:
        stopping = False
        while not stopping:
            while upkeep.has_work and self._jobs.empty():
                upkeep.step()
            stopping = self._take()
            outcomes: list[_Outcome] = []
            freed_space = False
            group: list[tuple[_Job, Plan]] = []
            for job in self._taken:
                if isinstance(job.work, Change):
                    if self._failure is not None:
                        outcomes.append((job.future, None, StoreError(self._failure)))
                        continue
                    try:
                        planned = plan(job.work)
                    except Exception as error:
                        outcomes.append((job.future, None, error))
                        continue
                    group.append((job, planned))
                    freed_space |= planned.frees_space
                else:
                    outcomes += self._commit(connection, group)
                    group = []
                    outcomes.append(_read(connection, job))
            outcomes += self._commit(connection, group)
            self._call_loop(_answer, outcomes)
            upkeep.after_commit(freed_space=freed_space)

    def _take(self) -> bool:
        """Wait for work and take all there is, in order; True once told to end."""
        jobs = self._jobs.get()
        self._taken = taken = []
        while jobs is not None:
            taken.extend(jobs)
            if len(taken) >= MAX_GROUP or self._jobs.empty():
                return False
            jobs = self._jobs.get_nowait()
        return True

    def _commit(self, connection: sqlite3.Connection, group: list[tuple[_Job, Plan]]) -> list[_Outcome]:
        """Keep a group in one transaction, and say of each change what became of it."""
        if not group:
            return []
        try:
            apply(connection, [each for _, each in group])
        except _OWN_FAULT:
            return self._commit_singly(connection, group)
        except Exception as error:
            self._failure = str(explain(error, self._place))
            return [(job.future, None, StoreError(self._failure)) for job, _ in group]
        return [(job.future, None, None) for job, _ in group]

    def _commit_singly(self, connection: sqlite3.Connection, group: list[tuple[_Job, Plan]]) -> list[_Outcome]:
        """Find the change that contradicts the hub: keep those before it, refuse it and those behind it."""
        outcomes: list[_Outcome] = []
        for job, each in group:
            if self._failure is None:
                try:
                    apply(connection, [each])
                except Exception as error:
                    self._failure = self._contradiction(job, error)
            failed = None if self._failure is None else StoreError(self._failure)
            outcomes.append((job.future, None, failed))
        return outcomes

    def _contradiction(self, job: _Job, error: Exception) -> str:
        if not isinstance(error, _OWN_FAULT):
            return str(explain(error, self._place))
        whom = describe(job.work) if isinstance(job.work, Change) else "?"
        return (
            f"A change of {whom} contradicts what the task hub in {self._place} has stored ({error}). It was "
            "not kept, everything acknowledged before is. This is an error in funchost; please report it. "
            "To go on from what is stored, start again: funchost start"
        )

    def _call_loop(self, call: Callable[..., None], *arguments: Any) -> None:
        """Answers go to the event loop all at once: waking it is dear beside a small commit."""
        with contextlib.suppress(RuntimeError):  # The loop is closed: nobody is waiting any more.
            self._loop.call_soon_threadsafe(call, *arguments)


def _read(connection: sqlite3.Connection, job: _Job) -> _Outcome:
    assert not isinstance(job.work, Change)
    try:
        return (job.future, job.work(connection), None)
    except Exception as error:
        return (job.future, None, error)


def _answer(outcomes: list[_Outcome]) -> None:
    for future, result, error in outcomes:
        if future.done():
            continue  # Its caller was cancelled; the change is kept all the same.
        if error is None:
            future.set_result(result)
        else:
            future.set_exception(error)
