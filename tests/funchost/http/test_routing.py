"""Which function answers: order, methods, conflicts."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from funchost.app.index import Binding, FunctionInfo
from funchost.http.routing import build_route_table, url_template


def http_function(name: str, route: str | None = None, methods: list[str] | None = None) -> FunctionInfo:
    properties: dict[str, Any] = {}
    if route is not None:
        properties["route"] = route
    if methods is not None:
        properties["methods"] = methods
    trigger = Binding(name="req", type="httpTrigger", direction="in", properties=properties)
    return FunctionInfo(
        name=name, trigger=trigger, bindings=(trigger,), script_file="f.py", entry_point=name, directory="."
    )


def answers(functions: list[FunctionInfo], method: str, path: str, prefix: str = "api") -> str | None:
    match = build_route_table(functions, prefix).match(method, path.strip("/").split("/"))
    return match and match.function.name


def test_the_route_defaults_to_the_functions_name_below_the_prefix() -> None:
    assert answers([http_function("Hello")], "GET", "/api/hello") == "Hello"
    assert answers([http_function("Hello")], "GET", "/hello") is None


@pytest.mark.parametrize("prefix", ["", "/"])
def test_an_empty_prefix_removes_it(prefix: str) -> None:
    assert answers([http_function("Hello")], "GET", "/hello", prefix) == "Hello"


def test_a_prefix_of_two_segments_and_in_any_case() -> None:
    assert answers([http_function("Hello")], "GET", "/my/API/hello", "my/api") == "Hello"


def test_routes_are_tried_in_alphabetical_order_of_function_name() -> None:
    functions = [http_function("List", "items/recent"), http_function("details", "items/{id}")]
    assert answers(functions, "GET", "/api/items/recent") == "details"


def test_a_method_that_is_not_listed_leaves_the_request_to_the_next_function() -> None:
    functions = [http_function("a", "x", ["get"]), http_function("b", "x", ["POST"])]
    assert answers(functions, "POST", "/api/x") == "b"
    assert answers(functions, "DELETE", "/api/x") is None


def test_get_does_not_imply_head_and_no_methods_means_all() -> None:
    assert answers([http_function("a", methods=["GET"])], "HEAD", "/api/a") is None
    assert answers([http_function("a")], "HEAD", "/api/a") == "a"
    assert answers([http_function("a")], "PROPFIND", "/api/a") == "a"


def test_the_later_of_two_functions_with_one_route_is_in_error() -> None:
    functions = [http_function("b", "X"), http_function("a", "x", ["GET"]), http_function("c", "x/y")]
    table = build_route_table(functions, "api")
    assert [route.function.name for route in table.routes] == ["b", "c"]
    (problem,) = table.problems
    assert problem.function_name == "a"
    assert problem.message == "The route specified conflicts with the route defined by function 'b'."


@pytest.mark.parametrize("route", ["admin", "Admin/users", "administration", "runtime/x"])
def test_reserved_words_at_the_start_of_a_route_are_an_error_whatever_the_prefix(route: str) -> None:
    table = build_route_table([http_function("a", route)], "api")
    assert table.routes == ()
    assert table.problems[0].message == "The specified route conflicts with one or more built in routes."


def test_a_broken_template_is_that_functions_problem_alone() -> None:
    table = build_route_table([http_function("bad", "{id:nope}"), http_function("good")], "api")
    assert [route.function.name for route in table.routes] == ["good"]
    assert "'nope' does not exist" in table.problems[0].message


def test_the_url_shown_is_the_raw_template() -> None:
    function = http_function("start", "orchestrators/{functionName}")
    assert url_template(function, "api", "http://localhost:7071") == (
        "http://localhost:7071/api/orchestrators/{functionName}"
    )
    assert url_template(http_function("root", "/"), "", "http://localhost:7071") == "http://localhost:7071"


@given(
    st.lists(
        st.tuples(
            st.text("abAB", min_size=1, max_size=3),
            st.sampled_from(["x", "{p}", "x/{p?}", "{*p}"]),
            st.none() | st.lists(st.sampled_from(["GET", "POST"]), min_size=1),
        ),
        max_size=6,
        unique_by=lambda one: one[0].lower(),
    ),
    st.sampled_from(["GET", "POST", "PUT"]),
    st.sampled_from([["x"], ["y"], ["x", "y"], []]),
)
def test_the_answer_is_the_first_by_name_among_those_that_fit_alone(
    declared: list[tuple[str, str, list[str] | None]], method: str, path: list[str]
) -> None:
    functions = [http_function(*one) for one in declared]
    table = build_route_table(functions, "")
    in_error = {problem.function_name for problem in table.problems}
    alone = [
        f.name
        for f in functions
        if f.name not in in_error and build_route_table([f], "").match(method, path) is not None
    ]
    match = table.match(method, path)
    assert (match and match.function.name) == (min(alone, key=str.lower) if alone else None)
