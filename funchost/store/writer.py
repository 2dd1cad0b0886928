"""When and where changes are written: in order, in shared transactions (group commit), by one at a time.

A transaction costs one disk flush however many changes it holds, so whatever a turn of the event loop decides goes
into one, and what is decided while one is being written goes into the next. Order is never changed: a change is in
the same transaction as the one handed over before it, or in a later one.

Waking another thread and being woken by it costs more than a small transaction on a quick disk, so such a one is
written right here, on the event loop. Where many changes come together there is other work to do as well, and a
thread waits for the disk meanwhile; so it does where flushes are slow. What comes until then is the next group.
The thread also takes what is large, and what comes while another program holds the file. So the loop never waits
for long.
"""

from __future__ import annotations

import asyncio
import contextlib
import queue
import sqlite3
import threading
from collections.abc import Callable
from typing import Any

from funchost.errors import StoreError
from funchost.prompt import Ending, PromptFuture, Turn, at_end_of_turn
from funchost.store.base import Change
from funchost.store.changes import HubBusy
from funchost.store.group import Groups, Job, Outcome, Reading, Written, answer
from funchost.store.upkeep import Upkeep

# How long a change that is not urgent waits for company, and how many changes may share a transaction: enough
# to make the flush cheap, few enough that nobody waits long for the rest.
PATIENCE_S = 0.005
MAX_GROUP = 500

