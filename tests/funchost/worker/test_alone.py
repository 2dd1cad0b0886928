"""A process apart: for what ran in a process that died, and may be why."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from pathlib import Path

import pytest

from funchost.worker.contract import Invocation, Succeeded, WorkerLost
from tests.funchost.worker.calls import appears, invocation, processes, text
from tests.funchost.worker.test_process import _files


def alone(name: str, trigger: str) -> Invocation:
    return replace(invocation(name, trigger), alone=True)


def test_what_runs_alone_dies_alone(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with processes() as (workers, _):
            neighbour = asyncio.ensure_future(workers.invoke(invocation("waits_for_file", _files(tmp_path, "n"))))
            await appears(tmp_path / "n")
            before = workers.process_ids
            with pytest.raises(WorkerLost, match="ended with exit code 7"):
                await workers.invoke(alone("ends_the_process", "7"))
            assert workers.process_ids == before
            (tmp_path / "wanted").touch()
            assert isinstance(await neighbour, Succeeded)

    asyncio.run(scenario())


def test_nothing_else_gets_into_a_process_apart(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with processes() as (workers, _):
            apart = asyncio.ensure_future(workers.invoke(alone("waits_for_file", _files(tmp_path, "a"))))
            other = int(await appears(tmp_path / "a"))
            assert other not in workers.process_ids
            assert await text(workers, "say_hello", '"you"') == '"Hello you!"'
            (tmp_path / "wanted").touch()
            assert isinstance(await apart, Succeeded)

    asyncio.run(scenario())


def test_many_that_run_alone_take_turns_and_all_finish() -> None:
    async def scenario() -> None:
        async with processes() as (workers, _):
            results = await asyncio.gather(*(workers.invoke(alone("sleeps", "0.01")) for _ in range(12)))
            assert all(isinstance(result, Succeeded) for result in results)

    asyncio.run(scenario())
