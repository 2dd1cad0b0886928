"""langgraph's functional API with its SQLite checkpointer, which keeps every step before the next begins."""

from __future__ import annotations

import sqlite3
import uuid
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from langgraph.checkpoint.sqlite import SqliteSaver
from langgraph.func import entrypoint, task

from benchmarks.contestants.contract import Contestant, Stopwatch, expect, first_result_of_a_new_process

CALLERS = 16


class LangGraph(Contestant):
    note = "in one process, SqliteSaver as it sets it up itself, durability 'sync'"

    def open(self) -> None:
        self._connection = sqlite3.connect(self.folder / "langgraph.sqlite", check_same_thread=False)
        saver = SqliteSaver(self._connection)
        saver.setup()
        self._graphs = _graphs(saver)

    def close(self) -> None:
        self._connection.close()

    def chain(self, length: int) -> float:
        with Stopwatch() as watch:
            expect(self._run("chain", length), length)
        return watch.seconds

    def chains(self, count: int, length: int) -> float:
        with Stopwatch() as watch, ThreadPoolExecutor(CALLERS) as callers:
            for result in callers.map(lambda _: self._run("chain", length), range(count)):
                expect(result, length)
        return watch.seconds

    def fan_out(self, width: int) -> float:
        with Stopwatch() as watch:
            expect(self._run("fan_out", width), width * (width + 1) // 2)
        return watch.seconds

    def payload(self, megabytes: int) -> float:
        text = "x" * (megabytes * 1_000_000)
        with Stopwatch() as watch:
            expect(self._run("carry", text), text)
        return watch.seconds

    def start_up(self, number: int) -> float:
        return first_result_of_a_new_process("langgraph", self.folder / f"start-{number}")

    def _run(self, name: str, value: object) -> object:
        return self._graphs[name].invoke(
            value, {"configurable": {"thread_id": uuid.uuid4().hex}}, durability="sync"
        )


def _graphs(saver: SqliteSaver) -> dict[str, Any]:
    @task
    def plus_one(number: int) -> int:
        return number + 1

    @task
    def echo(text: str) -> str:
        return text

    @entrypoint(checkpointer=saver)
    def chain(length: int) -> int:
        value = 0
        for _ in range(length):
            value = plus_one(value).result()
        return value

    @entrypoint(checkpointer=saver)
    def fan_out(width: int) -> int:
        return sum(future.result() for future in [plus_one(number) for number in range(width)])

    @entrypoint(checkpointer=saver)
    def carry(text: str) -> str:
        return str(echo(text).result())

    return {"chain": chain, "fan_out": fan_out, "carry": carry}
