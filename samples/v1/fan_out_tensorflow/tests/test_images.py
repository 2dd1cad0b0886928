"""Images that load, and images that do not."""

from __future__ import annotations

import struct
import threading
import zlib
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import numpy as np
import pytest

from image_classifier import images
from image_classifier.images import BrokenImage, decode, load_image, prepare, read_bytes
from image_classifier.runtime import tf
from image_classifier.samples import SAMPLE_PHOTOS, sample_path


class QuietHandler(SimpleHTTPRequestHandler):
    def log_message(self, format: str, *args: object) -> None:
        pass


@pytest.fixture
def web_folder(tmp_path: Path) -> Iterator[tuple[Path, str]]:
    """A folder, and the URL under which a small web server shows it."""
    handler = partial(QuietHandler, directory=str(tmp_path))
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield tmp_path, f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


def png(width: int, height: int, rows: bytes = b"") -> bytes:
    """A PNG file that claims a size, whatever it really holds."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    chunks = chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + chunks


def grey(height: int, width: int) -> tf.Tensor:
    return tf.fill((height, width, 3), tf.constant(127, tf.uint8))


@pytest.mark.parametrize("name", SAMPLE_PHOTOS)
def test_every_sample_photo_loads(name: str) -> None:
    image = load_image(f"sample:{name}")

    assert image.shape == (224, 224, 3)
    assert -1.001 < float(tf.reduce_min(image)) < float(tf.reduce_max(image)) < 1.001


def test_a_photo_loads_from_a_path_and_from_a_url_alike(web_folder: tuple[Path, str]) -> None:
    folder, url = web_folder
    photo = sample_path("coffee.png")
    (folder / "a cup.png").write_bytes(photo.read_bytes())

    assert read_bytes(str(photo)) == read_bytes(f"{url}/a%20cup.png")


def gif(width: int, height: int, frames: int = 1) -> bytes:
    """A grey GIF, not compressed: the table of codes is cleared before every pixel."""
    screen = b"GIF89a" + struct.pack("<HH", width, height) + b"\x80\0\0" + 3 * b"\x7f" + 3 * b"\0"
    clear, grey, end = 0b100, 0b000, 0b101
    codes = [*(width * height * [clear, grey]), end]
    bits = sum(code << 3 * place for place, code in enumerate(codes))
    data = bits.to_bytes(-(-3 * len(codes) // 8), "little")
    frame = b"," + struct.pack("<HHHHB", 0, 0, width, height, 0) + b"\x02" + bytes([len(data)]) + data
    return screen + frames * (frame + b"\0") + b";"


def bmp(width: int, height: int) -> bytes:
    """A grey BMP of 24 bits a pixel; rows are filled up to four bytes."""
    row = (width * 3 * b"\x7f").ljust(-(-width * 3 // 4) * 4, b"\0")
    size = 54 + height * len(row)
    header = struct.pack("<IIIIiiHHIIiiII", size, 0, 54, 40, width, height, 1, 24, 0, 0, 0, 0, 0, 0)
    return b"BM" + header + height * row


@pytest.mark.parametrize(
    "data",
    [
        tf.io.encode_jpeg(grey(3, 2)).numpy(),
        tf.io.encode_png(grey(3, 2)).numpy(),
        tf.io.encode_png(grey(3, 2)[..., :1]).numpy(),
        gif(2, 3),
        gif(2, 3, frames=4),
        bmp(2, 3),
    ],
    ids=["jpeg", "png", "png-greyscale", "gif", "gif-animated", "bmp"],
)
def test_common_formats_decode(data: bytes) -> None:
    image = decode(data)

    np.testing.assert_array_equal(image, np.full((3, 2, 3), 127))


def test_the_square_in_the_middle_is_what_counts() -> None:
    sides = tf.zeros((100, 50, 3), tf.uint8)
    middle = tf.fill((100, 100, 3), tf.constant(255, tf.uint8))

    image = prepare(tf.concat([sides, middle, sides], axis=1))

    np.testing.assert_allclose(image, 1.0, atol=1e-6)


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "not a JPEG, PNG, GIF or BMP image"),
        (b"%PDF-1.7", "not a JPEG, PNG, GIF or BMP image"),
        (b"\x89PNG\r\n\x1a\n", "damaged"),
        (b"\xff\xd8\xff\xe0 nothing more", "damaged"),
        (b"GIF89a", "damaged"),
        (png(2, 2, b"too little"), "damaged"),
        (png(60_000, 60_000), "too large: 3600 million pixels, at most 50 million"),
    ],
    ids=["empty", "pdf", "png-cut", "jpeg-cut", "gif-cut", "png-rows-missing", "png-bomb"],
)
def test_what_cannot_be_decoded_is_reported(data: bytes, reason: str) -> None:
    with pytest.raises(BrokenImage, match=reason):
        decode(data)


def test_a_photo_cut_short_is_reported() -> None:
    photo = sample_path("rocket.jpg").read_bytes()

    with pytest.raises(BrokenImage, match="damaged"):
        decode(photo[: len(photo) // 2])


def test_a_missing_file_is_reported(tmp_path: Path) -> None:
    with pytest.raises(BrokenImage, match="no such file"):
        load_image(str(tmp_path / "nothing.png"))


def test_a_folder_is_reported(tmp_path: Path) -> None:
    with pytest.raises(BrokenImage, match="cannot be read"):
        load_image(str(tmp_path))


def test_an_unknown_sample_is_reported_with_those_that_exist() -> None:
    with pytest.raises(BrokenImage, match=r"no such sample photo; there are chelsea\.png, "):
        load_image("sample:dog.png")


def test_a_file_that_is_too_large_is_reported(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(images, "MAX_BYTES", 1024**2)
    (tmp_path / "large.png").write_bytes(bytes(1024**2 + 1))

    with pytest.raises(BrokenImage, match="larger than 1 MB"):
        load_image(str(tmp_path / "large.png"))


def test_a_url_that_answers_404_is_reported(web_folder: tuple[Path, str]) -> None:
    _, url = web_folder

    with pytest.raises(BrokenImage, match="the server answered 404"):
        load_image(f"{url}/nothing.png")


def test_a_server_that_is_not_there_is_reported(web_folder: tuple[Path, str]) -> None:
    with pytest.raises(BrokenImage, match="cannot be reached"):
        load_image("http://127.0.0.1:1/cup.png")


@pytest.mark.parametrize("url", ["https://[broken", "http://", "http://exa mple/a.png"])
def test_a_url_that_is_none_is_reported(url: str) -> None:
    with pytest.raises(BrokenImage):
        load_image(url)
