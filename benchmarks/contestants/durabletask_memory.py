"""durabletask: the Durable Task SDK for Python with its in-memory backend. Nothing is durable."""

from __future__ import annotations

import json
import logging
import socket
import time
from collections.abc import Generator
from typing import Any

from durabletask import client, task, worker
from durabletask.entities import EntityContext, EntityInstanceId
from durabletask.testing import create_test_backend

from benchmarks.contestants.contract import Contestant, Stopwatch, expect, first_result_of_a_new_process

TIMEOUT_SECONDS = 600
Orchestrator = Generator[task.Task[Any], Any, Any]


def plus_one(_: task.ActivityContext, number: int) -> int:
    return number + 1


def echo(_: task.ActivityContext, text: str) -> str:
    return text


def chain(context: task.OrchestrationContext, length: int) -> Orchestrator:
    value = 0
    for _ in range(length):
        value = yield context.call_activity(plus_one, input=value)
    return value


def fan_out(context: task.OrchestrationContext, width: int) -> Orchestrator:
    values = yield task.when_all([context.call_activity(plus_one, input=number) for number in range(width)])
    return sum(values)


def wait_for_go(context: task.OrchestrationContext, _: object) -> Orchestrator:
    value = yield context.wait_for_external_event("Go")
    return value


def carry(context: task.OrchestrationContext, text: str) -> Orchestrator:
    echoed = yield context.call_activity(echo, input=text)
    return echoed


def counter(context: EntityContext, amount: int) -> int:
    total: int = context.get_state(int, 0) + amount
    context.set_state(total)
    return total


class DurableTask(Contestant):
    note = "client, worker and backend in one process, gRPC over loopback, in memory"

    def open(self) -> None:
        logging.disable(logging.WARNING)
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        self._backend = create_test_backend(port=port, max_history_size=1_000_000)
        self._worker = worker.TaskHubGrpcWorker(host_address=f"localhost:{port}")
        for activity in (plus_one, echo):
            self._worker.add_activity(activity)
        for orchestrator in (chain, fan_out, wait_for_go, carry):
            self._worker.add_orchestrator(orchestrator)
        self._worker.add_entity(counter)
        self._worker.start()
        self._client = client.TaskHubGrpcClient(host_address=f"localhost:{port}")

    def close(self) -> None:
        self._worker.stop()
        self._backend.stop()

    def chain(self, length: int) -> float:
        with Stopwatch() as watch:
            expect(self._result(self._start("chain", length)), length)
        return watch.seconds

    def chains(self, count: int, length: int) -> float:
        with Stopwatch() as watch:
            started = [self._start("chain", length) for _ in range(count)]
            for instance_id in started:
                expect(self._result(instance_id), length)
        return watch.seconds

    def fan_out(self, width: int) -> float:
        with Stopwatch() as watch:
            expect(self._result(self._start("fan_out", width)), width * (width + 1) // 2)
        return watch.seconds

    def events(self, count: int) -> float:
        with Stopwatch() as watch:
            started = [self._start("wait_for_go", None) for _ in range(count)]
            for number, instance_id in enumerate(started):
                self._client.raise_orchestration_event(instance_id, "Go", data=number)
            for number, instance_id in enumerate(started):
                expect(self._result(instance_id), number)
        return watch.seconds

    def signals(self, count: int, entities: int) -> float:
        ids = [EntityInstanceId("counter", f"{time.monotonic_ns()}-{n}") for n in range(entities)]
        with Stopwatch() as watch:
            for number in range(count):
                self._client.signal_entity(ids[number % entities], "add", input=1)
            for entity_id in ids:
                while self._total(entity_id) != count // entities:
                    time.sleep(0.005)
        return watch.seconds

    def payload(self, megabytes: int) -> float:
        text = "x" * (megabytes * 1_000_000)
        with Stopwatch() as watch:
            expect(self._result(self._start("carry", text)), text)
        return watch.seconds

    def start_up(self, number: int) -> float:
        return first_result_of_a_new_process("durabletask", self.folder / f"start-{number}")

    def _start(self, name: str, value: object) -> str:
        return str(self._client.schedule_new_orchestration(name, input=value))

    def _result(self, instance_id: str) -> object:
        state = self._client.wait_for_orchestration_completion(instance_id, timeout=TIMEOUT_SECONDS)
        assert state is not None
        expect(state.runtime_status.name, "COMPLETED")
        return json.loads(state.serialized_output)

    def _total(self, entity_id: EntityInstanceId) -> int:
        state = self._client.get_entity(entity_id)
        return 0 if state is None else int(state.get_state() or 0)
