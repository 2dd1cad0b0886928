"""Reading a checkpoint of a stranger without running the stranger's code."""

from __future__ import annotations

import io
import os
import pickle
import struct
import sys
import types
from collections import OrderedDict
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from image_classifier.weights import (
    FORMAT_VERSION,
    MAGIC_NUMBER,
    UnsafeWeights,
    pretrained_path,
    read_checkpoint,
)

SYSTEM = {"little_endian": True, "protocol_version": FORMAT_VERSION}


class Call:
    """Pickles as a call of `function`."""

    def __init__(self, function: Callable[..., Any], *arguments: Any) -> None:
        self.function, self.arguments = function, arguments

    def __reduce__(self) -> tuple[Callable[..., Any], tuple[Any, ...]]:
        return self.function, self.arguments


class Storage:
    """Pickles as a reference to the numbers at the end of the file."""

    def __init__(self, *pid: Any) -> None:
        self.pid = pid


@pytest.fixture
def torch(monkeypatch: pytest.MonkeyPatch) -> types.SimpleNamespace:
    """Names that pickle as PyTorch's do, without PyTorch."""

    def _rebuild_tensor_v2() -> None: ...

    class FloatStorage: ...

    class HalfStorage: ...

    names = {"torch": (FloatStorage, HalfStorage), "torch._utils": (_rebuild_tensor_v2,)}
    for module_name, things in names.items():
        module = types.ModuleType(module_name)
        for thing in things:
            thing.__module__, thing.__qualname__ = module_name, thing.__name__
            setattr(module, thing.__name__, thing)
        monkeypatch.setitem(sys.modules, module_name, module)
    return types.SimpleNamespace(rebuild=_rebuild_tensor_v2, floats=FloatStorage, halves=HalfStorage)


def checkpoint(state: Any, *numbers: float) -> io.BytesIO:
    """A file like PyTorch's, with one storage named "7"."""

    class Pickler(pickle.Pickler):
        def persistent_id(self, obj: Any) -> Any:
            return obj.pid if isinstance(obj, Storage) else None

    file = io.BytesIO()
    for part in (MAGIC_NUMBER, FORMAT_VERSION, SYSTEM, state, ["7"]):
        Pickler(file, protocol=2).dump(part)
    file.write(struct.pack(f"<q{len(numbers)}f", len(numbers), *numbers))
    file.seek(0)
    return file


def test_a_tensor_is_laid_over_its_numbers_by_offset_shape_and_strides(torch: Any) -> None:
    storage = Storage("storage", torch.floats, "7", "cpu", 7, None)
    tensor = Call(torch.rebuild, storage, 1, (2, 3), (1, 2), False, OrderedDict())

    state = read_checkpoint(checkpoint(OrderedDict(weight=tensor), 0, 1, 2, 3, 4, 5, 6))

    np.testing.assert_array_equal(state["weight"], [[1, 3, 5], [2, 4, 6]])


def test_a_tensor_may_not_reach_past_its_numbers(torch: Any) -> None:
    storage = Storage("storage", torch.floats, "7", "cpu", 2, None)
    tensor = Call(torch.rebuild, storage, 0, (3,), (1,), False, OrderedDict())

    with pytest.raises(ValueError):
        read_checkpoint(checkpoint({"weight": tensor}, 1, 2))


def test_a_pickle_that_calls_something_is_refused_and_does_not_call_it(tmp_path: Path) -> None:
    trace = tmp_path / "trace"

    with pytest.raises(UnsafeWeights, match=r"mkdir, which is not an allowed name"):
        read_checkpoint(checkpoint({"weight": Call(os.mkdir, str(trace))}))

    assert not trace.exists()


def test_builtins_are_refused_too() -> None:
    with pytest.raises(UnsafeWeights, match=r"builtins?\w*\.eval"):
        read_checkpoint(checkpoint({"weight": Call(eval, "1 + 1")}))


def test_a_call_hidden_in_the_first_part_is_refused() -> None:
    with pytest.raises(UnsafeWeights):
        read_checkpoint(io.BytesIO(pickle.dumps(Call(os.getpid), protocol=2)))


@pytest.mark.parametrize("location", ["cuda:0", None])
def test_a_storage_elsewhere_is_refused(torch: Any, location: str | None) -> None:
    storage = Storage("storage", torch.floats, "7", location, 1, None)

    with pytest.raises(UnsafeWeights, match="which is not a storage of numbers"):
        read_checkpoint(checkpoint({"weight": storage}, 1))


def test_a_number_type_that_is_not_expected_is_refused(torch: Any) -> None:
    storage = Storage("storage", torch.halves, "7", "cpu", 1, None)

    with pytest.raises(UnsafeWeights, match=r"torch\.HalfStorage"):
        read_checkpoint(checkpoint({"weight": storage}, 1))


def test_another_kind_of_file_is_refused() -> None:
    with pytest.raises(ValueError, match="Not a PyTorch checkpoint"):
        read_checkpoint(io.BytesIO(pickle.dumps(42)))


def test_a_file_cut_short_is_refused() -> None:
    whole = pretrained_path().read_bytes()

    with pytest.raises(ValueError):
        read_checkpoint(io.BytesIO(whole[:-4]))


def test_the_pretrained_weights_are_read_whole() -> None:
    with pretrained_path().open("rb") as file:
        state = read_checkpoint(file)
        rest = file.read()

    assert len(state) == 296
    assert state["_conv_stem.weight"].shape == (32, 3, 3, 3)
    assert state["_fc.weight"].shape == (1000, 1280)
    assert rest == b""
