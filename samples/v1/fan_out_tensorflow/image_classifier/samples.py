"""Four photos to try the app with, from the scikit-image wheel (a development requirement).

The files are found without importing scikit-image, which would load SciPy for nothing.
"""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path

# File name: what it shows, and who gave it away.
SAMPLE_PHOTOS = {
    "chelsea.png": "a cat; CC0, Stéfan van der Walt",
    "coffee.png": "a cup of espresso; CC0, Rachel Michetti",
    "camera.png": "a photographer behind a tripod; CC0, Lav Varshney",
    "rocket.jpg": "a rocket on its launch pad; public domain, SpaceX",
}


def sample_path(name: str) -> Path:
    """Find a sample photo on this machine.

    Raises:
        LookupError: No such photo, or scikit-image is not installed; says what to do.
    """
    if name not in SAMPLE_PHOTOS:
        raise LookupError(f"no such sample photo; there are {', '.join(SAMPLE_PHOTOS)}")
    skimage = find_spec("skimage")
    if skimage is None or not skimage.submodule_search_locations:
        raise LookupError("the sample photos come with scikit-image: pip install -r requirements-dev.txt")
    return Path(skimage.submodule_search_locations[0], "data", name)
