"""Paths, query parameters and times, read as the real host reads them."""

from __future__ import annotations

from datetime import datetime, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from funchost.http.datetimes import parse_lenient_time
from funchost.http.paths import function_segments, management_segments
from funchost.http.query import Query
from funchost.model.status import RuntimeStatus


@pytest.mark.parametrize(
    ("raw", "segments"),
    [
        ("/", []),
        ("/api/hello", ["api", "hello"]),
        ("/api/hello/", ["api", "hello"]),
        ("/api/a%20b+c", ["api", "a b+c"]),
        ("/api/a%2Fb", ["api", "a%2Fb"]),
        ("/api/%252F", ["api", "%2F"]),
        ("/api/../secret/./x", ["secret", "x"]),
        ("/%2e%2e/%2e%2e/etc", ["etc"]),
        ("/api/%E4%B8%96", ["api", "世"]),
        ("/api/%FF", ["api", "\ufffd"]),
    ],
)
def test_function_paths_are_decoded_once_and_resolved(raw: str, segments: list[str]) -> None:
    assert function_segments(raw) == segments


@pytest.mark.parametrize(
    ("raw", "segments"),
    [
        ("", []),
        ("instances/", ["instances"]),
        ("instances/a%20b", ["instances", "a b"]),
        ("instances/a+b", ["instances", "a b"]),
        ("instances/a%2Bb", ["instances", "a+b"]),
        ("instances/a%2Fb", ["instances", "a", "b"]),
        ("instances/a%252Fb", ["instances", "a%2Fb"]),
    ],
)
def test_management_paths_are_decoded_as_a_form(raw: str, segments: list[str]) -> None:
    assert management_segments(raw) == segments


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2024-05-01T10:00:00.123456Z", (2024, 5, 1, 10, 0, 0, 123456)),
        ("2024-05-01T10:00:00.1234567Z", (2024, 5, 1, 10, 0, 0, 123456)),
        ("2024-05-01T10:00:00", (2024, 5, 1, 10)),
        (" 2024-05-01 ", (2024, 5, 1)),
        ("2024-5-1 9:05", (2024, 5, 1, 9, 5)),
        ("2024-05-01T10:00:00+02:00", (2024, 5, 1, 8)),
        ("2024-05-01T10:00:00 02:00", (2024, 5, 1, 8)),
        ("2024-05-01T10:00:00-0530", (2024, 5, 1, 15, 30)),
        ("5/1/2024 3:04:05 PM", (2024, 5, 1, 15, 4, 5)),
        ("5/1/2024 12:00 am", (2024, 5, 1)),
        ("Wed, 01 May 2024 10:00:00 GMT", (2024, 5, 1, 10)),
        ("1-01-01T00:00:00Z", (1, 1, 1)),
    ],
)
def test_times_are_read_leniently_as_utc(text: str, moment: tuple[int, ...]) -> None:
    assert parse_lenient_time(text) == datetime(*moment, tzinfo=timezone.utc)  # type: ignore[misc,arg-type]


@pytest.mark.parametrize(
    "text", ["", "now", "2024-02-30", "2024-05-01T25:00", "0001-01-01T00:00+10:00", "5/1/2024 13:00 pm", "1" * 99]
)
def test_what_is_no_time_is_none(text: str) -> None:
    assert parse_lenient_time(text) is None


@given(st.text())
def test_reading_a_time_never_raises(text: str) -> None:
    moment = parse_lenient_time(text)
    assert moment is None or moment.tzinfo is timezone.utc


@given(st.datetimes(timezones=st.just(timezone.utc)))
def test_the_sdks_own_format_is_read_back(moment: datetime) -> None:
    assert parse_lenient_time(moment.strftime("%Y-%m-%dT%H:%M:%S.%fZ")) == moment


def test_names_ignore_case_and_repeated_values_are_joined() -> None:
    query = Query(b"RuntimeStatus=Running,Pending&runtimestatus=Failed&runtimeStatus=completed,Nope")
    assert query.statuses() == {RuntimeStatus.RUNNING, RuntimeStatus.PENDING, RuntimeStatus.FAILED}


@pytest.mark.parametrize(
    ("text", "value"),
    [("true", True), (" TRUE ", True), ("True", True), ("false", False), ("1", None), ("", None), ("yes", None)],
)
def test_booleans_are_net_booleans(text: str, value: bool | None) -> None:
    query = Query(b"flag=" + text.encode().replace(b" ", b"+"))
    assert [query.boolean("FLAG", default) for default in (True, False)] == (
        [True, False] if value is None else [value, value]
    )


@pytest.mark.parametrize(
    ("text", "size"), [("5", 5), ("0", 100), ("-1", 100), ("x", 100), ("99999999999", 100), ("²", 100)]
)
def test_an_unusable_page_size_is_the_default(text: str, size: int) -> None:
    assert Query(b"top=" + text.encode()).page_size(100) == size


@pytest.mark.parametrize(
    ("text", "seconds"), [("1.5", 1.5), ("", None), ("x", None), ("nan", 0.0), ("inf", 0.0), ("-3", 0.0)]
)
def test_seconds_are_finite_and_not_negative(text: str, seconds: float | None) -> None:
    assert Query(b"timeout=" + text.encode()).seconds("timeout") == seconds


@given(st.binary())
def test_any_query_string_can_be_read(query_string: bytes) -> None:
    query = Query(query_string)
    assert query.page_size(7) >= 1
    assert query.statuses() <= set(RuntimeStatus)
