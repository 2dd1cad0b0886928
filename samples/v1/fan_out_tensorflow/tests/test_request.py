"""What callers may send, and what they are told when they may not."""

from __future__ import annotations

import pytest

from image_classifier.request import request_from


def test_a_request_without_fields_asks_for_the_sample_photos() -> None:
    assert request_from({}) == {
        "images": ["sample:chelsea.png", "sample:coffee.png", "sample:camera.png", "sample:rocket.jpg"],
        "activities": 2,
        "batch_size": 4,
    }


def test_every_field_can_be_set() -> None:
    fields = {"images": ["a.png", "https://example.com/b.jpg"], "activities": 5, "batch_size": 1}

    assert request_from(fields) == fields


def test_a_checked_request_passes_the_check_again() -> None:
    assert request_from(request_from({})) == request_from({})


@pytest.mark.parametrize(
    ("fields", "complaint"),
    [
        (None, "Send a JSON object"),
        (["a.png"], "Send a JSON object"),
        ({"image": "a.png"}, "Unknown field 'image'. The fields are: images, activities, batch_size."),
        ({"images": "a.png"}, "'images' must be a list"),
        ({"images": [1]}, "'images' must be a list"),
        ({"images": [" "]}, "'images' must be a list"),
        ({"images": []}, "'images' must name 1 to 1000 images, not 0."),
        ({"images": ["a"] * 1001}, "'images' must name 1 to 1000 images, not 1001."),
        ({"activities": 0}, "'activities' must be a whole number from 1 to 64, not 0."),
        ({"activities": 65}, "not 65."),
        ({"activities": 2.5}, "not 2.5."),
        ({"activities": True}, "not True."),
        ({"batch_size": "8"}, "'batch_size' must be a whole number from 1 to 64, not '8'."),
    ],
)
def test_a_request_that_cannot_be_carried_out_is_refused(fields: object, complaint: str) -> None:
    with pytest.raises(ValueError) as refusal:
        request_from(fields)

    assert complaint in str(refusal.value)
