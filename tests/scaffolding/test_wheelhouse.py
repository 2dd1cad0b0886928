"""A wheelhouse is all that is needed where there is no network."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from scaffolding import wheelhouse
from scaffolding.repository import ROOT
from scaffolding.wheelhouse import AZURE, RUNNING, Target, gather, main, room_requirements, this_platform

# No package index answers there. With Linux namespaces no address outside the machine does.
REFUSED = {"PIP_INDEX_URL": "http://127.0.0.1:9/simple", "PIP_RETRIES": "0", "UV_OFFLINE": "1"}
ALONE = ["unshare", "--map-root-user", "--net", "sh", "-c", 'ip link set lo up && exec "$@"', "sh"]


def is_possible(command: list[str]) -> bool:
    try:
        return subprocess.run([*command, "true"], capture_output=True, check=False).returncode == 0
    except OSError:
        return False


def test_an_app_is_baked_vendored_and_tested_without_a_network(tmp_path: Path) -> None:
    house = tmp_path / "wheelhouse"
    gather(house, [Target(RUNNING, this_platform())], with_tensorflow=False)
    alone = ALONE if sys.platform == "linux" and is_possible(ALONE) else []
    python = tmp_path / "room" / ("Scripts/python.exe" if sys.platform == "win32" else "bin/python")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("PIP_", "UV_", "PYTHON"))}
    environment = {
        **kept,
        **REFUSED,
        "HOME": str(tmp_path),
        "DURABLE_WHEELHOUSE": str(house),
        "VIRTUAL_ENV": str(tmp_path / "room"),
    }

    def type_(*command: str, cwd: Path = tmp_path) -> str:
        ended = subprocess.run(
            [*alone, *command],
            cwd=cwd,
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
            timeout=300,
        )
        assert ended.returncode == 0, ended.stdout
        return ended.stdout

    type_(sys.executable, "-m", "venv", "room")
    found = ["--no-index", "--find-links", str(house)]
    type_(str(python), "-m", "pip", "install", "--quiet", *found, "-r", str(house / "requirements.txt"), "funchost")
    bake = ["cookiecutter", str(ROOT), "--directory", "templates/chaining", "--no-input", "slug=offline"]
    said = type_(str(python), "-m", *bake, f"python_version={RUNNING}")
    app = tmp_path / "offline"

    assert "packages" in said
    assert (app / ".python_packages" / "manifest.json").is_file()
    assert list((app / "wheels").glob("funchost-*.whl"))
    assert "passed" in type_(str(python), "-m", "pytest", "-q", cwd=app)
    assert "are as installed" in type_(str(python), "tools/vendor.py", "--check", cwd=app)


@pytest.fixture
def downloads(monkeypatch: pytest.MonkeyPatch) -> list[list[str]]:
    """What pip would be asked for; nothing is downloaded."""
    asked: list[list[str]] = []
    monkeypatch.setattr(wheelhouse, "_pip", lambda *arguments: asked.append(list(arguments)))
    monkeypatch.setattr(
        wheelhouse,
        "compile_closure",
        lambda wanted, oldest: ("colorama==1 ; sys_platform == 'win32'", "rich==2", *wanted[-1:]),
    )
    return asked


def test_every_python_on_every_platform_is_gathered_and_the_sdk_for_azure(
    downloads: list[list[str]], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    pythons, platforms = ["--python", "3.11", "--python", "3.12"], ["--platform", "win_amd64", "--platform", AZURE]
    (tmp_path / "funchost-0.0.1-py3-none-any.whl").touch()

    assert main([str(tmp_path), *pythons, *platforms]) == 0

    assert downloads[0][0] == "wheel"
    assert not (tmp_path / "funchost-0.0.1-py3-none-any.whl").exists(), "of another day"
    gathered = [call for call in downloads if call[0] == "download"]
    targets = [
        [word for word in call if word.startswith(("--python-version", "--platform"))][:2] for call in gathered
    ]
    assert targets == [
        [f"--python-version={python}", f"--platform={platform}"]
        for python in ("3.11", "3.12")
        for platform in (AZURE, "win_amd64")
    ], "Azure's Linux is among them, so the SDK is not gathered for it once more"
    assert ["colorama==1" in call for call in gathered] == [False, True, False, True]
    assert "python -m pip install --no-index --find-links" in capsys.readouterr().out


def test_tensorflow_is_gathered_on_demand(downloads: list[list[str]], tmp_path: Path) -> None:
    main([str(tmp_path / "without"), "--python", "3.12", "--platform", AZURE])
    main([str(tmp_path / "with"), "--python", "3.12", "--platform", AZURE, "--with-tensorflow"])

    assert not (tmp_path / "without" / "requirements-tensorflow.txt").exists()
    assert "scikit-image" in (tmp_path / "with" / "requirements-tensorflow.txt").read_text(encoding="utf-8")


def test_one_environment_holds_the_tools_and_the_sdk_that_apps_pin(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(wheelhouse, "compile_closure", lambda wanted, oldest: tuple(wanted))
    wanted = room_requirements(with_tensorflow=False)

    assert "azure-functions-durable==1.7.0" in wanted
    for name in ("click", "starlette", "cookiecutter", "flit_core", "pytest"):
        assert any(line.startswith(name) for line in wanted), name


def test_without_uv_it_says_where_to_get_it(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(shutil, "which", lambda name: None)

    assert main([str(tmp_path)]) == 1
    assert "pip install uv" in capsys.readouterr().err
