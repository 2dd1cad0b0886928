"""What ``funchost start`` may report at load: orchestrators that can never work."""

from __future__ import annotations

from pathlib import Path

import pytest

from funchost.lint import fatal_findings

HEAD = """\
import azure.durable_functions as df

app = df.DFApp()


def helper(context):
    yield context.call_activity("first")


@app.orchestration_trigger(context_name="context")
"""
FATAL = {
    "async": ("async def flow(context):\n    return await context.call_activity('a')\n", "DF005"),
    "async_generator": ("async def flow(context):\n    yield context.call_activity('a')\n", "DF005"),
    "called_and_left": ("def flow(context):\n    helper(context)\n", "DF007"),
    "yielded": ("def flow(context):\n    yield helper(context)\n", "DF007"),
    "returned": ("def flow(context):\n    yield from helper(context)\n    return helper(context)\n", "DF007"),
}
NOT_FATAL = {
    "right": "def flow(context):\n    yield from helper(context)\n",
    "handed_on": "def flow(context):\n    return helper(context)\n",
    "forgotten_among_others": "def flow(context):\n    helper(context)\n    yield context.call_activity('a')\n",
    "silenced": "async def flow(context):  # noqa: DF005\n    pass\n",
    "not_python": "def flow(context:\n",
}


def app_with(text: str, folder: Path) -> Path:
    (folder / "host.json").write_text("{}")
    (folder / "function_app.py").write_text(HEAD + text)
    return folder


@pytest.mark.parametrize("name", FATAL)
def test_fatal(name: str, tmp_path: Path) -> None:
    text, code = FATAL[name]
    (finding,) = fatal_findings(app_with(text, tmp_path))
    assert (finding.code, finding.place.path) == (code, tmp_path / "function_app.py")
    assert "'flow'" in finding.message


@pytest.mark.parametrize("name", NOT_FATAL)
def test_not_fatal(name: str, tmp_path: Path) -> None:
    assert fatal_findings(app_with(NOT_FATAL[name], tmp_path)) == []
