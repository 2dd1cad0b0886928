"""The session that checks the apps' optional files: what it says where something is wrong, or cannot be seen."""

from __future__ import annotations

import stat
import sys
from pathlib import Path

import httpx
import pytest

from scaffolding import devcontainer_session, infra_session
from scaffolding.infra_session import app_problems, compiler, main
from tests.templates.wheels import make_wheel

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="the stand-ins for compilers are shell scripts")


def program(path: Path, script: str) -> Path:
    """An executable shell script."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\n{script}\n", encoding="utf-8")
    path.chmod(path.stat().st_mode | stat.S_IXUSR)
    return path


@pytest.fixture
def programs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The only folder on PATH; there is no way to the schemas either."""
    folder = tmp_path / "programs"
    folder.mkdir()
    monkeypatch.setenv("PATH", str(folder))
    house = tmp_path / "house"
    house.mkdir()
    make_wheel(house, "funchost", "0.0.0")  # for the hooks to lay into the apps, instead of building it
    monkeypatch.setenv("DURABLE_WHEELHOUSE", str(house))

    def unreachable(url: str, **_: object) -> httpx.Response:
        raise httpx.ConnectError("no such host", request=httpx.Request("GET", url))

    monkeypatch.setattr(httpx, "get", unreachable)
    return folder


@pytest.fixture
def app(tmp_path: Path) -> Path:
    """A folder with a Bicep file that is right."""
    (tmp_path / "app" / "infra").mkdir(parents=True)
    (tmp_path / "app" / "infra" / "main.bicep").write_text("param name string\n", encoding="utf-8")
    return tmp_path / "app"


def test_without_a_compiler_and_the_schemas_it_says_so_with_a_code_of_its_own(
    programs: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["--template", "chaining"]) == 3

    said = capsys.readouterr()
    assert "chaining, storage: nothing is wrong" in said.out
    assert "chaining, scheduler: nothing is wrong" in said.out
    assert "No Bicep file was compiled: there is neither bicep nor az on PATH." in said.err
    assert "azure.yaml.json cannot be had: no such host" in said.err
    assert "devContainer.base.schema.json cannot be had: no such host" in said.err


def test_bicep_is_taken_before_az(programs: Path) -> None:
    assert compiler() is None
    az = program(programs / "az", "")
    assert compiler() == [str(az), "bicep", "build", "--stdout", "--file"]
    bicep = program(programs / "bicep", "")
    assert compiler() == [str(bicep), "build", "--stdout"]


def test_what_the_compiler_refuses_is_wrong_and_what_it_warns_of_is_shown(
    programs: Path, app: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    refuses = program(programs / "bicep", 'echo "$3(1,1) : Error BCP001: not a token" >&2; exit 1')
    (problem,) = app_problems(app, [str(refuses), "build", "--stdout"], {})
    assert "main.bicep: the compiler refuses it" in problem
    assert "Error BCP001" in problem

    warns = program(programs / "bicep", 'echo "Warning BCP081" >&2')
    assert list(app_problems(app, [str(warns), "build", "--stdout"], {})) == []
    assert "Warning BCP081" in capfd.readouterr().out


def test_what_is_no_bicep_is_found_without_a_compiler(app: Path) -> None:
    (app / "infra" / "main.bicep").write_text("resource without a type {\n", encoding="utf-8")

    (problem,) = app_problems(app, None, {})

    assert problem.startswith("main.bicep: it is not Bicep")


def test_what_does_not_fit_its_schema_is_wrong(app: Path, tmp_path: Path) -> None:
    schema = tmp_path / "schema.json"
    schema.write_text('{"type": "object", "required": ["services"]}', encoding="utf-8")
    (app / "azure.yaml").write_text("name: an-app\n", encoding="utf-8")

    (problem,) = app_problems(app, None, {"azure.yaml": schema})

    assert "'services' is a required property" in problem


def test_one_wrong_app_fails_the_session(programs: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(infra_session, "app_problems", lambda app, *_: ["wrong"] if "scheduler" in app.name else [])

    assert main(["--template", "chaining"]) == 1


def test_without_docker_no_container_is_built(programs: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert devcontainer_session.main([]) == 3
    assert "docker is not on PATH." in capsys.readouterr().err

    program(programs / "docker", 'echo "Cannot connect to the daemon" >&2; exit 1')
    assert devcontainer_session.main([]) == 3
    assert "Docker does not answer: Cannot connect to the daemon" in capsys.readouterr().err
