"""The orchestrator by itself, in this process: who gets which images, without waiting for TensorFlow."""

from funchost.testing import DurableApp

from image_classifier.fan_out import Batch, BatchResult, Classified

IMAGES = [f"{number}.png" for number in range(5)]


def cups(batch: Batch) -> BatchResult:
    """Whatever it is shown, it sees a cup."""
    images = [Classified(image=image, label="espresso", probability=0.9) for image in batch["images"]]
    return BatchResult(worker="host/1", images=[*images])


def test_the_images_are_shared_out_and_the_results_are_in_their_order(durable: DurableApp) -> None:
    classify_batch = durable.replace("classify_batch", cups)

    summary = durable.run("classify_images", {"images": IMAGES, "activities": 3})

    assert sorted(len(batch["images"]) for batch in classify_batch.inputs) == [1, 2, 2]
    assert [result["image"] for result in summary["results"]] == IMAGES
    assert summary["labels"] == {"espresso": 5}


def test_a_host_may_die_at_any_moment(durable: DurableApp) -> None:
    """A share may be classified twice; it is counted once."""
    durable.replace("classify_batch", cups)

    report = durable.crash_everywhere("classify_images", {"images": IMAGES, "activities": 2})

    assert report.output["images"] == 5
