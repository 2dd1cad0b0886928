"""The session that runs every app on real Core Tools: what it runs, and what it says where it cannot."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from funchost.testing.coretools_program import PATH_VARIABLE, CoreTools, Version
from scaffolding import coretools_session as session
from scaffolding.coretools_session import Options, commands, core_tools, main, obstacle, parse, run_all
from scaffolding.repository import ROOT, template_ids

OPTIONS = Options(
    host="coretools",
    templates=("chaining",),
    models=("v2",),
    newest_sdk=False,
    pytest_arguments=("-k", "purged"),
)


def program(path: Path, code: str) -> Path:
    """An executable that runs Python code."""
    path.parent.mkdir(parents=True, exist_ok=True)
    if sys.platform == "win32":
        script = path.with_suffix(".py")
        script.write_text(code, encoding="utf-8")
        path = path.with_suffix(".cmd")
        path.write_text(f'@"{sys.executable}" -I -S "{script}" %*\n', encoding="utf-8")
    else:
        path.write_text(f"#!{sys.executable} -IS\n{code}\n", encoding="utf-8")
        path.chmod(path.stat().st_mode | stat.S_IXUSR)
    return path


@pytest.fixture
def bare_machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A machine without Core Tools and with an empty cache; returns the only folder on PATH."""
    programs = tmp_path / "programs"
    programs.mkdir()
    monkeypatch.setenv("PATH", str(programs))
    monkeypatch.setenv("FUNCHOST_CACHE", str(tmp_path / "cache"))
    monkeypatch.delenv(PATH_VARIABLE, raising=False)
    monkeypatch.setattr(session, "find_core_tools", lambda start, *rest: find(tmp_path / "nowhere", *rest))
    return programs


find = session.find_core_tools

# What npm prints where the network ends at the registry; as seen with 4.13.2.
NPM = """
import sys
if sys.argv[1] == "prefix":
    print("/nonexistent")
    sys.exit(0)
print("npm error command sh -c node lib/install.js")
print("npm error Error: getaddrinfo ENOTFOUND cdn.functions.azure.com")
sys.exit(1)
"""


