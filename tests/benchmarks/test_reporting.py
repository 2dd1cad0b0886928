"""Results as texts."""

from __future__ import annotations

import json

import pytest

from benchmarks.measuring import Figures
from benchmarks.ratios import LIMITS, Ratio
from benchmarks.reporting import (
    Report,
    as_json,
    markdown_table,
    page,
    ratio_rows,
    result_rows,
    seconds_text,
    text_table,
)

RESULTS = {
    "one-activity": {
        "funchost": Figures((0.006, 0.005, 0.007), memory_mib=80.4),
        "dbos": Figures((0.0107, 0.01, 0.012)),
        "durabletask": Figures((0.004, 0.003, 0.005)),
    }
}


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0.0001234, "0.123 ms"), (0.00512, "5.12 ms"), (0.123, "123 ms"), (1.0, "1.00 s"), (106.4, "106 s")],
)
def test_seconds_have_three_digits_and_the_unit_that_suits(seconds: float, text: str) -> None:
    assert seconds_text(seconds) == text


def test_the_fastest_comes_first_and_the_workload_is_named_once() -> None:
    assert result_rows(RESULTS)[1:] == [
        ("one activity, start request to result", "durabletask", "4.00 ms (3.00 ms to 5.00 ms)", ""),
        ("", "funchost", "6.00 ms (5.00 ms to 7.00 ms)", "80 MiB"),
        ("", "dbos", "10.7 ms (10.0 ms to 12.0 ms)", ""),
    ]


def test_a_ratio_stands_beside_its_limit() -> None:
    limit = LIMITS[0]
    rows = ratio_rows([Ratio(limit, 0.5), Ratio(limit, 0.7), Ratio(limit, None)])
    assert [row[2:] for row in rows[1:]] == [
        ("0.5", "0.65", "holds"),
        ("0.7", "0.65", "FALLS SHORT"),
        ("not measured", "0.65", ""),
    ]


def test_columns_stand_under_each_other() -> None:
    assert text_table([("a", "bb"), ("ccc", "d")]) == "a    bb\nccc  d"


def test_a_markdown_table_has_a_rule_under_its_heading() -> None:
    assert markdown_table([("a", "b"), ("1", "2")]) == "| a | b |\n| --- | --- |\n| 1 | 2 |"


def test_json_keeps_every_round() -> None:
    document = json.loads(as_json(_report()))
    assert document["results"]["one-activity"]["funchost"] == {"seconds": [0.006, 0.005, 0.007], "memory_mib": 80.4}
    assert document["ratios"][0]["at_most"] == LIMITS[0].at_most


def test_the_page_describes_the_machine_and_holds_both_tables() -> None:
    text = page(_report())
    assert "- processor: a fast one" in text
    assert markdown_table(result_rows(RESULTS)) in text
    assert markdown_table(ratio_rows([Ratio(LIMITS[0], 0.5)])) in text


def _report() -> Report:
    return Report(
        results=RESULTS,
        ratios=[Ratio(LIMITS[0], 0.5)],
        machine={"processor": "a fast one"},
        notes={"funchost": "as users run it"},
        rounds=3,
    )
