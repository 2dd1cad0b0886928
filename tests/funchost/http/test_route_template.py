"""Route templates and their constraints."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from funchost.http.route_template import RouteTemplateError, parse_template

MATCHES = [
    ("hello", "hello", {}),
    ("hello", "HELLO", {}),
    ("/hello/", "hello", {}),
    ("hello", "hello/there", None),
    ("", "", {}),
    ("orders/{id}", "orders/7", {"id": "7"}),
    ("orders/{id}", "orders", None),
    ("orders/{id?}", "orders", {}),
    ("orders/{id?}", "orders/7", {"id": "7"}),
    ("orders/{id=42}", "orders", {"id": "42"}),
    ("orders/{id=42}", "orders/7", {"id": "7"}),
    ("orders/{id:int?}", "orders", {}),
    ("orders/{id:int=3}", "orders", {"id": "3"}),
    ("{a?}/{b?}", "", {}),
    ("files/{*path}", "files/a/b", {"path": "a/b"}),
    ("files/{**path}", "files/a/b", {"path": "a/b"}),
    ("files/{*path}", "files", {}),
    ("files/{*path=none}", "files", {"path": "none"}),
    ("files/{*path:alpha}", "files/abc", {"path": "abc"}),
    ("files/{*path:alpha}", "files/1", None),
    ("{name}.{extension}", "report.pdf", {"name": "report", "extension": "pdf"}),
    ("{name}.{extension}", "a.b.c", {"name": "a.b", "extension": "c"}),
    ("{name}.{extension?}", "report", {"name": "report"}),
    ("{name}.{extension?}", "report.pdf", {"name": "report", "extension": "pdf"}),
    ("v{major:int}-{minor:int}", "v1-2", {"major": "1", "minor": "2"}),
    ("v{major:int}-{minor:int}", "v1-x", None),
    ("a{{b}}c", "a{b}c", {}),
    (r"ssn/{n:regex(^\d{{3}}-\d{{2}}$)}", "ssn/123-45", {"n": "123-45"}),
    (r"ssn/{n:regex(^\d{{3}}-\d{{2}}$)}", "ssn/123-456", None),
    (r"{n:regex(^(a|b:c)$)}", "b:c", {"n": "b:c"}),
    (r"{n:regex(a/b)?}", "", {}),
    ("{id:int:min(5)}", "7", {"id": "7"}),
    ("{id:int:min(5)}", "4", None),
]


@pytest.mark.parametrize(("template", "path", "values"), MATCHES)
def test_a_template_matches(template: str, path: str, values: dict[str, str] | None) -> None:
    assert parse_template(template).match(path.split("/") if path else []) == values


CONSTRAINTS = [
    ("alpha", ["abc", "ABC"], ["a1", "ä", "a b"]),
    ("bool", ["true", "False"], ["1", "yes"]),
    ("datetime", ["2024-05-01", "2024-05-01 10:00", "5/1/2024 3:00 pm"], ["yesterday", "2024-13-01"]),
    ("decimal", ["1", "-1.5", "1,234.5", ".5"], ["1e5", "x", "."]),
    ("double", ["1", "-1.5e-7", "NaN"], ["x", "1e"]),
    ("float", ["1.5"], ["one"]),
    ("guid", ["9b0ea6ad-4d80-4c4c-bd7c-6f9d1e3f2a10", "{9B0EA6AD-4D80-4C4C-BD7C-6F9D1E3F2A10}"], ["9b0ea6ad"]),
    ("int", ["0", "-2147483648", "+5"], ["2147483648", "1.0", "x", "9" * 5000]),
    ("long", ["9223372036854775807"], ["9223372036854775808"]),
    ("length(3)", ["abc"], ["ab", "abcd"]),
    ("length(2,3)", ["ab", "abc"], ["a", "abcd"]),
    ("minlength(2)", ["ab"], ["a"]),
    ("maxlength(2)", ["ab"], ["abc"]),
    ("min(5)", ["5", "100"], ["4", "x"]),
    ("max(5)", ["5", "-100"], ["6"]),
    ("range(1,3)", ["1", "3"], ["0", "4"]),
    ("required", ["a"], []),
    ("regex(^a+$)", ["a", "AA"], ["b"]),
    ("regex(b)", ["abc"], ["ac"]),
    ("INT", ["1"], ["x"]),
]


@pytest.mark.parametrize(("constraint", "passing", "failing"), CONSTRAINTS)
def test_a_constraint_lets_the_right_texts_through(constraint: str, passing: list[str], failing: list[str]) -> None:
    template = parse_template(f"{{value:{constraint}}}")
    assert [text for text in passing if template.match([text]) != {"value": text}] == []
    assert [text for text in failing if template.match([text]) is not None] == []


REFUSED = [
    ("a//b", "two slashes"),
    ("{id", "no closing"),
    ("id}", "no opening"),
    ("{}", "no name"),
    ("{a}{b}", "side by side"),
    ("{a}/{A}", "twice"),
    ("{*rest}/more", "last segment"),
    ("x{*rest}", "last segment"),
    ("{*rest?}", "cannot be optional"),
    ("{a=1?}", "default and is optional"),
    ("{a?}-{b}", "must follow a period"),
    ("{id:number}", "does not exist. Known constraints: alpha"),
    ("{id:min}", "cannot take no argument"),
    ("{id:min(a)}", "whole numbers"),
    ("{id:range(1)}", "cannot take the argument '1'"),
    ("{id:int(3)}", "cannot take the argument '3'"),
    ("{id:regex([)}", "is not valid"),
]


@pytest.mark.parametrize(("template", "reason"), REFUSED)
def test_a_template_that_cannot_be_a_route_is_refused_with_a_reason(template: str, reason: str) -> None:
    with pytest.raises(RouteTemplateError) as refusal:
        parse_template(template)
    assert template in str(refusal.value)
    assert reason in str(refusal.value)


names = st.text("abcxyz", min_size=1, max_size=5)
texts = st.text(min_size=1, max_size=12).filter(lambda text: "/" not in text)


@given(st.lists(st.tuples(names, texts), min_size=1, max_size=5, unique_by=lambda pair: pair[0]))
def test_any_text_is_bound_whole_to_its_parameter(pairs: list[tuple[str, str]]) -> None:
    template = parse_template("/".join(f"{{{name}}}" for name, _ in pairs))
    assert template.match([text for _, text in pairs]) == dict(pairs)


@given(st.lists(texts, max_size=6))
def test_a_catch_all_takes_every_segment(path: list[str]) -> None:
    values = parse_template("{*rest}").match(path)
    assert values == ({"rest": "/".join(path)} if path else {})


@given(st.text("{}?*:=/.()aé1", max_size=20), st.lists(st.text(max_size=4), max_size=4))
def test_reading_a_template_gives_a_route_or_a_reason(template: str, path: list[str]) -> None:
    try:
        outcome = str(parse_template(template).match(path))
    except RouteTemplateError as refusal:
        outcome = str(refusal)
    assert outcome == "None" or outcome[0] == "{" or outcome.startswith(f"The route template '{template}' is")
