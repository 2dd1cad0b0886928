"""A timer of the first programming model, which runs at every start."""

import os
from pathlib import Path

import azure.durable_functions as df
import azure.functions as func

from .. import warmup


async def main(timer: func.TimerRequest, starter: str) -> None:
    client = df.DurableOrchestrationClient(starter)
    found = await client.get_status_all()
    following = timer.schedule_status["Next"]
    mark = f"warm={warmup.warm} past_due={timer.past_due} next={following} instances={len(found)}\n"
    Path(os.environ["MARKS"]).write_text(mark, encoding="utf-8")  # noqa: ASYNC240  (a few bytes)