MAX_GROUP_ON_LOOP = 200
"""Changes that are written on the event loop at a time."""
MAX_GROUP_TO_FLUSH_ON_LOOP = 8
"""Changes up to which the event loop waits for the disk itself."""
QUICK_FLUSH_S = 0.004
"""Flushes that take longer, on average over the last few, are left to the thread."""


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
        # What waits for the end of this turn, or for company.
        self._waiting: list[Job] = []
        self._is_due = False
        self._patience: asyncio.TimerHandle | None = None
        # Handed over one batch at a time, since waking the thread is dear; None tells it to end.
        self._batches: queue.SimpleQueue[list[Job] | Written | None] = queue.SimpleQueue()
        self._unanswered_batches = 0
        self._is_flushing = False
        # Whoever has the lock has the connection, and what belongs to it.
        self._lock = threading.Lock()
        self._connection: sqlite3.Connection | None = None
        self._groups: Groups | None = None
        self._upkeep: Upkeep | None = None
        self._flush_seconds = 0.0
        # The thread's own: what it has in hand.
        self._taken: list[Job] = []
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
        job = Job(work, PromptFuture(self._loop))
        self._waiting.append(job)
        if urgent:
            if not self._is_due:
                self._is_due = True
                at_end_of_turn(self._loop, Ending.KEEP, self._go)
        elif self._patience is None:
            self._patience = self._loop.call_later(PATIENCE_S, self._lose_patience)
        return job.future

    async def stop(self) -> None:
        """Finish what was handed over, then disconnect. May be called again."""
        if not self._stopping:
            self._stopping = True
            self._hand_over()
            self._batches.put(None)
        await asyncio.shield(self._stopped)

    # -- On the event loop ----------------------------------------------------------------------------------

    def _lose_patience(self) -> None:
        self._patience = None
        self._go()

    def _go(self) -> None:
        """Write what waits, here or on the thread; while the thread flushes, later."""
        if self._is_flushing:
            self._is_due = True
            return
        self._is_due = False
        if not self._waiting:
            return
        # A batch that the thread has not answered comes first; its lock is also taken for upkeep.
        if (
            len(self._waiting) > MAX_GROUP_ON_LOOP
            or self._unanswered_batches
            or not self._lock.acquire(blocking=False)
        ):
            self._hand_over()
            return
        try:
            outcomes = self._write_here()
        except HubBusy:
            self._hand_over()
            return
        finally:
            self._lock.release()
        if outcomes is not None:
            with Turn(self._loop):
                answer(outcomes)

    def _write_here(self) -> list[Outcome] | None:
        """What became of everything that waits; None where the thread is to flush it. Raises HubBusy."""
        if self._connection is None or self._groups is None or self._upkeep is None:
            raise HubBusy("not connected yet, or no more")
        jobs = self._waiting
        if self._upkeep.is_of_memory:
            outcomes, _ = self._groups.work(jobs)
            self._waiting = []
            return outcomes
        written = self._groups.write(jobs, patiently=False)
        self._waiting = []
        if not isinstance(written, Written):
            return written
        if len(jobs) > MAX_GROUP_TO_FLUSH_ON_LOOP or self._flush_seconds >= QUICK_FLUSH_S:
            self._is_flushing = True
            self._batches.put(written)  # before the lock is released, so that no upkeep comes between
            return None
        outcomes = self._groups.flush(written)
        self._note_flush(self._groups.flush_seconds)
        self._upkeep.note_commit(freed_space=written.frees_space)
        if self._upkeep.has_work:
            self._batches.put([])  # upkeep may take long, so it is the thread's
        return outcomes

    def _hand_over(self) -> None:
        if self._waiting:
            self._unanswered_batches += 1
            self._batches.put(self._waiting)
            self._waiting = []

    def _note_flush(self, seconds: float) -> None:
        """One slow flush, as when SQLite moves its log, is no slow disk."""
        self._flush_seconds += (min(seconds, 2 * QUICK_FLUSH_S) - self._flush_seconds) / 10

    def _answer_batches(self, count: int, outcomes: list[Outcome], flush_seconds: float) -> None:
        self._unanswered_batches -= count
        self._note_flush(flush_seconds)
        with Turn(self._loop):
            answer(outcomes)

    def _answer_flushed(self, outcomes: list[Outcome], flush_seconds: float) -> None:
        self._is_flushing = False
        self._note_flush(flush_seconds)
        with Turn(self._loop):
            if self._is_due:
                at_end_of_turn(self._loop, Ending.KEEP, self._go)
            answer(outcomes)

    def _ended(self) -> None:
        """The thread has ended. Nobody waits for ever, even after an error nobody thought of."""
        self._stopping = True
        self._hand_over()
        left = self._taken
        while not self._batches.empty():
            batch = self._batches.get_nowait() or []
            left.extend(batch.jobs if isinstance(batch, Written) else batch)
        answer([(job.future, None, StoreError(self._closed_text())) for job in left])
        self._stopped.set_result(None)

    def _closed_text(self) -> str:
        failure = self._groups.failure if self._groups is not None else None
        return failure or f"The task hub in {self._place} is closed. Start again: funchost start"

    # -- On the thread --------------------------------------------------------------------------------------

    def _run(self) -> None:
        try:
            self._connection, self._upkeep = self._connect()
        except BaseException as error:
            self._call_loop(answer, [(self._started, None, error)])
            self._call_loop(self._ended)
            return
        groups = self._groups = Groups(self._connection, self._place)
        self._call_loop(answer, [(self._started, None, None)])
        try:
            self._work(groups, self._upkeep)
        except BaseException as error:
            groups.fail(error)
        finally:
            with self._lock, contextlib.suppress(sqlite3.Error):
                connection, self._connection = self._connection, None
                connection.close()
            self._disconnect()
            self._call_loop(self._ended)

    def _work(self, groups: Groups, upkeep: Upkeep) -> None:
        stopping = False
        while not stopping:
            while upkeep.has_work and self._batches.empty():
                with self._lock:
                    if self._batches.empty():  # else it may be in the middle of a transaction
                        upkeep.step()
            batch = self._batches.get()
            if batch is None:
                return
            if isinstance(batch, Written):
                self._taken = batch.jobs
                with self._lock:
                    outcomes = groups.flush(batch)
                    upkeep.note_commit(freed_space=batch.frees_space)
                # With the lock given back, so that the loop can write at once.
                self._call_loop(self._answer_flushed, outcomes, groups.flush_seconds)
            elif batch:
                stopping, count = self._take(batch)
                with self._lock:
                    outcomes, freed_space = groups.work(self._taken)
                    # Answered at once, in one call: waking the event loop is dear beside a small transaction.
                    self._call_loop(self._answer_batches, count, outcomes, groups.flush_seconds)
                    upkeep.after_commit(freed_space=freed_space)

    def _take(self, first: list[Job]) -> tuple[bool, int]:
        """Take all there is, in order: whether it was told to end, and how many batches."""
        self._taken = taken = list(first)
        count = 1
        while len(taken) < MAX_GROUP and not self._batches.empty():
            batch = self._batches.get_nowait()
            if batch is None:
                return True, count
            assert not isinstance(batch, Written)  # nothing is written on the loop before this is answered
            taken.extend(batch)
            count += bool(batch)
        return False, count

    def _call_loop(self, call: Callable[..., None], *arguments: Any) -> None:
        with contextlib.suppress(RuntimeError):  # The loop is closed: nobody is waiting any more.
            self._loop.call_soon_threadsafe(call, *arguments)
