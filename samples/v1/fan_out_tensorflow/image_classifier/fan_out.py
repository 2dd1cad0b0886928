"""Share out work and add up results. Pure functions: orchestrators may call them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from itertools import pairwise
from typing import TypedDict, final


@final
class Classified(TypedDict):
    """An image, and what the network saw in it."""

    image: str
    label: str
    probability: float  # 0 to 1


@final
class Broken(TypedDict):
    """An image that could not be classified."""

    image: str
    reason: str


class Batch(TypedDict):
    """One activity's share of the work."""

    images: list[str]
    batch_size: int


class BatchResult(TypedDict):
    """What became of it, in the order of the images."""

    worker: str  # the process that did it
    images: list[Classified | Broken]


class Summary(TypedDict):
    """The orchestrator's output."""

    images: int
    activities: int
    workers: int  # processes that took part
    labels: dict[str, int]  # most frequent first
    results: list[Classified]
    failures: list[Broken]


def split_evenly(items: Sequence[str], parts: int) -> list[list[str]]:
    """Cut a sequence into `parts` runs whose lengths differ by one at most; none of it is lost.

    With fewer items than `parts` there are as many runs as items: no activity without work.

    >>> split_evenly("abcdefg", 3)
    [['a', 'b', 'c'], ['d', 'e'], ['f', 'g']]
    """
    if parts < 1:
        raise ValueError(f"parts must be at least 1, not {parts}")
    if not items:
        return []
    parts = min(parts, len(items))
    size, longer = divmod(len(items), parts)  # the first `longer` runs take one item more
    starts = [part * size + min(part, longer) for part in range(parts + 1)]
    return [list(items[start:end]) for start, end in pairwise(starts)]


def summarise(batches: Sequence[BatchResult]) -> Summary:
    """Add up what the activities returned, in the order in which the images were given."""
    results: list[Classified] = []
    failures: list[Broken] = []
    for batch in batches:
        for image in batch["images"]:
            if "reason" in image:
                failures.append(image)
            else:
                results.append(image)
    return Summary(
        images=len(results) + len(failures),
        activities=len(batches),
        workers=len({batch["worker"] for batch in batches}),
        labels=dict(Counter(image["label"] for image in results).most_common()),
        results=results,
        failures=failures,
    )
