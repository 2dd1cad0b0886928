"""What users of cookiecutter expect of any template: replay, tags, defaults of their own, folders that exist."""

from __future__ import annotations

import json
import re
import subprocess
from collections import Counter
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import pytest

from scaffolding.bake import files_of
from scaffolding.repository import APP_FOLDER, ROOT, template_ids
from tests.templates.conftest import Bake, commit, copy_repository

Cookiecutter = Callable[..., subprocess.CompletedProcess[str]]
CHAINING = ["--directory", "templates/chaining"]


def recorded(app: Path) -> dict[str, Any]:
    answers: dict[str, Any] = json.loads((app / ".cookiecutter.json").read_text(encoding="utf-8"))["cookiecutter"]
    return answers


# --- Answers -----------------------------------------------------------------------------------------


def test_every_question_can_be_answered_on_the_command_line(cookiecutter: Cookiecutter, output: Path) -> None:
    answers = {
        "project_name": "Order flow",
        "slug": "orders",
        "python_version": "3.12",
        "vendor": "none",
        "ci": "github",
        "azure": "scheduler",
        "devcontainer": "True",
    }
    questions = json.loads((ROOT / "templates" / "chaining" / "cookiecutter.json").read_text(encoding="utf-8"))
    given = {name: value for name, value in answers.items() if name in questions}
    given |= {name: first(default) for name, default in questions.items() if name[0] != "_" and name not in answers}

    pairs = [f"{name}={value}" for name, value in given.items()]
    cookiecutter(".", *CHAINING, "--no-input", "-o", output, *pairs)

    answered = {name: str(value) for name, value in recorded(output / "orders").items() if name in given}
    assert answered == given


def first(default: Any) -> str:
    """The answer that a question proposes."""
    return str(default[0] if isinstance(default, list) else default)


@pytest.fixture
def configuration(tmp_path: Path) -> Path:
    """A user's own configuration, with answers of the user's own and a short name for these templates."""
    path = tmp_path / "cookiecutter.yaml"
    path.write_text(
        "default_context:\n"
        "  project_name: My usual name\n"
        "  vendor: none\n"
        "  ci: github\n"
        "  full_name: Not asked for here\n"
        f"abbreviations:\n  durable: {ROOT.as_posix()}{{}}\n"
        f"replay_dir: {tmp_path.as_posix()}/replay\n",
        encoding="utf-8",
    )
    return path


def test_a_users_own_defaults_and_short_names_are_honoured(
    cookiecutter: Cookiecutter, output: Path, configuration: Path
) -> None:
    cookiecutter("durable:", *CHAINING, "--no-input", "-o", output, "--config-file", configuration)

    answers = recorded(output / "my-usual-name")
    assert (answers["project_name"], answers["vendor"], answers["ci"]) == ("My usual name", "none", "github")
    assert "full_name" not in answers


def test_what_is_typed_beats_the_users_own_defaults(
    cookiecutter: Cookiecutter, output: Path, configuration: Path
) -> None:
    cookiecutter(
        ".", *CHAINING, "--no-input", "-o", output, "--config-file", configuration, "slug=typed", "ci=none"
    )

    assert recorded(output / "typed")["ci"] == "none"


# --- Replay ------------------------------------------------------------------------------------------


def test_the_last_answers_can_be_replayed(cookiecutter: Cookiecutter, output: Path, tmp_path: Path) -> None:
    answers = ["slug=an-app", "vendor=none", "azure=storage", "devcontainer=yes", "python_version=3.12"]
    cookiecutter(".", *CHAINING, "--no-input", "-o", output, *answers)

    cookiecutter(".", *CHAINING, "--replay", "-o", tmp_path / "again")

    assert files_of(tmp_path / "again" / "an-app") == files_of(output / "an-app")


def test_an_app_from_before_a_question_is_asked_that_question_only(
    cookiecutter: Cookiecutter, baked: Bake, tmp_path: Path
) -> None:
    app = baked("chaining", slug="an-app", python_version="3.12")
    younger = {"ci", "azure", "devcontainer", "__ci", "__azure", "__scheduler", "__devcontainer"}
    old = {name: value for name, value in recorded(app).items() if name not in younger}
    replay = tmp_path / "old.json"
    replay.write_text(json.dumps({"cookiecutter": old}), encoding="utf-8")

    asked = cookiecutter(
        ".", *CHAINING, "-o", tmp_path / "again", "--replay-file", replay, answers="2\n\n\n"
    ).stdout

    assert "What is the app called?" not in asked
    assert "Where its tests run" in asked
    assert (tmp_path / "again" / "an-app" / ".github" / "workflows" / "tests.yml").is_file()


# --- Releases ----------------------------------------------------------------------------------------


def test_a_tag_keeps_to_one_release(cookiecutter: Cookiecutter, output: Path, tmp_path: Path) -> None:
    repository = copy_repository(tmp_path / "git" / "durable")
    subprocess.run(["git", "-C", str(repository), "tag", "v1"], check=True)
    greeting = repository / "templates" / "chaining" / APP_FOLDER / "greetings.py"
    greeting.write_text("# of the second release\n", encoding="utf-8")
    commit(repository, "The second release")

    source = [repository.as_uri(), *CHAINING, "--no-input", "-o", output, "vendor=none"]
    cookiecutter(*source, "slug=of-the-tag", "--checkout", "v1")
    cookiecutter(*source, "slug=the-newest")

    assert "second release" not in (output / "of-the-tag" / "greetings.py").read_text(encoding="utf-8")
    assert "second release" in (output / "the-newest" / "greetings.py").read_text(encoding="utf-8")
    assert list((output / "of-the-tag" / "wheels").glob("*.whl"))


