"""From a path, a URL or a sample's name to the tensor that the network wants."""

from __future__ import annotations

import http.client
import struct
from pathlib import Path
from urllib.error import HTTPError, URLError
from urllib.request import Request, urlopen

from image_classifier.network import IMAGE_SIZE
from image_classifier.runtime import tf
from image_classifier.samples import sample_path

MAX_BYTES = 10 * 1024 * 1024
MAX_PIXELS = 50_000_000  # a small file can unpack to gigabytes; 50 million pixels take 150 MB
DOWNLOAD_TIMEOUT_SECONDS = 10.0
APP_FOLDER = Path(__file__).parent.parent


class BrokenImage(Exception):
    """This image cannot be classified; the message says why. The others still can."""


def load_image(source: str) -> tf.Tensor:
    """Read, decode and prepare one image: float32, (224, 224, 3), about -1 to 1.

    Args:
        source: An `http://` or `https://` URL, `sample:NAME`, or a path; a relative one starts at
            the app's folder.
    Raises:
        BrokenImage: Missing, unreachable, too large, or not an image.
    """
    return prepare(decode(read_bytes(source)))


def read_bytes(source: str) -> bytes:
    """Fetch an image's bytes, at most `MAX_BYTES` of them."""
    try:
        if source.startswith(("http://", "https://")):
            request = Request(source, headers={"User-Agent": "image-classifier"})
            with urlopen(request, timeout=DOWNLOAD_TIMEOUT_SECONDS) as response:
                data: bytes = response.read(MAX_BYTES + 1)
        else:
            path = sample_path(source[7:]) if source.startswith("sample:") else APP_FOLDER / source
            with path.open("rb") as file:
                data = file.read(MAX_BYTES + 1)
    except HTTPError as error:
        raise BrokenImage(f"the server answered {error.code} {error.reason}") from None
    except URLError as error:
        raise BrokenImage(f"cannot be reached: {error.reason}") from None
    except FileNotFoundError:
        raise BrokenImage("no such file") from None
    except OSError as error:
        raise BrokenImage(f"cannot be read: {error.strerror or error}") from None
    except (LookupError, ValueError, http.client.HTTPException) as error:
        raise BrokenImage(str(error)) from None
    if len(data) > MAX_BYTES:
        raise BrokenImage(f"larger than {MAX_BYTES // 1024**2} MB")
    return data


def decode(data: bytes) -> tf.Tensor:
    """Decode to uint8, (height, width, 3); of an animated GIF the first picture."""
    try:
        if (pixels := _count_pixels(data)) > MAX_PIXELS:
            raise BrokenImage(
                f"too large: {pixels / 1e6:.0f} million pixels, at most {MAX_PIXELS / 1e6:.0f} million"
            )
        return tf.io.decode_image(data, channels=3, expand_animations=False)
    except (tf.errors.OpError, struct.error):
        raise BrokenImage("damaged: it starts like an image but cannot be decoded") from None


def _count_pixels(data: bytes) -> int:
    """Read width times height from the first bytes, before anything is unpacked."""
    if data.startswith(b"\x89PNG\r\n\x1a\n"):
        width, height = struct.unpack_from(">II", data, 16)
    elif data.startswith((b"GIF87a", b"GIF89a")):
        width, height = struct.unpack_from("<HH", data, 6)
    elif data.startswith(b"BM"):
        width, height = struct.unpack_from("<ii", data, 18)
    elif data.startswith(b"\xff\xd8\xff"):
        height, width, _ = tf.io.extract_jpeg_shape(data).numpy().tolist()
    else:
        raise BrokenImage("not a JPEG, PNG, GIF or BMP image")
    return int(abs(width * height))


def prepare(image: tf.Tensor) -> tf.Tensor:
    """Cut out the square in the middle, shrink it, and scale the pixels as in training."""
    height, width = image.shape[0], image.shape[1]
    side = min(height, width)
    top, left = (height - side) // 2, (width - side) // 2
    square = image[top : top + side, left : left + side]
    resized = tf.image.resize(square, (IMAGE_SIZE, IMAGE_SIZE), method="bilinear", antialias=True)
    return (resized - 127.0) / 128.0
