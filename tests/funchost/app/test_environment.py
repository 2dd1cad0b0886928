"""Which interpreter runs an app, and where its packages come from."""

from __future__ import annotations

import json
import sys
import venv
from pathlib import Path

import pytest

from funchost.app.environment import choose_environment, vendored_python
from funchost.errors import StartError

MINOR = f"{sys.version_info[0]}.{sys.version_info[1]}"
OTHER = f"{sys.version_info[0]}.{sys.version_info[1] + 1}"


@pytest.fixture
def app(tmp_path: Path) -> Path:
    """An app's folder with nothing installed."""
    root = tmp_path / "app"
    root.mkdir()
    return root


def vendor(app: Path, *, python: str | None = None) -> Path:
    folder = app / ".python_packages" / "lib" / "site-packages"
    put_sdk(folder)
    if python is not None:
        (app / ".python_packages" / "manifest.json").write_text(json.dumps({"python": python}))
    return folder


def put_sdk(folder: Path) -> None:
    (folder / "azure" / "functions").mkdir(parents=True)
    (folder / "azure" / "functions" / "__init__.py").touch()


def make_venv(folder: Path, *, sdk: bool) -> Path:
    venv.create(folder, with_pip=False, symlinks=sys.platform != "win32")
    if sdk:
        (site,) = [*folder.glob("lib/python3.*/site-packages"), *folder.glob("Lib/site-packages")]
        put_sdk(site)
    return folder


def test_vendored_packages_run_on_our_interpreter_without_its_own(app: Path) -> None:
    packages = vendor(app)
    chosen = choose_environment(app, {})
    assert chosen.interpreter == sys.executable
    assert "-S" in chosen.arguments
    assert chosen.packages == (str(packages),)
    assert chosen.python_version == sys.version_info[:3]


def test_the_apps_own_venv_comes_before_the_active_one(app: Path, tmp_path: Path) -> None:
    own, active = make_venv(app / ".venv", sdk=True), make_venv(tmp_path / "active", sdk=True)
    chosen = choose_environment(app, {"VIRTUAL_ENV": str(active)})
    assert Path(chosen.interpreter).is_relative_to(own)
    assert "-S" not in chosen.arguments
    assert chosen.packages == ()


def test_active_venv_runs_an_app_that_has_none(app: Path, tmp_path: Path) -> None:
    active = make_venv(tmp_path / "active", sdk=True)
    chosen = choose_environment(app, {"VIRTUAL_ENV": str(active)})
    assert Path(chosen.interpreter).is_relative_to(active)


def test_vendored_packages_come_before_those_of_a_venv_that_may_lack_the_sdk(app: Path) -> None:
    packages = vendor(app)
    own = make_venv(app / ".venv", sdk=False)
    chosen = choose_environment(app, {})
    assert Path(chosen.interpreter).is_relative_to(own)
    assert chosen.packages == (str(packages),)


def test_named_interpreter_beats_every_other(app: Path) -> None:
    make_venv(app / ".venv", sdk=True)
    assert choose_environment(app, {}, python=sys.executable).interpreter == sys.executable


def test_python_path_of_the_settings_may_bring_the_sdk(app: Path) -> None:
    put_sdk(app / "lib")
    assert choose_environment(app, {"PYTHONPATH": "lib"}).packages == ()


@pytest.mark.parametrize("with_venv", [False, True])
def test_missing_sdk_says_what_to_type(app: Path, with_venv: bool) -> None:
    if with_venv:
        make_venv(app / ".venv", sdk=False)
    with pytest.raises(StartError) as raised:
        choose_environment(app, {})
    target = Path(".python_packages", "lib", "site-packages")
    assert "The app needs the package azure-functions" in str(raised.value)
    assert f"-m pip install -r requirements.txt --target {target}" in str(raised.value)


def test_packages_vendored_for_another_python_are_refused(app: Path) -> None:
    vendor(app, python=OTHER)
    with pytest.raises(StartError) as raised:
        choose_environment(app, {})
    assert f"were vendored for Python {OTHER}, but the app would run on Python {MINOR}." in str(raised.value)
    assert f"funchost start --python python{OTHER}" in str(raised.value)


def test_packages_vendored_for_this_python_are_taken(app: Path) -> None:
    vendor(app, python=f"{MINOR}.0")
    assert choose_environment(app, {}).packages


@pytest.mark.parametrize(
    ("files", "found"),
    [
        (["multidict/_multidict.cpython-311-x86_64-linux-gnu.so"], "3.11"),
        (["yarl/_quoting.cp313-win_amd64.pyd"], "3.13"),
        (["a/x.abi3.so"], None),
        (["a/x.py"], None),
    ],
)
def test_compiled_modules_tell_the_python_where_there_is_no_manifest(
    app: Path, files: list[str], found: str | None
) -> None:
    folder = vendor(app)
    for file in files:
        (folder / file).parent.mkdir(exist_ok=True)
        (folder / file).touch()
    assert vendored_python(app) == found


def test_interpreter_that_cannot_be_run_is_refused(app: Path) -> None:
    with pytest.raises(StartError, match=r"The Python interpreter .*nowhere cannot be used: .*--python PATH"):
        choose_environment(app, {}, python=str(app / "nowhere"))


def test_interpreter_that_is_too_old_is_refused(app: Path) -> None:
    make_venv(app / ".venv", sdk=True)
    config = app / ".venv" / "pyvenv.cfg"
    config.write_text(config.read_text().replace(f"version = {MINOR}", "version = 3.9"))
    with pytest.raises(StartError, match=r"is Python 3\.9\.\d+, and Azure Functions needs 3\.10 or newer"):
        choose_environment(app, {})
