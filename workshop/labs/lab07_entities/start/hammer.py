"""A hundred visitors in ten threads, each adding one to the same counter; then what the counter says.

python hammer.py http://localhost:7071 visits
"""

import sys
import time
from concurrent.futures import ThreadPoolExecutor

import httpx

VISITORS = 100


def settled(client: httpx.Client, url: str) -> int:
    """The counter's value, once it has been the same for a second: signals take a moment to arrive."""
    value, since = -1, time.monotonic()
    while time.monotonic() < since + 1:
        now = client.get(url).raise_for_status().json()["value"]
        if now != value:
            value, since = now, time.monotonic()
        time.sleep(0.05)
    return value


def main() -> None:
    url = f"{sys.argv[1]}/api/counters/{sys.argv[2]}"
    with httpx.Client(timeout=60) as client, ThreadPoolExecutor(10) as visitors:
        before = settled(client, url)
        for answer in visitors.map(lambda _: client.post(f"{url}/add"), range(VISITORS)):
            answer.raise_for_status()
        counted = settled(client, url) - before
    print(f"{VISITORS} visitors came, and the counter has counted {counted} of them.")


if __name__ == "__main__":
    main()
