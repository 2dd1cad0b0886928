"""What a caller may ask for. The route checks it, and so does the orchestrator, whoever started it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypedDict

from image_classifier.samples import SAMPLE_PHOTOS

MAX_IMAGES = 1000  # the whole list is an orchestrator's input, and its results are the output
MAX_ACTIVITIES = 64
MAX_BATCH_SIZE = 64  # every image of a batch takes some 12 MB while it passes through the network


class ClassificationRequest(TypedDict):
    """Which images, shared among how many activities, how many at a time through the network."""

    images: list[str]
    activities: int
    batch_size: int


DEFAULTS = ClassificationRequest(
    images=[f"sample:{name}" for name in SAMPLE_PHOTOS],
    activities=2,
    batch_size=4,
)


def request_from(fields: Any) -> ClassificationRequest:
    """Check a request's fields and fill in those that are missing.

    Raises:
        ValueError: Not an object, an unknown field, or a value out of range; says what to send.
    """
    if not isinstance(fields, Mapping):
        raise ValueError('Send a JSON object, for example {"images": ["sample:coffee.png"]}.')
    if unknown := sorted(fields.keys() - DEFAULTS.keys()):
        raise ValueError(f"Unknown field {unknown[0]!r}. The fields are: {', '.join(DEFAULTS)}.")
    return ClassificationRequest(
        images=_images(fields.get("images", DEFAULTS["images"])),
        activities=_whole_number(
            "activities", fields.get("activities", DEFAULTS["activities"]), MAX_ACTIVITIES
        ),
        batch_size=_whole_number(
            "batch_size", fields.get("batch_size", DEFAULTS["batch_size"]), MAX_BATCH_SIZE
        ),
    )


def _images(value: Any) -> list[str]:
    if not isinstance(value, list) or not all(isinstance(image, str) and image.strip() for image in value):
        raise ValueError("'images' must be a list of paths, URLs or names such as \"sample:coffee.png\".")
    if not 1 <= len(value) <= MAX_IMAGES:
        raise ValueError(f"'images' must name 1 to {MAX_IMAGES} images, not {len(value)}.")
    return value


def _whole_number(name: str, value: Any, maximum: int) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or not 1 <= value <= maximum:
        raise ValueError(f"{name!r} must be a whole number from 1 to {maximum}, not {value!r}.")
    return value
