"""What lab 5 asks for. The network is the real one."""

import pytest

from funchost.testing import DurableApp, FunctionAppClient

LOADING_SECONDS = 180.0  # the first activity of a worker process loads TensorFlow
SHOWN = {"Egyptian cat": 1, "espresso": 1, "tripod": 1, "missile": 1}


def shares_of(durable: DurableApp, images: int, activities: int) -> list[list[str]]:
    """How many images of so many each activity is given; nothing is classified."""
    wanted = [f"{number}.png" for number in range(images)]
    batch = durable.replace("classify_batch", lambda batch: {"worker": "none", "images": []})
    durable.run("classify_images", {"images": wanted, "activities": activities})
    return [call["images"] for call in batch.inputs]


def test_as_many_shares(durable: DurableApp) -> None:
    """Seven images for three activities make three shares"""
    shares = shares_of(durable, 7, 3)
    assert len(shares) == 3, (
        f"There {'is 1 share' if len(shares) == 1 else f'are {len(shares)} shares'}. split_evenly in "
        "image_classifier/fan_out.py should cut the images into as many runs as it is told."
    )


def test_nothing_lost(durable: DurableApp) -> None:
    """No image is lost, none is there twice, and their order stays"""
    for images, activities in [(7, 3), (8, 2), (5, 4)]:
        together = [image for share in shares_of(durable, images, activities) for image in share]
        assert together == [f"{number}.png" for number in range(images)], (
            f"Of {images} images for {activities} activities the shares hold, one after the other: {together}"
        )


def test_even(durable: DurableApp) -> None:
    """No share has two images more than another"""
    for images, activities in [(7, 3), (11, 4), (9, 2)]:
        lengths = [len(share) for share in shares_of(durable, images, activities)]
        assert len(lengths) == activities, (
            f"{images} images for {activities} activities are in {len(lengths)} shares."
        )
        assert max(lengths) - min(lengths) <= 1, (
            f"{images} images for {activities} activities are shared out as {lengths}. The slowest share decides."
        )


def test_few_images(durable: DurableApp) -> None:
    """Two images for five activities make two shares: no activity without work"""
    lengths = [len(share) for share in shares_of(durable, 2, 5)]
    assert lengths == [1, 1], f"The shares have {lengths} images."


@pytest.mark.filterwarnings("ignore")
def test_photos(function_app: FunctionAppClient) -> None:
    """The four photos are recognised, by two activities"""
    started = function_app.post("/api/classifications")
    output = function_app.wait_for_completion(started, timeout=LOADING_SECONDS)["output"]
    assert isinstance(output, dict), f"The classification failed: {output}"
    assert output["labels"] == SHOWN, f"The network saw {output['labels']} instead of {SHOWN}."
    assert output["activities"] == 2, f"{output['activities']} of 2 activities had images to classify."
