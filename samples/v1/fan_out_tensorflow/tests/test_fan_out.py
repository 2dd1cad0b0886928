"""Sharing out work and adding up results."""

from __future__ import annotations

import pytest

from image_classifier.fan_out import Broken, Classified, split_evenly, summarise


@pytest.mark.parametrize("parts", range(1, 12))
def test_nothing_is_lost_and_shares_differ_by_one_at_most(parts: int) -> None:
    for count in range(1, 40):
        items = [f"{number}.png" for number in range(count)]

        shares = split_evenly(items, parts)

        assert [item for share in shares for item in share] == items
        assert len(shares) == min(parts, count)
        assert max(map(len, shares)) - min(map(len, shares)) <= 1


def test_no_work_makes_no_shares() -> None:
    assert split_evenly([], 3) == []


def test_the_remainder_goes_to_the_first_shares() -> None:
    assert [len(share) for share in split_evenly("abcdefghijk", 4)] == [3, 3, 3, 2]


def test_no_share_at_all_is_refused() -> None:
    with pytest.raises(ValueError, match="parts must be at least 1, not 0"):
        split_evenly(["a.png", "b.png"], 0)


def test_summary_counts_labels_and_lists_failures() -> None:
    cat: Classified = {"image": "a.png", "label": "Egyptian cat", "probability": 0.4}
    broken: Broken = {"image": "b.png", "reason": "no such file"}
    cup: Classified = {"image": "c.png", "label": "espresso", "probability": 0.9}
    other_cup: Classified = {"image": "d.png", "label": "espresso", "probability": 0.5}

    summary = summarise(
        [
            {"worker": "host/1", "images": [cat, broken]},
            {"worker": "host/2", "images": [cup]},
            {"worker": "host/1", "images": [other_cup]},
        ]
    )

    assert summary == {
        "images": 4,
        "activities": 3,
        "workers": 2,
        "labels": {"espresso": 2, "Egyptian cat": 1},
        "results": [cat, cup, other_cup],
        "failures": [broken],
    }
    assert list(summary["labels"]) == ["espresso", "Egyptian cat"]  # most frequent first
