"""The requests in an app's README, run as they stand there, and their answers compared with those it shows."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import time

import pytest

needs_curl = pytest.mark.skipif(
    shutil.which("curl") is None or os.name == "nt", reason="the requests need sh and curl"
)


def answer_as_shown(readme: str, address: str, patience: float = 30) -> None:
    """Run every request of a README against the host at `address`; an AssertionError where an answer differs.

    Args:
        readme: The text of README.md.
        address: Takes the place of http://localhost:7071.
        patience: Seconds that a request which only looks may take to be answered as shown.
    """
    requests = requests_of(readme)
    assert len(requests) >= 2

    variables: dict[str, str] = {}
    for command, answer in requests:
        local = command.replace("http://localhost:7071", address)
        given = ask_until(local, answer.replace("http://localhost:7071", address), variables, patience)
        if found := re.search(r'"id": "(\w+)"', given):
            variables["id"] = found[1]  # "put the id of the answer into a variable"


def requests_of(readme: str) -> list[tuple[str, str]]:
    """Every block of curl commands in a README, with the answer below it ("" where none is shown)."""
    blocks = re.findall(r"^```(\w+)\n(.*?)^```$", readme, re.MULTILINE | re.DOTALL)
    following = [*blocks[1:], ("", "")]
    return [
        (text, after if kind in ("json", "text") else "")
        for (language, text), (kind, after) in zip(blocks, following, strict=True)
        if language == "sh" and text.startswith("curl")
    ]


def ask_until(command: str, answer: str, variables: dict[str, str], patience: float) -> str:
    """Run a command; one that only looks is run again until it answers as the README says."""
    pattern = pattern_of(answer)
    deadline = time.monotonic() + patience
    while True:
        result = subprocess.run(
            ["sh", "-c", command], env={**os.environ, **variables}, capture_output=True, text=True, check=True
        )
        given = "".join(result.stdout.split())
        if pattern.fullmatch(given):
            return result.stdout
        if "-X POST" in command or time.monotonic() > deadline:
            raise AssertionError(f"{command}answers\n{result.stdout}\nand not\n{answer}")
        time.sleep(0.2)


def pattern_of(answer: str) -> re.Pattern[str]:
    """An answer as a README shows it.

    White space may differ, and so may times, ids and hashes (`0cb1...`), the digits of probabilities, and `...`.
    """
    text = re.escape("".join(answer.split()))
    text = re.sub(r"\d{4}\\-\d\d\\-\d\dT[\d:.\\]+(Z|\\\+00:00)", r"[-\\dT:.]+\1", text)
    text = re.sub(r"(?<=\")[0-9a-f]{4}\\\.\\\.\\\.", ".*?", text)
    text = re.sub(r"(?<=/)[0-9a-f]{4}\\\.\\\.\\\.", ".*?", text)
    text = re.sub(r"(?<=\"probability\":)0\\\.\d+", r"0\\.\\d+", text)
    return re.compile(text.replace(r"\.\.\.", ".*?") if answer else ".*")
