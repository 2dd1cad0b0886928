"""Whom messages are addressed to: each works in one task of its own, for as long as something waits for it."""

from __future__ import annotations

import asyncio
import logging
from abc import ABC, abstractmethod
from collections.abc import Callable

from funchost.clock import Clock
from funchost.dispatch.timers import Timers
from funchost.errors import StoreError
from funchost.model.messages import TaskMessage
from funchost.prompt import PromptTasks
from funchost.worker.contract import WorkerLost

log = logging.getLogger("funchost.dispatch")


class Addressees(ABC):
    """Instances or entities of a task hub. Never two tasks for one of them; different ones work in parallel.

    ``on_failure`` hears of a store that cannot be read any more: the host must stop.
    """

    def __init__(self, clock: Clock, on_failure: Callable[[StoreError], None]) -> None:
        self._clock = clock
        self._on_failure = on_failure
        self._arrived: dict[str, list[TaskMessage]] = {}
        self._running: set[str] = set()
        self._tasks = PromptTasks()
        self.timers: Timers[str] = Timers(clock, self.wake)

    def deliver(self, message: TaskMessage) -> None:
        """Hand over a message that is kept in the store, or will be before anything decided on it."""
        if message.visible_at is not None and message.visible_at > self._clock.now():
            self._put_off(message)
            self.timers.set(message.instance_id, message.visible_at)
            return
        self._arrived.setdefault(message.instance_id, []).append(message)
        self.wake(message.instance_id)

    def wake(self, instance_id: str) -> None:
        """Have one look at what waits for it."""
        if instance_id not in self._running:
            self._running.add(instance_id)
            self._tasks.start(self._run(instance_id))

    def forget(self, instance_id: str) -> None:
        """Drop what memory holds of one that was purged or is about to be replaced."""
        self._let_go(instance_id)
        self._arrived.pop(instance_id, None)
        self.timers.cancel(instance_id)

    def next_end(self) -> tuple[asyncio.Future[None], ...]:
        """Done when one of those that work now has come to rest; nothing where none works."""
        return self._tasks.next_end()

    @property
    def is_idle(self) -> bool:
        return not self._running

    async def stop(self) -> None:
        """Leave everything as of its last commit."""
        await self._tasks.stop()

    async def _run(self, instance_id: str) -> None:
        try:
            await self._work(instance_id)
        except WorkerLost:
            self._let_go(instance_id)  # the host is stopping; what waits is in the store for its next start
        except StoreError as error:
            self._let_go(instance_id)
            self._on_failure(error)
        except Exception:
            self._let_go(instance_id)
            log.exception("'%s' was left as of its last commit: its work broke the host", instance_id)
        finally:
            self._running.discard(instance_id)
        if self._arrived.get(instance_id):
            self.wake(instance_id)

    @abstractmethod
    async def _work(self, instance_id: str) -> None:
        """Work until nothing that waits for this one concerns it now. No await after the last look."""

    @abstractmethod
    def _let_go(self, instance_id: str) -> None:
        """Hold it in memory no more; it is found in the store when it is needed."""

    @abstractmethod
    def _put_off(self, message: TaskMessage) -> None:
        """A message that becomes visible later has been kept in the store."""