# --- A folder that exists ----------------------------------------------------------------------------


@pytest.fixture
def used(bake: Bake) -> Path:
    """An app that somebody has worked on: a file changed, one added, one deleted."""
    app = bake("chaining", slug="an-app", python_version="3.12")
    (app / "greetings.py").write_text("# ours\n", encoding="utf-8")
    (app / "ours.py").write_text("# ours, too\n", encoding="utf-8")
    (app / "requests.http").unlink()
    return app


def again(cookiecutter: Cookiecutter, app: Path, *arguments: str, check: bool = True) -> str:
    """Bake an app once more into its folder; what was said."""
    answers = [f"slug={app.name}", "vendor=none", "python_version=3.12"]
    result = cookiecutter(".", *CHAINING, "--no-input", "-o", app.parent, *answers, *arguments, check=check)
    return result.stdout + result.stderr


def test_an_app_is_not_touched_unasked(cookiecutter: Cookiecutter, used: Path) -> None:
    before = files_of(used)

    assert "already exists" in again(cookiecutter, used, check=False)

    assert files_of(used) == before


def test_overwriting_brings_the_templates_files_back_and_leaves_all_others(
    cookiecutter: Cookiecutter, used: Path, baked: Bake
) -> None:
    again(cookiecutter, used, "--overwrite-if-exists")

    fresh = files_of(baked("chaining", slug="an-app", python_version="3.12"))
    assert files_of(used) == {**fresh, "ours.py": b"# ours, too\n"}


def test_skipping_brings_only_what_is_missing(cookiecutter: Cookiecutter, used: Path) -> None:
    again(cookiecutter, used, "--overwrite-if-exists", "--skip-if-file-exists")

    assert (used / "greetings.py").read_text(encoding="utf-8") == "# ours\n"
    assert (used / "ours.py").is_file()
    assert (used / "requests.http").is_file()


def test_refused_answers_leave_an_existing_folder_as_it_is(cookiecutter: Cookiecutter, used: Path) -> None:
    before = files_of(used)

    said = again(cookiecutter, used, "--overwrite-if-exists", "python_version=2.7", check=False)

    assert "python_version=" in said
    assert files_of(used) == before


# --- Paths -------------------------------------------------------------------------------------------


def test_templates_and_output_may_be_in_folders_with_spaces_and_letters_beyond_ascii(
    cookiecutter: Cookiecutter, environment: dict[str, str], tmp_path: Path
) -> None:
    """The wheel is built from the clone there, too, not only copied: needs the package index or a cache."""
    del environment["DURABLE_WHEELHOUSE"]
    repository = copy_repository(tmp_path / "Vorlagen für Zoë's App")
    output = tmp_path / "Mein Büro (新)"

    said = cookiecutter(repository, *CHAINING, "--no-input", "-o", output, "vendor=none", cwd=tmp_path).stdout

    app = output / "durable-chaining"
    assert list((app / "wheels").glob("*.whl")), said
    assert not [path for path, content in files_of(app).items() if "Zoë".encode() in content]


RESERVED = re.compile(r"(con|prn|aux|nul|com[0-9¹²³]|lpt[0-9¹²³])(\..*)?", re.IGNORECASE)
FORBIDDEN = re.compile(r'[<>:"|?*\\\x00-\x1f]|[. ]$')


def windows_problems(paths: Iterable[str], longest: int) -> list[str]:
    """What Windows cannot have: names of devices, some characters, names that differ in case only, long paths."""
    known = list(paths)
    folders = {"/".join(path.split("/")[:depth]) for path in known for depth in range(1, path.count("/") + 1)}
    everything = {*known, *folders}
    parts = {part for path in everything for part in path.split("/")}
    found = [f"{part}: a name that Windows does not take" for part in parts if RESERVED.fullmatch(part)]
    found += [f"{part}: a character that Windows does not take" for part in parts if FORBIDDEN.search(part)]
    found += [f"{path}: longer than {longest}" for path in known if len(path) > longest]
    same = Counter(path.casefold() for path in everything)
    return found + [f"{path}: twice, but for upper and lower case" for path, times in same.items() if times > 1]


def test_windows_can_hold_every_file_of_the_repository() -> None:
    """With 260 characters for a whole path, 80 are left for the folder of the clone."""
    listed = subprocess.run(["git", "-C", str(ROOT), "ls-files", "-z"], capture_output=True, check=False)
    if listed.returncode != 0:
        pytest.skip("this copy of the repository is no git clone, so its files cannot be told from others")

    assert windows_problems(filter(None, listed.stdout.decode().split("\0")), longest=180) == []


@pytest.mark.parametrize("template_id", template_ids())
def test_windows_can_hold_every_file_of_an_app(baked: Bake, template_id: str) -> None:
    everything = {"ci": "github", "azure": "scheduler", "devcontainer": "yes"}
    app = baked(template_id, slug="an-app", python_version="3.12", **everything)

    assert windows_problems(files_of(app), longest=120) == []


def test_windows_problems_are_found() -> None:
    bad = ["aux.py", "a/b:c", "README.md", "docs/x. ", "Readme.md", "x" * 50]

    assert len(windows_problems(bad, longest=40)) == 5
