"""Puts lanes, their hosts' fates and the workload together."""

from __future__ import annotations

import asyncio
import contextlib
from pathlib import Path
from random import Random

from tests.crash.lane import HostEnded, Lane, Stuck
from tests.crash.points import fatal_kinds
from tests.crash.tally import Tally
from tests.crash.website import Website
from tests.crash.workload import Round

MOST_QUIET_ROUNDS = 5
"""Rounds in a row in which no host may be killed; each reaches every kind of point many times."""


async def run(folder: Path, *, points: int, seed: int, lanes: int = 2, quiet: bool = False) -> Tally:
    """Kill hosts and workers at ``points`` moments, on ``lanes`` hubs at a time; what came of it.

    Equal seeds give equal fates; what the operating system makes of them is its own affair.
    """
    tally = Tally(wanted=points, quiet=quiet)
    kinds = fatal_kinds(Random(seed))
    hubs = [Lane(folder / f"lane-{n}", Random(f"{seed}/{n}"), kinds, tally) for n in range(lanes)]
    with contextlib.closing(Website()) as website:
        await asyncio.gather(*(_run_lane(lane, tally, number, website) for number, lane in enumerate(hubs)))
    return tally


async def _run_lane(lane: Lane, tally: Tally, number: int, website: Website) -> None:
    keeping = asyncio.ensure_future(lane.keep_alive())
    working = asyncio.ensure_future(_work(lane, tally, number, website))
    await asyncio.wait({keeping, working}, return_when=asyncio.FIRST_COMPLETED)
    for task in (working, keeping):
        task.cancel()
    ended = await asyncio.gather(working, keeping, return_exceptions=True)
    for error in ended:
        if isinstance(error, Stuck | HostEnded):
            tally.wrong.append(f"lane {number} ended early: {error}\n{lane.log_tail()}")
        elif isinstance(error, Exception):
            raise error


async def _work(lane: Lane, tally: Tally, number: int, website: Website) -> None:
    """Rounds until there were points enough; the last one ends without kills. Raises Stuck where none come."""
    rounds = quiet_rounds = 0
    while rounds == 0 or not tally.is_enough:
        rounds += 1
        lives = lane.lives
        await Round(lane, tally, f"lane{number}-round{rounds}", website.url).run()
        quiet_rounds = 0 if lane.lives > lives else quiet_rounds + 1
        if quiet_rounds == MOST_QUIET_ROUNDS:
            raise Stuck(f"{quiet_rounds} rounds ended and no point came: is what it wraps still what runs?")
