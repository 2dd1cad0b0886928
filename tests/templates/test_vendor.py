"""tools/vendor.py: from real requirements to a real folder, with small wheels and no network."""

from __future__ import annotations

import hashlib
import importlib.util
import json
import os
import shutil
import subprocess
import sys
import sysconfig
from collections.abc import Callable
from email.parser import HeaderParser
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from scaffolding.repository import APP_FOLDER, COMMON
from tests.templates.conftest import Bake
from tests.templates.wheels import make_wheel

SCRIPT = COMMON / APP_FOLDER / "tools" / "vendor.py"
RUNNING = "{}.{}".format(*sys.version_info)
REQUIREMENTS = """\
# [sdk] The SDK
alpha==1.0
beta==2.0 ; python_version >= "3.0"
gamma==3.0 ; python_version < "3.0"

# [app] The app's own
delta==4.0
"""

Vendor = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def script(tmp_path: Path) -> ModuleType:
    """The script of a small app, imported."""
    return load(small_app(tmp_path))


def load(app: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location("vendor", app / "tools" / "vendor.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def small_app(tmp_path: Path, requirements: str = REQUIREMENTS) -> Path:
    """A folder with what the script looks at."""
    app = tmp_path / "app"
    (app / "tools").mkdir(parents=True)
    shutil.copy(SCRIPT, app / "tools")
    (app / "requirements.txt").write_text(requirements, encoding="utf-8")
    (app / ".cookiecutter.json").write_text(
        json.dumps({"cookiecutter": {"python_version": RUNNING, "vendor": "sdk"}}), encoding="utf-8"
    )
    return app


@pytest.fixture
def house(tmp_path: Path) -> Path:
    """A wheelhouse with everything that REQUIREMENTS name for this Python."""
    folder = tmp_path / "house"
    folder.mkdir()
    make_wheel(folder, "alpha", "1.0", "License-Expression: MIT\n")
    make_wheel(folder, "beta", "2.0", "Classifier: License :: OSI Approved :: Apache Software License\n")
    make_wheel(folder, "delta", "4.0", "License: BSD\n")
    return folder


@pytest.fixture(params=["pip", "uv"])
def installer(request: pytest.FixtureRequest, tmp_path: Path) -> dict[str, str]:
    """An environment in which the one installer is found, or the other."""
    environment = {**os.environ, "PIP_CONFIG_FILE": os.devnull, "PYTHONDONTWRITEBYTECODE": "1"}
    uv = shutil.which("uv")
    if request.param == "pip":
        environment["PATH"] = str(tmp_path / "nowhere")
    elif uv is None:
        pytest.skip("needs uv: pip install uv")
    environment["UV_CACHE_DIR"] = str(tmp_path / "uv-cache")
    return environment


@pytest.fixture
def vendor(installer: dict[str, str], house: Path) -> Vendor:
    """Run the script in an app, offline unless `environment` says otherwise."""

    def run(app: Path, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, str(app / "tools" / "vendor.py"), *arguments],
            cwd=app.parent,
            env={**installer, "DURABLE_WHEELHOUSE": str(house), **environment},
            capture_output=True,
            text=True,
            check=False,
            timeout=120,
        )

    return run


def manifest_of(app: Path) -> dict[str, Any]:
    manifest: dict[str, Any] = json.loads((app / ".python_packages" / "manifest.json").read_text(encoding="utf-8"))
    return manifest


# --- With a wheelhouse -------------------------------------------------------------------------------


def test_the_sdk_is_installed_and_listed_with_version_licence_and_hash(tmp_path: Path, vendor: Vendor) -> None:
    app = small_app(tmp_path)

    result = vendor(app)

    assert result.returncode == 0, result.stderr
    assert "2 packages" in result.stdout
    assert (app / ".python_packages/lib/site-packages/alpha/__init__.py").is_file()
    manifest = manifest_of(app)
    assert (manifest["python"], manifest["platform"]) == (RUNNING, sysconfig.get_platform())
    listed = [(entry["name"], entry["version"], entry["licence"]) for entry in manifest["distributions"]]
    assert listed == [("alpha", "1.0", "MIT"), ("beta", "2.0", "Apache Software License")]
    assert all(len(entry["sha256"]) == 64 for entry in manifest["distributions"])


def test_all_takes_the_apps_own_requirements_too(tmp_path: Path, vendor: Vendor) -> None:
    app = small_app(tmp_path)

    assert vendor(app, "--what", "all").returncode == 0
    assert [entry["name"] for entry in manifest_of(app)["distributions"]] == ["alpha", "beta", "delta"]


def test_when_nothing_changed_nothing_is_done(tmp_path: Path, vendor: Vendor, house: Path) -> None:
    app = small_app(tmp_path)
    vendor(app)
    for wheel in house.iterdir():
        wheel.unlink()  # an installation would fail now

    result = vendor(app)

    assert (result.returncode, "up to date" in result.stdout) == (0, True)


def test_when_requirements_change_the_folder_is_replaced(tmp_path: Path, vendor: Vendor, house: Path) -> None:
    app = small_app(tmp_path)
    vendor(app)
    make_wheel(house, "alpha", "1.1")
    (app / "requirements.txt").write_text("# [sdk]\nalpha==1.1\n")

    assert vendor(app).returncode == 0
    assert [(entry["name"], entry["version"]) for entry in manifest_of(app)["distributions"]] == [("alpha", "1.1")]
    assert not (app / ".python_packages/lib/site-packages/beta").exists()


def test_a_failed_installation_leaves_the_folder_as_it_was(tmp_path: Path, vendor: Vendor) -> None:
    app = small_app(tmp_path)
    vendor(app)
    before = manifest_of(app)
    (app / "requirements.txt").write_text("# [sdk]\nalpha==7.7\n")

    result = vendor(app)

    assert result.returncode == 1
    assert "alpha" in result.stderr
    assert manifest_of(app) == before
    assert sorted(path.name for path in (app / ".python_packages").iterdir()) == ["lib", "manifest.json"]
    assert (app / ".python_packages/lib/site-packages/alpha").is_dir()


def test_wheels_for_another_platform_come_on_any_computer(tmp_path: Path, vendor: Vendor, house: Path) -> None:
    """Cross-vendoring takes the wheel, and the markers, of the target."""
    make_wheel(house, "native", "1.0", tag="cp312-cp312-win_amd64")
    make_wheel(house, "native", "1.0", tag="cp312-cp312-manylinux_2_17_x86_64")
    make_wheel(house, "onlywindows", "1.0")
    lines = ["native==1.0", 'onlywindows==1.0 ; sys_platform == "win32"', 'never==1.0 ; python_version < "3.12"']
    app = small_app(tmp_path, "\n".join(["# [sdk]", *lines, ""]))

    def vendored(platform: str) -> tuple[list[str], str]:
        result = vendor(app, "--python", "3.12", "--platform", platform)
        assert result.returncode == 0, result.stderr
        wheel = app / ".python_packages/lib/site-packages/native-1.0.dist-info/WHEEL"
        tag = next(line for line in wheel.read_text().splitlines() if line.startswith("Tag:"))
        return [entry["name"] for entry in manifest_of(app)["distributions"]], tag

    assert vendored("win_amd64") == (["native", "onlywindows"], "Tag: cp312-cp312-win_amd64")
    assert vendored("manylinux_2_28_x86_64") == (["native"], "Tag: cp312-cp312-manylinux_2_17_x86_64")
    assert manifest_of(app)["platform"] == "manylinux_2_28_x86_64"


def test_uv_and_pip_give_the_same_manifest(tmp_path: Path, house: Path) -> None:
    if shutil.which("uv") is None:
        pytest.skip("needs uv: pip install uv")
    manifests: list[dict[str, Any]] = []
    for path in [os.environ["PATH"], str(tmp_path / "nowhere")]:
        app = small_app(tmp_path / str(len(manifests)))
        environment = {**os.environ, "PATH": path, "DURABLE_WHEELHOUSE": str(house)}
        subprocess.run([sys.executable, str(app / "tools" / "vendor.py")], env=environment, check=True, timeout=120)
        manifests.append(manifest_of(app))

    assert manifests[0] == manifests[1]


# --- The check ---------------------------------------------------------------------------------------


def test_the_check_is_content_with_what_was_installed(tmp_path: Path, vendor: Vendor) -> None:
    app = small_app(tmp_path)
    vendor(app)

    result = vendor(app, "--check")

    assert (result.returncode, result.stdout.startswith("2 packages")) == (0, True)


def test_the_check_names_everything_that_differs(tmp_path: Path, vendor: Vendor, house: Path) -> None:
    app = small_app(tmp_path)
    vendor(app)
    packages = app / ".python_packages/lib/site-packages"
    with (packages / "alpha/__init__.py").open("a") as file:
        file.write("print('not ours')\n")
    shutil.rmtree(packages / "beta-2.0.dist-info")
    (app / "requirements.txt").write_text("# [sdk]\nalpha==1.0\n")

    result = vendor(app, "--check")

    assert result.returncode == 1
    for difference in ["requirements.txt has changed", "alpha 1.0 is not as it was installed", "beta is missing"]:
        assert difference in result.stderr
    assert "python tools/vendor.py --force" in result.stderr


def test_the_check_of_nothing_says_how_to_begin(tmp_path: Path, vendor: Vendor) -> None:
    result = vendor(small_app(tmp_path), "--check")

    assert (result.returncode, result.stderr) == (1, "Nothing is vendored yet. Type: python tools/vendor.py\n")


# --- Without a network -------------------------------------------------------------------------------


UNREACHABLE = {"PIP_INDEX_URL": "http://127.0.0.1:9/simple", "UV_DEFAULT_INDEX": "http://127.0.0.1:9/simple"}


def test_without_a_way_to_the_index_the_script_says_so(tmp_path: Path, vendor: Vendor) -> None:
    app = small_app(tmp_path)

    result = vendor(app, DURABLE_WHEELHOUSE="", **UNREACHABLE)

    assert result.returncode == 3
    assert "The package index could not be reached" in result.stderr
    assert not (app / ".python_packages/lib").exists()


def test_without_a_way_to_the_index_the_app_is_complete_and_one_sentence_says_what_to_type(
    environment: dict[str, str],
    cookiecutter: Callable[..., subprocess.CompletedProcess[str]],
    output: Path,
) -> None:
    del environment["DURABLE_WHEELHOUSE"]
    environment.update(UNREACHABLE)

    result = cookiecutter("templates/chaining", "--no-input", "-o", output, "slug=offline", "vendor=sdk")

    assert (output / "offline" / "function_app.py").is_file()
    assert result.stdout.count("Later, in the app's folder, type: python tools/vendor.py") == 1


def test_a_baked_app_is_vendored_from_a_wheelhouse(bake: Bake, environment: dict[str, str], tmp_path: Path) -> None:
    """The hook at work; the wheels stand in for the pinned packages, whose names and versions they have."""
    script = load(small_app(tmp_path))
    pinned = (COMMON.parent / "chaining" / APP_FOLDER / "requirements.txt").read_text(encoding="utf-8")
    lines = script.requirements(pinned, "sdk")
    for line in script.applicable(lines, RUNNING, sysconfig.get_platform()):
        name, _, version = line.partition("==")
        make_wheel(Path(environment["DURABLE_WHEELHOUSE"]), name.replace("-", "_"), version)

    app = bake("chaining", vendor="sdk")

    versions = {entry["name"]: entry["version"] for entry in manifest_of(app)["distributions"]}
    assert versions["azure_functions_durable"] == "1.7.0"


# --- Its parts ---------------------------------------------------------------------------------------


def test_a_section_of_the_requirements_is_read_by_its_heading(script: ModuleType) -> None:
    sdk = ["alpha==1.0", 'beta==2.0 ; python_version >= "3.0"', 'gamma==3.0 ; python_version < "3.0"']

    assert script.requirements(REQUIREMENTS, "sdk") == sdk
    assert script.requirements(REQUIREMENTS, "all") == [*sdk, "delta==4.0"]


def test_requirements_without_headings_are_told_how_to_go_on(script: ModuleType) -> None:
    with pytest.raises(script.VendorError, match="--what all"):
        script.requirements("alpha==1.0\n", "sdk")


@pytest.mark.parametrize(
    ("platform", "uv"),
    [
        ("manylinux2014_x86_64", "x86_64-manylinux2014"),
        ("manylinux_2_28_aarch64", "aarch64-manylinux_2_28"),
        ("macosx_11_0_arm64", "aarch64-apple-darwin"),
        ("win_amd64", "x86_64-pc-windows-msvc"),
    ],
)
def test_uv_has_names_of_its_own_for_platforms(script: ModuleType, platform: str, uv: str) -> None:
    assert script.uv_platform(platform) == uv


def test_pip_is_told_every_older_glibc(script: ModuleType) -> None:
    tags = script.pip_platforms("manylinux_2_18_x86_64")

    assert tags[:2] == ["manylinux_2_18_x86_64", "manylinux_2_17_x86_64"]
    assert {"manylinux2014_x86_64", "manylinux1_x86_64"} <= set(tags)
    assert script.pip_platforms("win_amd64") == ["win_amd64"]


@pytest.mark.parametrize(
    ("python", "platform", "kept"),
    [
        ("3.10", "manylinux2014_x86_64", ["old==1", "linux==1"]),
        ("3.13", "manylinux2014_x86_64", ["new==1", "linux==1"]),
        ("3.13", "win_amd64", ["new==1", "windows==1"]),
        ("3.13", "macosx_11_0_arm64", ["new==1", "arm==1"]),
    ],
)
def test_markers_are_those_of_the_target(script: ModuleType, python: str, platform: str, kept: list[str]) -> None:
    lines = [
        "old==1 ; python_full_version < '3.13'",
        "new==1 ; python_version >= '3.13'",
        "linux==1 ; sys_platform == 'linux'",
        "windows==1 ; os_name == 'nt' and platform_machine == 'AMD64'",
        "arm==1 ; platform_machine == 'arm64'",
    ]

    assert script.applicable(lines, python, platform) == kept


@pytest.mark.parametrize(
    ("metadata", "licence"),
    [
        ("License-Expression: MIT\nLicense: ignored\n", "MIT"),
        ("License: text\nClassifier: License :: OSI Approved :: MIT License\n", "MIT License"),
        ("License: BSD-3-Clause\n", "BSD-3-Clause"),
        ("Name: alpha\n", "unknown"),
    ],
)
def test_the_licence_comes_from_the_newest_field(script: ModuleType, metadata: str, licence: str) -> None:
    assert script.licence(HeaderParser().parsestr(metadata)) == licence


def test_the_hash_of_a_distribution_is_over_its_own_files_only(script: ModuleType, tmp_path: Path) -> None:
    """What installers and interpreters add does not count, so it is the same everywhere."""
    packages = tmp_path / "packages"
    info = packages / "alpha-1.0.dist-info"
    (packages / "alpha").mkdir(parents=True)
    info.mkdir()
    (packages / "alpha/__init__.py").write_bytes(b"x = 1\n")
    (info / "METADATA").write_text("Name: alpha\nVersion: 1.0\n")
    names = ["alpha/__init__.py", "alpha/__pycache__/__init__.pyc", "../../bin/alpha"]
    names += [f"alpha-1.0.dist-info/{name}" for name in ["RECORD", "INSTALLER", "METADATA"]]
    (info / "RECORD").write_text("".join(f"{name},,\n" for name in names))

    entry = script.describe(info)

    expected = hashlib.sha256()
    for name in ["alpha-1.0.dist-info/METADATA", "alpha/__init__.py"]:
        content = hashlib.sha256((packages / name).read_bytes()).hexdigest()
        expected.update(f"{name} {content}\n".encode())
    assert (entry["files"], entry["sha256"]) == (2, expected.hexdigest())


def test_a_version_that_is_none_is_misuse(script: ModuleType, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as exit_:
        script.main(["--python", "latest"])

    assert exit_.value.code == 2
    assert "--python takes a version like 3.12" in capsys.readouterr().err
