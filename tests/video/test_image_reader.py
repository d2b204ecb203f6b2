"""Still images as people have them: turned, see-through, grey, broken, far too large."""

import struct
import zlib
from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image

from ike_ray.config import VideoConfig
from ike_ray.errors import ExcludedError, InputError
from ike_ray.video.image_reader import ImageReader
from ike_ray.video.open import open_video

SMALL = np.arange(4 * 6 * 3, dtype=np.uint8).reshape(4, 6, 3) * 3


def read(path: Path, **settings: int) -> np.ndarray:
    with open_video(str(path), VideoConfig(**settings)) as reader:
        assert isinstance(reader, ImageReader)
        (frame,) = list(reader)
    assert frame.index == 0
    assert np.isnan(frame.timestamp_s)
    return frame.image


@pytest.mark.parametrize("suffix", ["png", "BMP", "ppm", "tif", "webp"])
def test_an_image_is_a_video_of_one_frame(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"a.{suffix}"
    options = {"lossless": True} if suffix == "webp" else {}
    Image.fromarray(SMALL).save(path, **options)
    np.testing.assert_array_equal(read(path), SMALL)
    np.testing.assert_array_equal(read(path, start_frame=7), SMALL)  # a range of frames is for videos


def test_it_is_upright(tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6  # the camera was held with its right side down
    flat = np.repeat(np.uint8([[[250, 0, 0]], [[0, 0, 250]]]), 16, axis=0).repeat(32, axis=1)
    Image.fromarray(flat).save(tmp_path / "a.jpg", exif=exif, quality=95)
    image = read(tmp_path / "a.jpg")
    assert image.shape == (32, 32, 3)
    assert image[16, 30, 0] > 200 > image[16, 1, 0]  # what was above is at the right


def test_modes_of_png(tmp_path: Path) -> None:
    grey = SMALL[..., 0]
    Image.fromarray(grey).save(tmp_path / "grey.png")
    np.testing.assert_array_equal(read(tmp_path / "grey.png"), np.repeat(grey[..., None], 3, axis=2))
    cv2.imwrite(str(tmp_path / "deep.png"), grey.astype(np.uint16) * 256)
    np.testing.assert_array_equal(read(tmp_path / "deep.png")[..., 0], grey)
    palette = Image.fromarray(np.uint8([[0, 1], [1, 0]]))
    palette.putpalette([10, 20, 30, 200, 100, 50])
    palette.save(tmp_path / "palette.png")
    assert read(tmp_path / "palette.png")[0].tolist() == [[10, 20, 30], [200, 100, 50]]
    clear = np.dstack([SMALL, np.full((4, 6), 255, np.uint8)])
    clear[0, 0] = (0, 0, 0, 0)
    Image.fromarray(clear).save(tmp_path / "alpha.png")
    image = read(tmp_path / "alpha.png")
    assert image[0, 0].tolist() == [255, 255, 255]
    np.testing.assert_array_equal(image[1:], SMALL[1:])


def test_broken_images_are_told(tmp_path: Path) -> None:
    Image.fromarray(SMALL).save(tmp_path / "whole.png")
    whole = (tmp_path / "whole.png").read_bytes()
    Image.fromarray(SMALL).resize((300, 200)).save(tmp_path / "photo.jpg")
    photo = (tmp_path / "photo.jpg").read_bytes()
    photo = photo[: len(photo) // 2]
    for name, data in (("text", b"no image"), ("empty", b""), ("cut", whole[:60]), ("half", photo)):
        (tmp_path / f"{name}.png").write_bytes(data)
        with pytest.raises(InputError, match=rf"cannot read .*{name}\.png: expected an image, found .*Remove or replace it"):
            read(tmp_path / f"{name}.png")
    with pytest.raises(InputError, match="expected a file, found nothing"):
        read(tmp_path / "missing.jpg")


def write_bomb(path: Path, side: int) -> None:
    """A PNG of side x side pixels that says so and holds next to nothing."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", side, side, 8, 0, 0, 0, 0)
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(b"")) + chunk(b"IEND", b""))


@pytest.mark.parametrize("side", [9000, 11_000, 60_000])
def test_what_would_decode_to_gigabytes_is_left_out(tmp_path: Path, side: int) -> None:
    write_bomb(tmp_path / "bomb.png", side)
    with pytest.raises(ExcludedError, match=r"skipped .*bomb\.png: .* more than video\.max_image_px = 64000000"):
        read(tmp_path / "bomb.png")
    Image.fromarray(SMALL).resize((40, 40)).save(tmp_path / "a.png")
    with pytest.raises(ExcludedError, match="40 x 40 pixels are more than"):
        read(tmp_path / "a.png", max_image_px=1024)
