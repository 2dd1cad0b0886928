"""dbos on SQLite, as it sets it up itself."""

from __future__ import annotations

import asyncio
import importlib.util
import sys
from typing import Any

if importlib.util.find_spec("pysqlite3"):  # dbos asks for SQLite 3.42, which the system's may be older than
    import pysqlite3

    sys.modules["sqlite3"] = pysqlite3

from dbos import DBOS

from benchmarks.contestants.contract import Contestant, Stopwatch, expect, first_result_of_a_new_process


class Dbos(Contestant):
    note = "workflows and client in one process, its own settings of SQLite"

    def open(self) -> None:
        DBOS(
            config={
                "name": "bench",
                "system_database_url": f"sqlite:///{self.folder / 'dbos.sqlite'}",
                "log_level": "CRITICAL",
                "console_log_level": "CRITICAL",
                "enable_otlp": False,
                "run_admin_server": False,
            }
        )
        _define(self)
        DBOS.launch()

    def close(self) -> None:
        DBOS.destroy()

    def chain(self, length: int) -> float:
        with Stopwatch() as watch:
            expect(DBOS.start_workflow(self.chain_, length).get_result(), length)
        return watch.seconds

    def chains(self, count: int, length: int) -> float:
        with Stopwatch() as watch:
            started = [DBOS.start_workflow(self.chain_, length) for _ in range(count)]
            for handle in started:
                expect(handle.get_result(), length)
        return watch.seconds

    def fan_out(self, width: int) -> float:
        async def run() -> object:
            handle = await DBOS.start_workflow_async(self.fan_out_, width)
            return await handle.get_result()

        with Stopwatch() as watch:
            expect(asyncio.run(run()), width * (width + 1) // 2)
        return watch.seconds

    def payload(self, megabytes: int) -> float:
        text = "x" * (megabytes * 1_000_000)
        with Stopwatch() as watch:
            expect(DBOS.start_workflow(self.carry_, text).get_result(), text)
        return watch.seconds

    def start_up(self, number: int) -> float:
        return first_result_of_a_new_process("dbos", self.folder / f"start-{number}")

    chain_: Any
    fan_out_: Any
    carry_: Any


def _define(into: Dbos) -> None:
    """dbos registers what is decorated once an instance of it exists."""

    @DBOS.step()
    def plus_one(number: int) -> int:
        return number + 1

    @DBOS.step()
    async def plus_one_async(number: int) -> int:
        return number + 1

    @DBOS.step()
    def echo(text: str) -> str:
        return text

    @DBOS.workflow()
    def chain(length: int) -> int:
        value = 0
        for _ in range(length):
            value = plus_one(value)
        return value

    @DBOS.workflow()
    async def fan_out(width: int) -> int:
        return sum(await asyncio.gather(*[plus_one_async(number) for number in range(width)]))

    @DBOS.workflow()
    def carry(text: str) -> str:
        return str(echo(text))

    into.chain_, into.fan_out_, into.carry_ = chain, fan_out, carry
