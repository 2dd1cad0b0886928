"""A post office in a file: postcards.txt has a line for every postcard that was sent.

python postcards.py            how many were sent from each city
"""

import time
from collections import Counter
from pathlib import Path
from typing import Any

SENT = Path(__file__).parent / "postcards.txt"


def send(card: dict[str, Any]) -> None:
    """Send a postcard: `card["city"]` says from where. What is sent is sent, whatever happens next."""
    with SENT.open("a", encoding="utf-8") as file:
        file.write(f"{card['city']}\n")
    time.sleep(1)  # until the post office confirms it


if __name__ == "__main__":
    sent = Counter(line.split()[-1] for line in SENT.read_text(encoding="utf-8").splitlines())
    for city, count in sent.items():
        print(f"{city}: {count}")
