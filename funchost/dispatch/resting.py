"""A task hub that no host runs: it answers questions, and what it is told waits for the next host."""

from __future__ import annotations

from collections.abc import Callable

from funchost.app.index import AppIndex, Binding, FunctionInfo
from funchost.clock import Clock
from funchost.dispatch.functions import FunctionTable
from funchost.dispatch.invoker import Invoker
from funchost.dispatch.settings import HubSettings
from funchost.dispatch.taskhub import TaskHub
from funchost.errors import StoreError
from funchost.ids import IdSource
from funchost.model.messages import ActivityTask, TaskMessage
from funchost.store.base import Store
from funchost.worker.contract import Invocation, InvocationResult


class RestingHub(TaskHub):
    """Everything a ``TaskHub`` answers and keeps, with nothing run.

    Which orchestrators the app has is not known without its code, so ``start_orchestration`` takes any name. One
    that is not there fails at the next start, with a text that lists those that are; ``func durable start-new``
    does the same.
    """

    def __init__(
        self,
        name: str,
        *,
        store: Store,
        clock: Clock,
        ids: IdSource,
        settings: HubSettings,
        on_failure: Callable[[StoreError], None],
    ) -> None:
        super().__init__(
            name,
            store=store,
            invoker=Invoker(_NoWorkers(), ids, on_invocation=lambda event: None, function_timeout=None),
            index=_index(),
            clock=clock,
            ids=ids,
            settings=settings,
            call_http=_no_http,
            on_failure=on_failure,
        )
        self._functions = _AnyOrchestrator(_index())

    async def open(self, *, run_timers: bool = False) -> list[str]:
        """Go on with the hub's ids, and with nothing else."""
        await self._outbox.open()
        return []

    def _deliver(self, message: TaskMessage) -> None:
        """It is in the store, where the next host finds it."""

    def _run_task(self, task: ActivityTask) -> None:
        """It is in the store, where the next host finds it."""


class _NoWorkers:
    """Stands where workers would be; nothing that rests asks for them."""

    async def start(self) -> AppIndex:
        return _index()

    async def invoke(self, invocation: Invocation) -> InvocationResult:
        raise RuntimeError("a resting hub runs no functions")

    async def abandon(self, invocation_id: str) -> None:
        return

    async def stop(self) -> None:
        return


async def _no_http(request: str) -> str:
    raise RuntimeError("a resting hub calls nobody")


def _index() -> AppIndex:
    return AppIndex(programming_model="v2", python_version="", functions=())


class _AnyOrchestrator(FunctionTable):
    """Has every orchestrator that is asked for, and no other function."""

    def find(self, kind: str, name: str) -> FunctionInfo:
        if kind != "orchestrator":
            return super().find(kind, name)
        trigger = Binding(name="context", type="orchestrationTrigger", direction="in")
        return FunctionInfo(
            name=name, trigger=trigger, bindings=(trigger,), script_file="", entry_point=name, directory=""
        )
