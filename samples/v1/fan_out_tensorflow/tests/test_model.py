"""The real network with its real weights, on photos whose contents are known."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from image_classifier import model
from image_classifier.fan_out import Broken, Classified
from image_classifier.model import Classifier, label
from image_classifier.runtime import tensorflow_threads


def classify(sources: Sequence[str], batch_size: int = 4) -> list[Classified | Broken]:
    return list(model.classifier().classify(sources, batch_size))


def recognised(sources: Sequence[str], batch_size: int = 4) -> dict[str, float]:
    """Label and probability of images that are all fine."""
    found = {}
    for result in classify(sources, batch_size):
        assert "label" in result, result
        found[result["label"]] = result["probability"]
    return found


@pytest.mark.parametrize(
    ("photo", "expected", "probability"),
    [
        ("chelsea.png", "Egyptian cat", 0.40),
        ("coffee.png", "espresso", 0.94),
        ("camera.png", "tripod", 0.94),
        ("rocket.jpg", "missile", 0.22),
    ],
)
def test_the_network_recognises_the_sample_photos(photo: str, expected: str, probability: float) -> None:
    assert recognised([f"sample:{photo}"]) == {expected: pytest.approx(probability, abs=0.02)}


@pytest.mark.parametrize("batch_size", [1, 2, 3, 64])
def test_the_batch_size_does_not_change_the_answers(batch_size: int) -> None:
    sources = [f"sample:{name}" for name in ("chelsea.png", "coffee.png", "rocket.jpg", "camera.png")]

    together = recognised(sources, batch_size=4)

    assert recognised(sources, batch_size) == pytest.approx(together, abs=0.005)


def test_broken_images_are_results_too_and_the_order_is_kept(tmp_path: Path) -> None:
    (tmp_path / "notes.png").write_text("not a picture")
    broken = str(tmp_path / "notes.png")
    sources = [broken, "sample:coffee.png", "sample:dog.png", "sample:chelsea.png"]

    results = classify(sources)

    assert [result["image"] for result in results] == sources
    assert [result.get("label") for result in results] == [None, "espresso", None, "Egyptian cat"]
    assert results[0] == {"image": broken, "reason": "not a JPEG, PNG, GIF or BMP image"}


def test_a_batch_of_broken_images_only_is_no_problem() -> None:
    results = classify(["sample:a.png", "sample:b.png"])

    assert all("reason" in result for result in results)


def test_activities_that_start_together_load_the_network_once(monkeypatch: pytest.MonkeyPatch) -> None:
    loads: list[int] = []
    loading = threading.Event()

    class SlowClassifier(Classifier):
        def __init__(self) -> None:
            loads.append(threading.get_ident())
            loading.wait()

    monkeypatch.setattr(model, "_classifier", None)
    monkeypatch.setattr(model, "Classifier", SlowClassifier)
    with ThreadPoolExecutor(4) as pool:
        futures = [pool.submit(model.classifier) for _ in range(4)]
        loading.set()
        classifiers = {id(future.result()) for future in futures}

    assert len(loads) == 1
    assert len(classifiers) == 1


def test_a_label_is_the_first_of_a_class_s_names() -> None:
    assert label(281) == "tabby"  # the package says "tabby, tabby cat"


def test_tensorflow_uses_one_thread_unless_told_otherwise() -> None:
    assert tensorflow_threads({}) == 1
    assert tensorflow_threads({"TENSORFLOW_THREADS": "4"}) == 4
    with pytest.raises(ValueError, match="must be a whole number from 1, not 'all'"):
        tensorflow_threads({"TENSORFLOW_THREADS": "all"})
