"""What is written into docs/ from elsewhere: excerpts of code, and the reference."""

from __future__ import annotations

from pathlib import Path

import pytest

from scaffolding import pages
from scaffolding.pages import reference, reference_texts
from scaffolding.pages.excerpts import with_excerpts
from scaffolding.repository import ScaffoldingError

CODE = '''\
LIMIT = 3
NAME = "x"


# Why it is there.
@decorated
def work(value: int) -> int:
    """Do it."""
    return value


class Thing:
    def part(self) -> None:
        pass
'''


@pytest.fixture
def root(tmp_path: Path) -> Path:
    (tmp_path / "code.py").write_text(CODE)
    return tmp_path


def page(names: str) -> str:
    return f"Before\n\n<!-- from code.py{names} -->\n```python\nold\n```\n\nAfter\n"


def code_in(text: str) -> str:
    return text.partition("```python\n")[2].partition("\n```\n")[0]


def test_the_docs_are_as_they_should_be() -> None:
    """`nox -s bake` brings them up to date."""
    assert pages.write(check=True) == []


def test_an_excerpt_is_a_definition_with_its_decorators_and_the_comment_above(root: Path) -> None:
    filled = with_excerpts(page(": work"), root)
    assert code_in(filled) == "\n".join(CODE.splitlines()[4:9])
    assert filled.startswith("Before\n\n<!-- from code.py: work -->\n")
    assert filled.endswith("```\n\nAfter\n")


def test_several_stand_in_the_order_in_which_they_are_named(root: Path) -> None:
    assert code_in(with_excerpts(page(": NAME, LIMIT"), root)) == 'NAME = "x"\nLIMIT = 3'


def test_a_method_is_named_with_its_class_and_a_file_without_names_is_whole(root: Path) -> None:
    assert code_in(with_excerpts(page(": Thing.part"), root)) == "def part(self) -> None:\n    pass"
    assert code_in(with_excerpts(page(""), root)) == CODE.rstrip()


def test_what_is_gone_is_named_with_what_there_is(root: Path) -> None:
    with pytest.raises(ScaffoldingError, match=r"takes play from code\.py, which has only: LIMIT, NAME, work"):
        with_excerpts(page(": play"), root)
    with pytest.raises(ScaffoldingError, match="and there is no such file"):
        with_excerpts(page(": work").replace("code.py", "gone.py"), root)


def test_a_setting_that_nobody_described_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(reference_texts.HOST_JSON, "functionTimeout")
    missing = r"does not say what this setting of host\.json does: functionTimeout"
    with pytest.raises(ScaffoldingError, match=missing):
        reference.reference_page()


def test_a_description_of_a_setting_that_is_gone_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(reference_texts.ENVIRONMENT, "FUNCTIONS_GONE", "Nothing.")
    gone = r"speaks of what is gone \(environment variable\): FUNCTIONS_GONE"
    with pytest.raises(ScaffoldingError, match=gone):
        reference.reference_page()


def test_the_reference_has_every_command_with_every_option() -> None:
    text = reference.reference_page()
    for shown in (
        "### funchost start",
        "### funchost durable get-instances",
        "`--no-extended-sessions`",
        "`--scrub",
    ):
        assert shown.strip("`") in text
    assert "connection-string-setting" not in text, "hidden options stay hidden"
