from __future__ import annotations

import textwrap
from collections.abc import Callable
from pathlib import Path

import pytest


@pytest.fixture
def make_app(tmp_path: Path) -> Callable[[str], Path]:
    """Writes an app's ``function_app.py`` into a folder of its own and gives the folder."""

    def make(code: str) -> Path:
        root = tmp_path.resolve() / "made"
        root.mkdir()
        (root / "host.json").write_text('{"version": "2.0"}')
        (root / "function_app.py").write_text(textwrap.dedent(code))
        return root

    return make
