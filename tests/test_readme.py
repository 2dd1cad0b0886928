"""The README is run: its two commands, its scripted bake, and its tests."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")


def blocks(language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", README, re.DOTALL)


def run(*command: str, cwd: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command,
        cwd=cwd,
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
        env={**os.environ, "NO_COLOR": "1", **environment},
    )


def test_the_first_screen_has_one_line_that_runs_and_one_that_tests() -> None:
    run_line, test_line = (block.strip() for block in blocks("sh")[:2])
    prefix = "python3 -m venv .venv && .venv/bin/pip install -q nox && .venv/bin/nox -s "
    assert (run_line, test_line) == (f"{prefix}demo", f"{prefix}tests")
    assert test_line in (ROOT / ".ci" / "run").read_text(encoding="utf-8").splitlines()


def test_the_demo_bakes_vendors_starts_runs_and_shows_the_output() -> None:
    noxfile = (ROOT / "noxfile.py").read_text(encoding="utf-8")
    assert '"-m", "scaffolding.demo"' in noxfile
    shown = run(sys.executable, "-m", "scaffolding.demo", cwd=ROOT)
    assert shown.returncode == 0, shown.stdout + shown.stderr
    assert 'Completed: ["Hello Tokyo!", "Hello Seattle!", "Hello London!"]' in shown.stdout


def test_the_scripted_bake_makes_the_app_it_names(tmp_path: Path) -> None:
    line = next(block.strip() for block in blocks("sh") if "--no-input" in block)
    command = shlex.split(line.replace("<this repository>", shlex.quote(str(ROOT))))
    baked = run(sys.executable, "-m", *command, "vendor=none", cwd=tmp_path, HOME=str(tmp_path))
    assert baked.returncode == 0, baked.stdout + baked.stderr
    assert (tmp_path / "order-flow" / "function_app.py").is_file()


@pytest.mark.parametrize(
    ("number", "app"),
    [(0, ROOT / "samples" / "chaining"), (1, ROOT / "tests" / "apps" / "approvals")],
    ids=["on a live host", "on virtual time"],
)
def test_the_tests_it_shows_pass(number: int, app: Path, tmp_path: Path) -> None:
    folder = Path(shutil.copytree(app, tmp_path / "app", ignore=shutil.ignore_patterns("tests")))
    (folder / "test_from_the_readme.py").write_text(blocks("python")[number], encoding="utf-8")
    passed = run(
        sys.executable, "-m", "pytest", "-q", "test_from_the_readme.py", cwd=folder, VIRTUAL_ENV=sys.prefix
    )
    assert passed.returncode == 0, passed.stdout + passed.stderr


def test_every_link_leads_somewhere() -> None:
    links = [link for link in re.findall(r"\]\(([^)#]+)\)", README) if "://" not in link]
    missing = [link for link in links if not link.startswith("../../actions/") and not (ROOT / link).exists()]
    assert not missing


def test_every_session_that_is_named_exists() -> None:
    named = set(re.findall(r"nox -s ([a-z_]+)", README + (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")))
    noxfile = (ROOT / "noxfile.py").read_text(encoding="utf-8")
    assert not {name for name in named if f"def {name}(" not in noxfile}
