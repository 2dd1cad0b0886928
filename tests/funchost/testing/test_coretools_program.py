"""Which func is found, what its version is, and whether it will do."""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path

import pytest

from funchost.testing.coretools_program import (
    INSTALL_COMMAND,
    PATH_VARIABLE,
    CoreToolsMissing,
    CoreToolsUnusable,
    Version,
    find_core_tools,
    parse_version,
    shortcomings,
)
from funchost.testing.hosts import HostDidNotStart
from tests.funchost.testing.conftest import StandIn, make_func

SHA = "0123456789abcdef0123456789abcdef01234567"


@pytest.mark.parametrize(
    ("output", "version"),
    [
        ("3.0.2630\n", (3, 0, 2630)),
        ("3.0.3904\r\n", (3, 0, 3904)),
        ("4.0.5382\n", (4, 0, 5382)),
        ("4.14.0\n", (4, 14, 0)),
        ("4.14.0-preview.1\n", (4, 14, 0)),
        ("5.0.0-preview.2+abc\n", (5, 0, 0)),
        (f"Core Tools Version:       4.14.0+{SHA} (64-bit)\n", (4, 14, 0)),
        (f"Azure Functions Core Tools\nCore Tools Version:       4.0.5382 Commit hash: {SHA}  (64-bit)\n"
         "Function Runtime Version: 4.25.3.21264\n", (4, 0, 5382)),
        (f"Azure Functions Core Tools (3.0.2630 Commit hash: {SHA})\nFunction Runtime Version: 3.0.13901.0\n",
         (3, 0, 2630)),
        ("Azure Functions Core Tools binary not found. Running first-time setup...\nattempting to GET \"…\"\n"
         "\nTelemetry\n---------\nThe tools collect usage data.\n4.13.2\n", (4, 13, 2)),
        ("4.0.7030\n\nA newer version of Azure Functions Core Tools is available (4.14.0).\n", (4, 0, 7030)),
        ("(node:12) Warning: 99.1.2 is deprecated\n\x1b[33m4.8.0\x1b[0m\n", (4, 8, 0)),
    ],
)  # fmt: skip
def test_the_version_is_read_in_whatever_form_it_is_printed(output: str, version: tuple[int, int, int]) -> None:
    assert parse_version(output) == version


@pytest.mark.parametrize(
    "output", ["", "v1.15.0\n", "func: command not found\n", "Function Runtime Version: 4.1.2\n"]
)
def test_what_holds_no_version_gives_none(output: str) -> None:
    assert parse_version(output) is None


def test_a_func_named_by_the_variable_is_found(stand_in: StandIn) -> None:
    stand_in.does(version="note: first run\n4.0.5382")

    found = find_core_tools()

    assert found.path == stand_in.path
    assert str(found.version) == "4.0.5382"


def test_the_variable_may_name_the_folder(stand_in: StandIn) -> None:
    found = find_core_tools(environment={**os.environ, PATH_VARIABLE: str(stand_in.path.parent)})

    assert found.path == stand_in.path


def without_func(tmp_path: Path) -> dict[str, str]:
    """An environment in which no func is found."""
    empty = tmp_path / "empty"
    empty.mkdir()
    return {**os.environ, "PATH": str(empty), PATH_VARIABLE: ""}


def test_a_func_on_path_is_found(stand_in: StandIn, tmp_path: Path) -> None:
    environment = {**without_func(tmp_path), "PATH": str(stand_in.path.parent)}

    assert find_core_tools(tmp_path, environment).path == stand_in.path


def test_a_func_in_node_modules_above_the_app_is_found(stand_in: StandIn, tmp_path: Path) -> None:
    environment = without_func(tmp_path)
    in_project = make_func(tmp_path / "project" / "node_modules" / ".bin")
    app = tmp_path / "project" / "apps" / "one"
    app.mkdir(parents=True)

    assert find_core_tools(app, environment).path == in_project


@pytest.mark.skipif(sys.platform == "win32", reason="npm's folder of global programs is another there")
@pytest.mark.skipif(shutil.which("npm") is None, reason="npm is not on PATH; it is asked for its global folder")
def test_a_func_in_npms_global_folder_is_found_though_it_is_not_on_path(stand_in: StandIn, tmp_path: Path) -> None:
    global_func = make_func(tmp_path / "global" / "bin")
    programs = tmp_path / "npm-only"
    programs.mkdir()
    for name in ("npm", "node", "sh", "env"):
        found = shutil.which(name)
        assert found is not None
        (programs / name).symlink_to(Path(found).resolve() if name == "npm" else found)
    environment = {
        **without_func(tmp_path),
        "PATH": str(programs),
        "npm_config_prefix": str(tmp_path / "global"),
    }

    assert find_core_tools(tmp_path, environment).path == global_func


