"""Begins with all images in one activity; solved, they are shared out evenly."""

from pathlib import Path

from workshop.lab import Edit, Lab

SPLIT = """    if not items:
        return []
    parts = min(parts, len(items))
    size, longer = divmod(len(items), parts)  # the first `longer` runs take one item more
    starts = [part * size + min(part, longer) for part in range(parts + 1)]
    return [list(items[start:end]) for start, end in pairwise(starts)]
"""
ONE_SHARE = """    return [list(items)]
"""
HOW = "Install it from the wheelhouse (-r requirements-tensorflow.txt), or go on with lab 6."

LAB = Lab(
    home=Path(__file__).parent,
    title="TensorFlow, fanned out over photos",
    minutes=15,
    template="fan_out_tensorflow",
    start=(
        Edit("image_classifier/fan_out.py", SPLIT, ONE_SHARE),
        Edit("image_classifier/fan_out.py", "from itertools import pairwise\n", ""),
    ),
    solution=(
        Edit("image_classifier/fan_out.py", ONE_SHARE, SPLIT),
        Edit(
            "image_classifier/fan_out.py",
            "from typing import TypedDict, final\n",
            "from itertools import pairwise\nfrom typing import TypedDict, final\n",
        ),
    ),
    needs=(
        ("tensorflow", f"This lab needs TensorFlow, which is not installed here. {HOW}"),
        ("skimage", f"The photos of this lab are in scikit-image, which is not installed here. {HOW}"),
    ),
)
