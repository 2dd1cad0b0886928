"""TensorFlow, set up before anything of it runs: import `tf` and `keras` from here."""

from __future__ import annotations

import os
from collections.abc import Mapping

os.environ["KERAS_BACKEND"] = "tensorflow"  # a ~/.keras/keras.json may name another
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")  # no words about absent graphics cards

import keras
import tensorflow as tf

__all__ = ["keras", "tensorflow_threads", "tf"]


def tensorflow_threads(environment: Mapping[str, str]) -> int:
    """How many threads one run of the network may use: the setting TENSORFLOW_THREADS, default 1.

    The fan-out already keeps the cores busy, one activity each. TensorFlow's own default, every core
    for every run, makes the activities fight for them; README.md has the numbers.
    """
    text = environment.get("TENSORFLOW_THREADS", "1")
    if not text.isdecimal() or int(text) < 1:
        raise ValueError(f"TENSORFLOW_THREADS must be a whole number from 1, not {text!r}.")
    return int(text)


_threads = tensorflow_threads(os.environ)
tf.config.threading.set_intra_op_parallelism_threads(_threads)
tf.config.threading.set_inter_op_parallelism_threads(_threads)
