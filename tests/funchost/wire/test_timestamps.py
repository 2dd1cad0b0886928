"""Time spans as .NET writes them."""

from __future__ import annotations

from datetime import timedelta

import pytest

from funchost.wire.timestamps import format_time_span


@pytest.mark.parametrize(
    ("span", "text"),
    [
        (timedelta(0), "00:00:00"),
        (timedelta(hours=23, minutes=59, seconds=59), "23:59:59"),
        (timedelta(days=2, seconds=3), "2.00:00:03"),
        (timedelta(microseconds=20_000), "00:00:00.0200000"),
    ],
)
def test_time_spans(span: timedelta, text: str) -> None:
    assert format_time_span(span) == text