def test_where_there_is_none_the_error_names_the_minimum_and_the_command(tmp_path: Path) -> None:
    with pytest.raises(CoreToolsMissing) as missing:
        find_core_tools(tmp_path, without_func(tmp_path))

    assert "3.0.2630 or higher" in str(missing.value)
    assert INSTALL_COMMAND in str(missing.value)
    assert isinstance(missing.value, HostDidNotStart)  # what the pytest plugin reports


def test_a_variable_that_names_nothing_is_an_error_even_if_there_is_another(
    stand_in: StandIn, tmp_path: Path
) -> None:
    environment = {**os.environ, "PATH": str(stand_in.path.parent), PATH_VARIABLE: str(tmp_path / "gone")}

    with pytest.raises(CoreToolsMissing, match=f"{PATH_VARIABLE} is .*gone, and there is no func"):
        find_core_tools(tmp_path, environment)


@pytest.mark.parametrize("version", ["2.7.3188", "3.0.2629", "3.0.2534"])
def test_an_older_one_is_refused_with_the_minimum_and_the_command(stand_in: StandIn, version: str) -> None:
    stand_in.does(version=version)

    with pytest.raises(CoreToolsUnusable) as refused:
        find_core_tools()

    assert f"Core Tools {version}" in str(refused.value)
    assert "3.0.2630 or higher is needed" in str(refused.value)
    assert INSTALL_COMMAND in str(refused.value)


@pytest.mark.parametrize("version", ["3.0.2630", "3.0.3904", "4.0.1", "4.14.0"])
def test_the_minimum_and_newer_ones_are_taken(stand_in: StandIn, version: str) -> None:
    stand_in.does(version=version)

    assert str(find_core_tools().version) == version


def test_version_5_is_refused_as_another_program(stand_in: StandIn) -> None:
    stand_in.does(version="5.0.0-preview.3")

    with pytest.raises(CoreToolsUnusable, match=r"5\.0\.0.*func run.*azure-functions-core-tools@4"):
        find_core_tools()


def test_another_program_of_that_name_is_shown_with_what_it_said(stand_in: StandIn) -> None:
    stand_in.does(version="v1.15.0")

    with pytest.raises(CoreToolsUnusable, match=r"(?s)something else or broken.*v1\.15\.0"):
        find_core_tools()


def test_npms_launcher_whose_program_cannot_be_downloaded_counts_as_missing(stand_in: StandIn) -> None:
    stand_in.does(
        version="Azure Functions Core Tools binary not found. Running first-time setup...\n"
        "Error: getaddrinfo ENOTFOUND cdn.functions.azure.com",
        version_exit=1,
    )

    with pytest.raises(CoreToolsMissing, match=r"(?s)npm's launcher.*could not be downloaded.*ENOTFOUND"):
        find_core_tools()


@pytest.mark.parametrize(
    ("version", "model", "python", "lacking"),
    [
        ((4, 14, 0), "v2", (3, 14), []),
        ((4, 0, 5382), "v2", (3, 11), []),
        ((4, 0, 4785), "v1", (3, 9), []),
        ((4, 0, 5381), "v2", (3, 11), ["only behind a flag"]),
        ((4, 0, 4784), "v2", (3, 9), ["do not know function_app.py"]),
        ((3, 0, 2630), "v1", (3, 9), ["runtime 3.x", "do not run Python 3.9: it needs 3.0.3216"]),
        ((4, 0, 4828), "v1", (3, 10), ["Python 3.10: it needs 4.0.4829"]),
        ((4, 0, 5197), "v1", (3, 11), ["Python 3.11: it needs 4.0.5198"]),
        ((4, 0, 6593), "v2", (3, 12), ["Python 3.12: it needs 4.0.6594"]),
        ((4, 0, 7511), "v2", (3, 13), ["Python 3.13: it needs 4.0.7512"]),
        ((4, 1, 0), "v2", (3, 13), []),
        ((4, 3, 9), "v2", (3, 14), ["Python 3.14: it needs 4.4.0"]),
        ((4, 14, 0), "v2", (3, 15), ["not known"]),
        ((4, 8, 0), "v2", (3, 8), ["do not run Python 3.8: since 4.8.0"]),
    ],
)
def test_what_the_app_needs_and_this_version_lacks_is_said(
    version: tuple[int, int, int], model: str, python: tuple[int, int], lacking: list[str]
) -> None:
    sentences = shortcomings(Version(*version), model, python)

    assert len(sentences) == len(lacking)
    for sentence, part in zip(sentences, lacking, strict=True):
        assert part in sentence
        assert INSTALL_COMMAND in sentence