def test_where_the_program_cannot_be_downloaded_it_says_exactly_that_with_a_code_of_its_own(
    bare_machine: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    program(bare_machine / "npm", NPM)

    assert main(["--template", "chaining"]) == 3

    said = capfd.readouterr().err
    assert "Azure Functions Core Tools (3.0.2630 or higher) cannot be had on this machine" in said
    assert "ENOTFOUND cdn.functions.azure.com" in said
    assert "No scenario was run (exit code 3)" in said


def test_where_npm_is_missing_it_says_so_with_the_same_code(
    bare_machine: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    assert main([]) == 3

    assert "npm is not on PATH" in capfd.readouterr().err


def test_a_failed_installation_is_not_kept(bare_machine: Path, tmp_path: Path) -> None:
    program(bare_machine / "npm", NPM)

    assert main([]) == 3

    assert list((tmp_path / "cache").iterdir()) == []


def test_what_npm_installed_is_used_and_not_installed_again(bare_machine: Path) -> None:
    func = "print('4.13.2')"
    installs = f"""
import os, sys
from pathlib import Path
if sys.argv[1] == "prefix":
    sys.exit(1)
bin = Path(sys.argv[sys.argv.index("--prefix") + 1]) / "node_modules" / ".bin"
bin.mkdir(parents=True)
if os.name == "nt":
    (bin / "func.py").write_text({func!r})
    (bin / "func.cmd").write_text('@"' + sys.executable + '" "%~dp0func.py"')
else:
    (bin / "func").write_text("#!" + sys.executable + "\\n" + {func!r})
    (bin / "func").chmod(0o755)
"""
    npm = program(bare_machine / "npm", installs)

    installed = core_tools()
    npm.unlink()

    assert installed.version == Version(4, 13, 2)
    assert core_tools() == installed


def test_too_old_a_func_fails_the_session_with_the_minimum(
    bare_machine: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    program(bare_machine / "func", "print('2.7.3188')")

    assert main([]) == 1

    assert "3.0.2630 or higher is needed" in capfd.readouterr().err


def test_tests_are_told_which_func_was_found(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(session, "core_tools", lambda: CoreTools(tmp_path / "func", Version(4, 14, 0)))
    monkeypatch.setattr(session, "install_azurite", lambda: ("node", "azurite.js"))
    seen: list[tuple[Version, dict[str, str]]] = []
    monkeypatch.setattr(session, "run_all", lambda _, *found: seen.append(found) or 0)

    assert main([]) == 0

    version, environment = seen[0]
    assert version == Version(4, 14, 0)
    assert environment[PATH_VARIABLE] == str(tmp_path / "func")


@pytest.mark.parametrize("model", ["v1", "v2"])
def test_an_app_is_baked_with_all_its_packages_and_tested_from_an_environment_without_them(
    tmp_path: Path, model: str
) -> None:
    (bake, vendored), *between, (tested_in, tests) = [
        (where, [part.removeprefix(str(tmp_path)) for part in command])
        for where, command in commands("chaining", model, tmp_path, OPTIONS)
    ]

    assert (bake, tested_in) == (tmp_path, tmp_path / "app")
    assert {"slug=app", f"programming_model={model}", "vendor=all"} <= set(vendored)
    assert tests[1:] == ["-m", "pytest", "--functions-host=coretools", "-k", "purged"]
    assert Path(tests[0]).parts[1] == "tools"
    installed = between[-1][1]
    assert str(ROOT) in installed
    assert not [part for part in installed if part.startswith("azure-functions")]


@pytest.mark.parametrize(("model", "sdk"), [("v1", "azure-functions-durable<2"), ("v2", "azure-functions-durable")])
def test_the_newest_sdk_that_knows_the_model_is_installed_without_its_pin(
    tmp_path: Path, model: str, sdk: str
) -> None:
    options = replace(OPTIONS, host="embedded", newest_sdk=True)

    planned = commands("chaining", model, tmp_path, options)

    assert "vendor=none" in planned[0][1]
    where, install = planned[-2]
    assert where == tmp_path / "app"
    assert install[-2:] == [sdk, "azure-functions"]
    assert install[-3] == ".python_packages/lib/site-packages"
    assert "--functions-host=embedded" in planned[-1][1]


def test_all_templates_are_run_unless_some_are_named() -> None:
    assert parse([]).templates == tuple(template_ids())
    assert parse(["--template", "fan_out", "--template", "chaining"]).templates == ("fan_out", "chaining")
    assert parse([]).models == ("v2", "v1")
    assert parse(["--model", "v1"]).models == ("v1",)
    assert parse(["--newest-sdk", "--", "-x", "--", "y"]).pytest_arguments == ("-x", "--", "y")
    with pytest.raises(SystemExit, match="2"):
        parse(["--template", "no-such"])


def test_one_failure_fails_the_session_but_the_others_are_run(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(session, "RUNNING", "3.14")
    ran: list[str] = []
    monkeypatch.setattr(
        session, "run_app", lambda name, model, *_: ran.append(f"{name} {model}") or name != "chaining"
    )
    options = replace(OPTIONS, templates=("chaining", "fan_out", "fan_out_tensorflow"), models=("v2", "v1"))

    assert run_all(options, Version(4, 14, 0), {}) == 1

    assert ran == ["chaining v2", "chaining v1", "fan_out v2", "fan_out v1"]
    lines = [line.split(maxsplit=2) for line in capsys.readouterr().out.splitlines()]
    assert ["chaining", "v2", "FAILED"] in lines
    assert ["fan_out", "v1", "passed"] in lines
    reason = "left out: it runs on Python 3.10, 3.11, 3.12, 3.13, and this is 3.14"
    assert ["fan_out_tensorflow", "v1", reason] in lines


@pytest.mark.parametrize(
    ("version", "runs"),
    [
        (Version(3, 0, 2630), {"v1"}),
        (Version(4, 0, 5381), {"v1"}),
        (Version(4, 0, 5382), {"v1", "v2"}),
        (None, {"v1", "v2"}),
    ],
)
def test_a_func_runs_the_models_that_it_knows(version: Version | None, runs: set[str]) -> None:
    """None: the embedded host, which knows both."""
    assert {model for model in ["v1", "v2"] if obstacle("chaining", model, version) is None} == runs


def test_a_model_that_func_does_not_know_is_left_out_with_the_version_that_it_needs(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(session, "run_app", lambda *_: True)

    assert run_all(replace(OPTIONS, models=("v2", "v1")), Version(4, 0, 4915), {}) == 0

    said = capsys.readouterr().out
    assert "left out: programming model v2 needs Core Tools 4.0.5382 or higher, and these are 4.0.4915" in said


def test_a_session_in_which_nothing_could_run_has_failed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(session, "RUNNING", "3.14")

    assert run_all(replace(OPTIONS, templates=("fan_out_tensorflow",)), Version(4, 14, 0), {}) == 1


def test_what_fails_first_ends_an_app_and_leaves_no_folder(monkeypatch: pytest.MonkeyPatch) -> None:
    folders: list[Path] = []

    def plan(template_id: str, model: str, folder: Path, options: Options) -> list[tuple[Path, list[str]]]:
        folders.append(folder)
        ends = [sys.executable, "-c", "raise SystemExit(5)"]
        never = [sys.executable, "-c", "open('reached', 'w')"]
        return [(folder, ends), (folder.parent, never)]

    monkeypatch.setattr(session, "commands", plan)

    assert session.run_app("chaining", "v1", OPTIONS, dict(os.environ)) is False
    assert not folders[0].exists()
    assert not (folders[0].parent / "reached").exists()


def test_it_is_a_command_with_help() -> None:
    shown = subprocess.run(
        [sys.executable, "-m", "scaffolding.coretools_session", "--help"],
        cwd=ROOT, capture_output=True, text=True, check=True,
    )  # fmt: skip

    assert "3 Core Tools or Azurite cannot\nbe had on this machine" in shown.stdout
