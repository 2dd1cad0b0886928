"""The two apps on hosts of their own, for every file of this folder."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import pytest

from funchost.testing import FunctionAppClient
from funchost.testing.hosts import EmbeddedHost

from .conformance_app import ConformanceApp, web_site

APPS = Path(__file__).parents[2] / "apps"
PYTHONS = [p for p in os.environ.get("FUNCHOST_TEST_PYTHONS", "").split(os.pathsep) if p] or [sys.executable]
REPLAYED = ("--no-extended-sessions",)
WAYS: list[tuple[str, str, tuple[str, ...]]] = [
    (python, model, arguments)
    for python in PYTHONS
    for model, arguments in (("conformance_v2", ()), ("conformance_v1", REPLAYED))
]


@pytest.fixture(
    scope="session",
    params=WAYS,
    ids=lambda way: way[1] if len(PYTHONS) == 1 else f"{way[1]}-{Path(way[0]).parent.parent.name}",
)
def app(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[ConformanceApp]:
    """One of the apps on a host of its own."""
    python, model, arguments = request.param
    state = tmp_path_factory.mktemp(model)
    host = EmbeddedHost(APPS / model, state, arguments=("--python", python, *arguments))
    host.start()
    try:
        with FunctionAppClient(host.url) as client:
            yield ConformanceApp(client, model, replays=arguments == REPLAYED)
    finally:
        host.stop()


@pytest.fixture(scope="session")
def site() -> Iterator[str]:
    """The address of a web site for durable HTTP calls."""
    with web_site() as address:
        yield address


@pytest.fixture
def key() -> str:
    """A name that no other test uses."""
    return uuid4().hex
