"""Whatever Microsoft's worker makes of an app, funchost's worker makes of it too."""

from __future__ import annotations

import importlib.util
import json
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.skipif(
    importlib.util.find_spec("azure_functions_runtime") is None,
    reason="needs the packages azure-functions-runtime and azure-functions-runtime-v1 (Python 3.13): nox -s oracle",
)
ROOT = Path(__file__).parents[2]
APPS = sorted(
    folder
    for place in ("tests/apps", "samples", "samples/v1")
    for folder in (ROOT / place).iterdir()
    if (folder / "host.json").is_file()
)

WHOLE_APP_FAILS = {"worker_duplicates", "worker_import_error", "worker_missing_module"}
"""Microsoft's worker gives up on these apps; funchost leaves out the functions to blame, if it can."""

REFUSED_BY_THE_HOST = {
    "hostile_secrets": {"on_message"},
    "timers": {"on_order"},
    "worker_one_bad": {"9lives", "binding_name", "queue_worker", "queue_writer"},
}
REFUSED_BY_FUNCHOST = {"worker_one_bad": {"async_entity", "async_generator", "async_orchestrator", "sync_client"}}
"""Functions that load and can never work: see ``docs/differences.md``."""


@pytest.fixture(params=APPS, ids=lambda folder: folder.relative_to(ROOT).as_posix())
def app(request: pytest.FixtureRequest) -> Path:
    folder: Path = request.param
    return folder


def test_apps_are_indexed_and_their_functions_behave_alike(app: Path) -> None:
    ours = _worker("ours", app)
    if app.name in WHOLE_APP_FAILS:
        assert ours["refused"]
        return
    microsofts = _worker("microsoft", app)

    left_out = REFUSED_BY_THE_HOST.get(app.name, set()) | REFUSED_BY_FUNCHOST.get(app.name, set())
    assert ours["refused"].keys() == microsofts["refused"].keys() | left_out
    assert ours["functions"] == {n: f for n, f in microsofts["functions"].items() if n not in left_out}
    for name, text in microsofts["refused"].items():
        assert text.partition(" Current sys.path")[0] in ours["refused"][name]
    for mine, theirs in zip(ours["outcomes"], microsofts["outcomes"], strict=True):
        assert mine == theirs


def _worker(whose: str, app: Path) -> Mapping[str, Any]:
    done = subprocess.run(
        [sys.executable, "-m", "tests.oracle", whose, str(app)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    answer: Mapping[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return answer
