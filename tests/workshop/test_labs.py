"""The labs fit the templates of today, and their texts fit the labs."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from workshop.course import LABS_FOLDER, labs, prepare
from workshop.lab import Edit, Lab, WorkshopError, apply, lay_solution
from workshop.steps import blocks, first_not_shown
from workshop.verifying import verify_lab

WORKSHOP = LABS_FOLDER.parent
every_lab = pytest.mark.parametrize("lab", labs(), ids=lambda lab: lab.home.name)


def code_of(app: Path) -> str:
    """All Python code of an app, without what it has from its template's tools."""
    files = [path for path in app.rglob("*.py") if not {"typings", "tools"} & set(path.relative_to(app).parts)]
    return "\n".join(path.read_text(encoding="utf-8") for path in files)


@every_lab
def test_its_changes_fit_the_app_as_it_is_baked_today(lab: Lab, tmp_path: Path) -> None:
    app = prepare(lab, tmp_path)
    before = code_of(app)
    lay_solution(lab, app)

    assert (app / "LAB.md").read_text(encoding="utf-8") == lab.readme.read_text(encoding="utf-8")
    assert code_of(app) != before


@every_lab
def test_what_its_readme_says_to_write_is_in_the_solution(lab: Lab, tmp_path: Path) -> None:
    app = prepare(lab, tmp_path)
    lay_solution(lab, app)
    solution = code_of(app)

    told = [body for kind, body in blocks(lab.readme.read_text(encoding="utf-8")) if kind == "python"]
    lines = {line.strip() for body in told for line in body.splitlines()} - {""}
    assert {line for line in lines if line not in solution} == set()


@every_lab
def test_its_readme_says_what_it_is_for_and_ends_with_its_check(lab: Lab) -> None:
    text = lab.readme.read_text(encoding="utf-8")

    assert text.startswith(f"# Lab {lab.number}: ")
    assert f"About\n{lab.minutes} minutes" in text or f"About {lab.minutes} minutes" in text
    assert re.findall(r"^## (.*)$", text, re.MULTILINE) == ["Steps", "Why", "Going further"]
    assert re.search(r"^```(mermaid|text picture)$", text, re.MULTILINE)
    assert f"python -m workshop start {lab.number}\ncd my-labs/{lab.slug}" in text
    assert "python -m workshop check" in text.partition("<!-- solve -->")[2]


def test_there_are_ten_of_them_and_the_readme_lists_each() -> None:
    readme = (WORKSHOP / "README.md").read_text(encoding="utf-8")
    listed = re.findall(r"^\| \[(\d+) (.*)\]\((labs/[^)]*)\) \|", readme, re.MULTILINE)

    expected = [(str(lab.number), lab.title, lab.readme.relative_to(WORKSHOP).as_posix()) for lab in labs()]
    assert listed == expected
    assert [lab.number for lab in labs()] == list(range(1, 11))


@pytest.mark.parametrize("page", ["README.md", "TEACHING.md", "slides.md"])
def test_every_link_leads_somewhere(page: str) -> None:
    text = (WORKSHOP / page).read_text(encoding="utf-8")
    links = [link for link in re.findall(r"\]\(([^)#]+)\)", text) if "://" not in link]

    assert [link for link in links if not (WORKSHOP / link).exists()] == []


def test_a_change_whose_place_is_gone_is_an_error_that_names_it(tmp_path: Path) -> None:
    (tmp_path / "app.py").write_text("one\ntwo\ntwo\n", encoding="utf-8")
    lab = labs()[0]

    for old, times in [("three", 0), ("two", 2)]:
        with pytest.raises(WorkshopError, match=rf"(?s)lab01.*this is {times} times in app\.py.*chaining.*{old}"):
            apply(lab, [Edit("app.py", old, "four")], tmp_path)
    with pytest.raises(WorkshopError, match=r"the template has no gone\.py any more"):
        apply(lab, [Edit("gone.py", "one", "two")], tmp_path)


def test_one_lab_from_its_first_step_to_its_last() -> None:
    """The others are done by `nox -s workshop`."""
    assert verify_lab(labs()[1]) == "4 of 4 checks fail before it is solved, none after"


@pytest.mark.parametrize(
    ("expected", "missing"),
    [
        ("Status   Completed\nOutput [1, ...]", None),
        ("Output [1, ...]\nStatus Completed", "Status Completed"),
        ("Status Failed", "Status Failed"),
        ("", None),
    ],
)
def test_what_is_shown_has_the_lines_in_their_order(expected: str, missing: str | None) -> None:
    actual = "Instance  first\nStatus      Completed\n\nOutput      [1, 2, 3]\n"

    assert first_not_shown(expected, actual) == missing
