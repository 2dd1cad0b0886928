"""The SDK floor: what azure-functions-durable itself costs, called by a host that is free and always right.

Timed is only the call of the SDK with an episode's history as JSON text, the SDK unchanged. The history is what
any host must send: one episode a completion in a chain, and every episode replays the whole of it.
"""

from __future__ import annotations

import importlib.util
import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta, timezone
from time import perf_counter
from typing import Any

from benchmarks.contestants.contract import REPOSITORY, Contestant, Stopwatch, expect
from funchost.model.history import (
    ExecutionStarted,
    HistoryEvent,
    OrchestratorCompleted,
    OrchestratorStarted,
    TaskCompleted,
    TaskScheduled,
)
from funchost.wire.out_of_proc import decode_reply, encode_context, encode_event

APP = REPOSITORY / "benchmarks" / "app" / "function_app.py"
BATCH = 50
"""Completions an episode of a fan-out takes in."""


class SdkFloor(Contestant):
    note = "no host, no storage: the SDK's answer to each episode's history, in one process"

    def open(self) -> None:
        spec = importlib.util.spec_from_file_location("function_app", APP)
        assert spec is not None
        assert spec.loader is not None
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        self._functions: dict[str, Callable[[str], str]] = {
            function.get_function_name(): function.get_user_function() for function in module.app.get_functions()
        }

    def chain(self, length: int, number: int = 0, every: int = 1) -> float:
        """Where ``every`` is 5, every fifth episode is run and counted five times.

        The first is number ``number`` (modulo ``every``), so that rounds with successive numbers run them all.
        """
        seconds = 0.0
        for episode, history in enumerate(_chain_histories(length)):
            if episode % every == number % every:
                seconds += every * self._episode("chain", length, history, is_last=episode == length)
        return seconds

    def chains(self, count: int, length: int) -> float:
        return sum(self.chain(length) for _ in range(count))

    def fan_out(self, width: int) -> float:
        histories = list(_fan_out_histories(width))
        return sum(
            self._episode("fan_out", width, history, is_last=history is histories[-1]) for history in histories
        )

    def start_up(self, number: int) -> float:
        """Importing the SDK twice: once in one process and once in another."""
        with Stopwatch() as watch:
            for _ in range(2):
                subprocess.run([sys.executable, "-c", "import azure.durable_functions"], check=True)
        return watch.seconds

    def _episode(self, name: str, value: int, history: list[str], *, is_last: bool) -> float:
        text = encode_context(
            instance_id="i", parent_instance_id=None, input_text=str(value), encoded_history=history
        )
        began = perf_counter()
        answer = self._functions[name](text)
        seconds = perf_counter() - began
        expect(decode_reply(answer).is_done, is_last)
        return seconds


class _Recorder:
    """A history as the SDK reads it, an event a millisecond."""

    def __init__(self, name: str, value: int) -> None:
        self.texts: list[str] = []
        self._at = datetime(2026, 1, 1, tzinfo=timezone.utc)
        self._begin()
        self._add(ExecutionStarted, name=name, version="", input=str(value), instance_id="i", execution_id="e")

    def schedule(self, *event_ids: int) -> None:
        for event_id in event_ids:
            self._add(TaskScheduled, event_id=event_id, name="plus_one", input=None)
        self._add(OrchestratorCompleted)
        self._begin()

    def complete(self, *event_ids: int) -> None:
        for event_id in event_ids:
            self._add(TaskCompleted, task_scheduled_id=event_id, result=str(event_id + 1))

    def end_episode(self) -> None:
        self._add(OrchestratorCompleted)
        self._begin()

    def _begin(self) -> None:
        self._add(OrchestratorStarted)

    def _add(self, kind: Callable[..., HistoryEvent], **fields: Any) -> None:
        self._at += timedelta(milliseconds=1)
        self.texts.append(encode_event(kind(timestamp=self._at, **fields)))


def _chain_histories(length: int) -> Iterator[list[str]]:
    recorder = _Recorder("chain", length)
    yield recorder.texts
    for number in range(length):
        recorder.schedule(number)
        recorder.complete(number)
        yield recorder.texts


def _fan_out_histories(width: int) -> Iterator[list[str]]:
    recorder = _Recorder("fan_out", width)
    yield list(recorder.texts)
    recorder.schedule(*range(width))
    for first in range(0, width, BATCH):
        if first:
            recorder.end_episode()
        recorder.complete(*range(first, min(first + BATCH, width)))
        yield list(recorder.texts)
