"""EfficientNet-Lite0 in Keras, and how PyTorch's tensors map onto it.

The network: a stem, sixteen inverted-residual blocks, a head. A block widens its input with a 1x1
convolution, filters every channel with a depthwise one, narrows again with a 1x1 one, and adds its
input when the shape has not changed. "Lite" means ReLU6 and no squeeze-and-excitation.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from image_classifier.runtime import keras

layers = keras.layers

IMAGE_SIZE = 224  # pixels, height and width
CLASSES = 1000  # of ImageNet
BATCH_NORM_EPSILON = 1e-3


class Stage(NamedTuple):
    """A row of the table below: blocks that share a shape; only the first one strides."""

    repeats: int
    kernel: int
    stride: int
    expansion: int
    filters: int


STAGES = (
    Stage(repeats=1, kernel=3, stride=1, expansion=1, filters=16),
    Stage(repeats=2, kernel=3, stride=2, expansion=6, filters=24),
    Stage(repeats=2, kernel=5, stride=2, expansion=6, filters=40),
    Stage(repeats=3, kernel=3, stride=2, expansion=6, filters=80),
    Stage(repeats=3, kernel=5, stride=1, expansion=6, filters=112),
    Stage(repeats=4, kernel=5, stride=2, expansion=6, filters=192),
    Stage(repeats=1, kernel=3, stride=1, expansion=6, filters=320),
)


def build_network(state: Mapping[str, NDArray[Any]]) -> keras.Model:
    """Build the network: (n, 224, 224, 3) scaled pixels to (n, 1000) probabilities.

    Args:
        state: PyTorch tensors by name, as `weights.read_checkpoint` returns them.
    Raises:
        KeyError: A tensor that the network needs is missing.
        ValueError: A tensor has another shape than its layer.
    """
    image = keras.Input((IMAGE_SIZE, IMAGE_SIZE, 3))
    x = _convolution(image, "stem", 32, kernel=3, stride=2)
    block = 0
    for stage in STAGES:
        for repeat in range(stage.repeats):
            x = _block(x, f"block{block}", stage, stride=stage.stride if repeat == 0 else 1)
            block += 1
    x = _convolution(x, "head", 1280, kernel=1)
    x = layers.GlobalAveragePooling2D(name="pool")(x)
    x = layers.Dense(CLASSES, activation="softmax", name="classes")(x)
    network = keras.Model(image, x, name="efficientnet_lite0")
    for layer in network.layers:
        if layer.weights:
            layer.set_weights(_weights_of(layer, state))
    return network


def _block(x: Any, name: str, stage: Stage, stride: int) -> Any:
    shortcut, channels = x, x.shape[-1]
    if stage.expansion > 1:
        x = _convolution(x, f"{name}_expand", channels * stage.expansion, kernel=1)
    x = layers.DepthwiseConv2D(
        stage.kernel, stride, padding="same", use_bias=False, name=f"{name}_depthwise"
    )(x)
    x = _normalise(x, f"{name}_depthwise")
    x = layers.ReLU(6.0, name=f"{name}_depthwise_relu")(x)
    x = layers.Conv2D(stage.filters, 1, use_bias=False, name=f"{name}_project")(x)
    x = _normalise(x, f"{name}_project")
    if stride == 1 and channels == stage.filters:
        x = layers.Add(name=f"{name}_add")([x, shortcut])
    return x


def _convolution(x: Any, name: str, filters: int, kernel: int, stride: int = 1) -> Any:
    x = layers.Conv2D(filters, kernel, stride, padding="same", use_bias=False, name=name)(x)
    return layers.ReLU(6.0, name=f"{name}_relu")(_normalise(x, name))


def _normalise(x: Any, name: str) -> Any:
    return layers.BatchNormalization(epsilon=BATCH_NORM_EPSILON, name=f"{name}_norm")(x)


def _weights_of(layer: Any, state: Mapping[str, NDArray[Any]]) -> list[NDArray[Any]]:
    """A layer's weights in Keras's order and axes: PyTorch keeps O, I, H, W and Keras H, W, I, O."""
    name = torch_name(layer.name)
    match layer:
        case layers.BatchNormalization():
            parts = ("weight", "bias", "running_mean", "running_var")
            return [state[f"{name}.{part}"] for part in parts]
        case layers.DepthwiseConv2D():  # PyTorch: (channels, 1, H, W); Keras: (H, W, channels, 1)
            return [state[f"{name}.weight"].transpose(2, 3, 0, 1)]
        case layers.Conv2D():
            return [state[f"{name}.weight"].transpose(2, 3, 1, 0)]
        case _:
            return [np.transpose(state[f"{name}.weight"]), state[f"{name}.bias"]]


OUTSIDE_BLOCKS = {
    "stem": "_conv_stem",
    "stem_norm": "_bn0",
    "head": "_conv_head",
    "head_norm": "_bn1",
    "classes": "_fc",
}


def torch_name(keras_name: str) -> str:
    """The checkpoint's name for a layer: `block3_expand` is `_blocks.3._expand_conv`.

    A block's normalisations are `_bn0` (expand), `_bn1` (depthwise) and `_bn2` (project).
    """
    if keras_name in OUTSIDE_BLOCKS:
        return OUTSIDE_BLOCKS[keras_name]
    block, part, *norm = keras_name.split("_")
    number = ("expand", "depthwise", "project").index(part)
    layer = f"_bn{number}" if norm else f"_{part}_conv"
    return f"_blocks.{block.removeprefix('block')}.{layer}"
