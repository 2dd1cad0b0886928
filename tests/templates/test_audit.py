"""tools/audit.py: what is said of a folder that is as it was vendored, and of one that is not."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from scaffolding.repository import APP_FOLDER, COMMON
from tests.templates.wheels import make_wheel

TOOLS = COMMON / APP_FOLDER / "tools"
RUNNING = "{}.{}".format(*sys.version_info)
REQUIREMENTS = """\
# [sdk] The SDK
alpha==1.0
beta.two==2.0 ; python_version >= "3.0"
gamma==3.0 ; python_version < "3.0"
"""

Audit = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def app(tmp_path: Path) -> Path:
    """A small app whose two packages are vendored."""
    house = tmp_path / "house"
    house.mkdir()
    make_wheel(house, "alpha", "1.0", "License-Expression: MIT\n")
    make_wheel(house, "beta_two", "2.0", "License: GPL-3.0\n")
    app = tmp_path / "app"
    shutil.copytree(TOOLS, app / "tools", ignore=shutil.ignore_patterns("__pycache__"))
    (app / "requirements.txt").write_text(REQUIREMENTS, encoding="utf-8")
    answers = {"python_version": RUNNING, "vendor": "sdk"}
    (app / ".cookiecutter.json").write_text(json.dumps({"cookiecutter": answers}), encoding="utf-8")
    environment = {**os.environ, "DURABLE_WHEELHOUSE": str(house), "PIP_CONFIG_FILE": os.devnull}
    subprocess.run([sys.executable, app / "tools" / "vendor.py"], env=environment, check=True, timeout=120)
    return app


@pytest.fixture
def audit(app: Path) -> Audit:
    """Run the script, from a folder that is not the app's."""

    def run(*arguments: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, str(app / "tools" / "audit.py"), *arguments]
        return subprocess.run(
            command, cwd=app.parent, capture_output=True, text=True, encoding="utf-8", check=False, timeout=60
        )

    return run


def site_packages(app: Path) -> Path:
    return app / ".python_packages" / "lib" / "site-packages"


def problems(audit: Audit) -> list[str]:
    """What the report has to complain of; the exit code agrees with it."""
    result = audit("--json")
    report: dict[str, Any] = json.loads(result.stdout)
    assert result.returncode == (1 if report["problems"] else 0)
    found: list[str] = report["problems"]
    return found


def test_what_was_just_vendored_is_listed_with_versions_and_licences(audit: Audit) -> None:
    result = audit()

    assert result.returncode == 0, result.stderr
    assert [line.split() for line in result.stdout.splitlines()[:2]] == [
        ["alpha", "1.0", "MIT"],
        ["beta_two", "2.0", "GPL-3.0"],
    ]
    assert "2 packages for Python" in result.stdout
    assert "Every file is as its package shipped it" in result.stdout


def test_what_running_the_app_leaves_is_no_problem(app: Path, audit: Audit) -> None:
    cache = site_packages(app) / "alpha" / "__pycache__"
    cache.mkdir()
    (cache / "__init__.cpython-311.pyc").write_bytes(b"compiled")

    assert problems(audit) == []


def test_a_changed_file_is_found_also_where_the_manifest_was_made_to_fit(app: Path, audit: Audit) -> None:
    (site_packages(app) / "alpha" / "__init__.py").write_text("steal()\n", encoding="utf-8")
    assert "alpha/__init__.py is not as its package shipped it" in problems(audit)

    manifest = app / ".python_packages" / "manifest.json"
    made_to_fit = (
        "import json, vendor; m = vendor.read_manifest(); m['distributions'] = vendor.installed(vendor.TARGET)"
    )
    write = f"{made_to_fit}; vendor.MANIFEST.write_text(json.dumps(m))"
    subprocess.run([sys.executable, "-c", write], cwd=app / "tools", check=True)
    assert manifest.is_file()

    assert problems(audit) == ["alpha/__init__.py is not as its package shipped it"]


def test_a_file_changed_together_with_its_record_differs_from_the_manifest(app: Path, audit: Audit) -> None:
    (site_packages(app) / "alpha" / "__init__.py").write_text("steal()\n", encoding="utf-8")
    record = site_packages(app) / "alpha-1.0.dist-info" / "RECORD"
    without = [line for line in record.read_text(encoding="utf-8").splitlines() if "__init__" not in line]
    record.write_text("\n".join([*without, "alpha/__init__.py,,"]) + "\n", encoding="utf-8")

    assert problems(audit) == ["alpha 1.0 is not as it was installed"]


def test_files_that_are_missing_or_nobodys_are_found(app: Path, audit: Audit) -> None:
    (site_packages(app) / "alpha" / "__init__.py").unlink()
    (site_packages(app) / "sitecustomize.py").write_text("steal()\n", encoding="utf-8")

    found = problems(audit)

    assert "alpha/__init__.py is missing" in found
    assert "sitecustomize.py belongs to no package" in found


def test_packages_that_the_requirements_do_not_name_like_this_are_found(app: Path, audit: Audit) -> None:
    changed = REQUIREMENTS.replace("alpha==1.0", "alpha==1.1\ndelta==4.0").replace("beta.two==2.0", "epsilon")
    (app / "requirements.txt").write_text(changed, encoding="utf-8")

    found = problems(audit)

    assert "alpha is version 1.0, and requirements.txt says 1.1" in found
    assert "delta, which requirements.txt names, is missing" in found
    assert "beta-two 2.0 is not in requirements.txt" in found
    assert "epsilon, which requirements.txt names, is missing" in found
    assert "requirements.txt has changed since" in found


def test_a_forbidden_licence_is_a_problem_of_the_one_who_forbids_it(audit: Audit) -> None:
    refused = audit("--forbid", "gpl")

    assert refused.returncode == 1
    assert "beta_two is under GPL-3.0, which 'gpl' forbids" in refused.stderr
    assert audit("--forbid", "AGPL").returncode == 0


def test_where_nothing_is_vendored_it_says_what_to_type(app: Path, audit: Audit) -> None:
    shutil.rmtree(app / ".python_packages")

    result = audit()

    assert result.returncode == 1
    assert result.stderr == "Nothing is vendored yet. Type: python tools/vendor.py\n"
